import { type Command, jsonOption, profileOption, Refused, UsageError } from "../command.ts";
import { nameOf } from "../item-lines.ts";
import { findContact, findMember } from "../profile/find-conversation.ts";
import { readyView, withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";
import { changeGroup, newestGroup, withinOption } from "./change-group.ts";
import { readPicture, refusePicture } from "./group-looks.ts";
import { syncOrRemark } from "./sync.ts";

export const groupCreate: Command = {
	name: "group create",
	words: ["NAME"],
	summary: "begins a group with contacts; you are its admin",
	details: [
		"Whom you name is in at once and need not accept. Everybody in it can write and call; admins add, remove and rename.",
	],
	options: {
		with: { value: "PEOPLE", help: "contacts, by name or id, separated by commas" },
		picture: { value: "FILE", help: "a JPEG, PNG or WebP of at most 12 KiB" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: [
		"sotto group create Family --with Ada,Bob",
		"sotto group create 'Night shift' --with Ada --picture moon.png",
	],
	run: async (given) => {
		const names = (given.text("with") ?? "").split(",").filter((name) => name.trim() !== "");
		if (names.length === 0) throw new UsageError("--with PEOPLE is missing: a group begins with at least one contact");
		const file = given.text("picture");
		await withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			const view = await readyView(profile);
			const people = names.map((name) => findContact(view, name));
			const created = await profile.client.createGroup({
				name: given.words[0] as string,
				people: people.map(({ account }) => account),
				...(file === undefined ? {} : { picture: await readPicture(file) }),
			});
			if (!created.ok) {
				if (file !== undefined) refusePicture(created.error);
				refuseWith(created.error);
			}
			// The letters that let the others in go out with this.
			await syncOrRemark(profile);
			const { conversation } = created.value;
			const title = (await readyView(profile)).conversations.find(({ id }) => id === conversation)?.title;
			const peopleNames = people.map(({ name }) => name);
			given.output.result({ conversation, title, people: peopleNames }, `${title}: you and ${peopleNames.join(", ")}.`);
		});
	},
};

export const groupAdd: Command = {
	name: "group add",
	words: ["GROUP", "PEOPLE…"],
	summary: "adds contacts to a group; for admins",
	details: ["They read what is written from then on, and nothing older."],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto group add Family Cyd", "sotto group add Family Cyd Dan 'Eve M.'"],
	run: (given) =>
		changeGroup(given, (view, group, [, ...names]) => {
			const people = names.map((name) => findContact(view, name));
			const accounts = people.map(({ account }) => account);
			const peopleNames = people.map(({ name }) => name);
			return {
				ask: (client) => client.addPeople(group.id, accounts),
				isSo: ({ members }) => accounts.every((wanted) => members.some(({ account }) => account === wanted)),
				json: { people: peopleNames },
				text: `${peopleNames.join(", ")} ${people.length === 1 ? "is" : "are"} in ${group.title} now.`,
			};
		}),
};

export const groupRemove: Command = {
	name: "group remove",
	words: ["GROUP", "PERSON"],
	summary: "removes somebody with all their devices; for admins",
	details: ["They keep what they have read, and read nothing more. A call that runs they leave at once."],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto group remove Family Mallory"],
	run: (given) =>
		changeGroup(given, (_view, group, [, name]) => {
			const person = findMember(group, name as string);
			if (person.isMe) throw new Refused(`That is you. To leave: sotto group leave ${group.id}`);
			return {
				ask: (client) => client.removePerson(group.id, person.account),
				isSo: ({ members }) => members.every(({ account }) => account !== person.account),
				json: { person: person.name },
				text: `${nameOf(person)} is out of ${group.title}.`,
			};
		}),
};

export const groupLeave: Command = {
	name: "group leave",
	words: ["GROUP"],
	summary: "leaves a group; what was said stays readable",
	details: [
		"Nobody can take itself out of a group: one of the others does it, as soon as one of them is online. If that takes longer than",
		'--within the command ends all the same, with the state "leaving" instead of "left".',
	],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto group leave 'Night shift'", "sotto group leave 'Night shift' --within 5 --json"],
	run: (given) =>
		changeGroup(given, (_view, group) => {
			if (group.phase === "left") throw new Refused(`You are not in ${group.title} any more.`);
			return {
				ask: (client) => client.leaveGroup(group.id),
				isSo: ({ phase }) => phase === "left",
				json: { state: "left" },
				text: `You left ${group.title}.`,
				otherwise: {
					json: { state: "leaving" },
					text: `You asked to leave ${group.title}. One of the others lets you out as soon as one is online.`,
				},
			};
		}),
};

export const groupDelete: Command = {
	name: "group delete",
	words: ["GROUP"],
	summary: "deletes a group that you have left, with its history, here",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto group delete 'Night shift'"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { group } = await newestGroup(profile, given.words[0] as string);
			if (group.phase !== "left")
				throw new Refused(`You are still in ${group.title}. First leave it: sotto group leave ${group.id}`);
			const deleted = await profile.client.deleteConversation(group.id);
			if (!deleted.ok) refuseWith(deleted.error);
			await syncOrRemark(profile);
			const about = { conversation: group.id, title: group.title, state: "deleted" };
			given.output.result(about, `${group.title} is deleted.`);
		}),
};
