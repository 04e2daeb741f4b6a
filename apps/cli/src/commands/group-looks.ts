import type { CommandError } from "@sotto/client";
import { readFile, stat, writeFile } from "node:fs/promises";
import { type Command, type Given, jsonOption, profileOption, Refused, UsageError } from "../command.ts";
import { nameOf } from "../item-lines.ts";
import { findMember } from "../profile/find-conversation.ts";
import { withProfile } from "../profile/open-profile.ts";
import { changeGroup, newestGroup, withinOption } from "./change-group.ts";

export const groupMembers: Command = {
	name: "group members",
	words: ["GROUP"],
	summary: "lists who is in a group, and who are its admins",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto group members Family", "sotto group members Family --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { group } = await newestGroup(profile, given.words[0] as string);
			for (const member of group.members) {
				const { account, name, role, isMe, verified } = member;
				const marks = [role === "admin" ? ["admin"] : [], isMe ? ["you"] : [], verified ? ["verified"] : []].flat();
				given.output.result(
					{ id: account, name, role, me: isMe, verified },
					`${name === "" ? `${nameOf(member)} ${account}` : name}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`,
				);
			}
		}),
};

export const groupRename: Command = {
	name: "group rename",
	words: ["GROUP", "NAME"],
	summary: "gives a group another name; for admins",
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto group rename Family 'The Family'"],
	run: (given) =>
		changeGroup(given, (_view, group, [, wanted]) => {
			const name = (wanted as string).trim().replace(/\s+/g, " ");
			return {
				ask: (client) => client.renameGroup(group.id, name),
				isSo: ({ title }) => title === name,
				json: { title: name },
				text: `${group.title} is called ${name} now.`,
			};
		}),
};

export const groupRole: Command = {
	name: "group role",
	words: ["GROUP", "PERSON", "ROLE"],
	summary: "makes somebody an admin, or a member again; for admins",
	details: ["ROLE is admin or member. Admins add, remove and rename; a group always has one."],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto group role Family Ada admin", "sotto group role Family Ada member"],
	run: (given) => {
		const role = given.words[2];
		if (role !== "admin" && role !== "member") throw new UsageError("ROLE is admin or member");
		return changeGroup(given, (_view, group, [, name]) => {
			const person = findMember(group, name as string);
			const whose = person.isMe ? "You are" : `${nameOf(person)} is`;
			return {
				ask: (client) => client.setRole(group.id, person.account, role),
				isSo: ({ members }) => members.some((one) => one.account === person.account && one.role === role),
				json: { person: person.name, role },
				text:
					role === "admin" ? `${whose} an admin of ${group.title} now.` : `${whose} no admin of ${group.title} now.`,
			};
		});
	},
};

export const groupPicture: Command = {
	name: "group picture",
	words: ["GROUP"],
	summary: "sets, takes away or saves a group's picture",
	options: {
		set: { value: "FILE", help: "a JPEG, PNG or WebP of at most 12 KiB; for admins" },
		none: { help: "take it away; for admins" },
		save: { value: "FILE", help: "write the picture to a file" },
		within: withinOption,
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto group picture Family --set us.jpg", "sotto group picture Family --save here.jpg"],
	run: async (given) => {
		const [set, save] = [given.text("set"), given.text("save")];
		if ([set !== undefined, given.isSet("none"), save !== undefined].filter(Boolean).length !== 1)
			throw new UsageError("one of --set FILE, --none and --save FILE is needed");
		if (save !== undefined) return savePicture(given, save);
		await changePicture(given, set === undefined ? undefined : await readPicture(set));
	},
};

function savePicture(given: Given, file: string): Promise<void> {
	return withProfile(given, async (profile) => {
		const { group } = await newestGroup(profile, given.words[0] as string);
		const picture = await profile.client.picture(group.id);
		if (!picture.ok) throw new Refused(`${group.title} has no picture.`);
		const { bytes } = picture.value;
		await writeFile(file, bytes).catch(() => {
			throw new Refused(`${file} cannot be written.`);
		});
		const about = { conversation: group.id, title: group.title, file, bytes: bytes.length };
		given.output.result(about, `The picture is in ${file}.`);
	});
}

function changePicture(given: Given, picture: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
	return changeGroup(given, (_view, group) => {
		let isSame = false;
		return {
			ask: async (client) => {
				const before = await client.picture(group.id);
				isSame = before.ok && picture !== undefined && Buffer.compare(before.value.bytes, picture) === 0;
				const asked = await client.setGroupPicture(group.id, picture);
				if (!asked.ok) refusePicture(asked.error);
				return asked;
			},
			isSo: ({ pictureId }) =>
				picture === undefined ? pictureId === undefined : isSame || (pictureId ?? group.pictureId) !== group.pictureId,
			json: { picture: picture !== undefined },
			text: picture === undefined ? `${group.title} has no picture now.` : `${group.title} has this picture now.`,
		};
	});
}

/** What is wrong with a file that should be a picture; returns if the reason is another. */
export function refusePicture({ kind }: CommandError): void {
	if (kind === "badFile") throw new Refused("That is no picture: it must be a JPEG, PNG or WebP.");
	if (kind === "tooMany") throw new Refused("That picture is too large: a group's has at most 12 KiB.");
}

/** Far above what may be a picture, far below what would be felt. */
const maxFileBytes = 1_000_000;

/** A file to be a picture; the engine looks whether it is one. */
export async function readPicture(file: string): Promise<Uint8Array<ArrayBuffer>> {
	try {
		const { size } = await stat(file);
		if (size <= maxFileBytes) return new Uint8Array(await readFile(file));
	} catch {
		throw new Refused(`${file} cannot be read.`);
	}
	throw new Refused(`${file} is too large: a group's picture has at most 12 KiB.`);
}
