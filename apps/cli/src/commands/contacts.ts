import { type Command, jsonOption, profileOption } from "../command.ts";
import { findConversation } from "../profile/find-conversation.ts";
import { readyView, withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";
import { syncOrRemark } from "./sync.ts";

export const add: Command = {
	name: "add",
	words: ["LINK"],
	summary: "asks the owner of a contact link for contact",
	details: ["You may write at once; what you write waits until they accept."],
	options: {
		greeting: { value: "TEXT", help: "first words that go with the request" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto add 'https://sotto.example/#…'", "sotto add 'https://sotto.example/#…' --greeting 'It is me, Ada'"],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			const added = await profile.client.addContact(given.words[0] as string, given.text("greeting"));
			// The request itself leaves with what this sync sends, also one that an earlier command could not send any more.
			await syncOrRemark(profile);
			if (!added.ok) refuseWith(added.error);
			const { conversation } = added.value;
			const found = (await readyView(profile)).conversations.find(({ id }) => id === conversation);
			const title = found?.title ?? conversation;
			given.output.result(
				{ conversation, title, phase: found?.phase ?? "asked" },
				`${title} was asked. You can write already: sotto send ${quote(title)} 'Hello'\nIt arrives once they accept; sotto listen tells you.`,
			);
		}),
};

export const contacts: Command = {
	name: "contacts",
	words: [],
	summary: "lists the people you are in contact with",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto contacts", "sotto contacts --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			for (const { id, kind, people, phase } of (await readyView(profile)).conversations) {
				const [person] = people;
				if (kind !== "direct" || person === undefined) continue;
				const { account, name, verified } = person;
				const marks = [...(phase === "asked" ? ["has not accepted yet"] : []), ...(verified ? ["verified"] : [])];
				given.output.result(
					{ id: account, name, conversation: id, phase, verified },
					`${name}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`,
				);
			}
		}),
};

export const safety: Command = {
	name: "safety",
	words: ["CONV"],
	summary: "prints the safety number of a conversation, the same at both ends",
	details: ["Compare it over a line you trust, for example by reading it to each other. Then mark it with --verified."],
	options: {
		verified: { help: "you have compared it: mark this contact as verified" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto safety Ada", "sotto safety Ada --verified"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { id } = findConversation(await readyView(profile), given.words[0] as string);
			if (given.isSet("verified")) {
				const marked = await profile.client.setVerified(id, true);
				if (!marked.ok) refuseWith(marked.error);
			}
			const number = await profile.client.safetyNumber(id);
			if (!number.ok) refuseWith(number.error);
			const { groups, verified } = number.value;
			const lines = [0, 4, 8].map((start) => groups.slice(start, start + 4).join(" "));
			given.output.result({ groups, verified }, `${lines.join("\n")}${verified ? "\nverified" : ""}`);
		}),
};

function quote(text: string): string {
	return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
