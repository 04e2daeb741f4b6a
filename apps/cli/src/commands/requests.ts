import type { RequestId, SottoClient } from "@sotto/client";
import { type Command, jsonOption, profileOption } from "../command.ts";
import { requestJson, requestText } from "../item-lines.ts";
import { findRequest } from "../profile/find-conversation.ts";
import { readyView, withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";
import { syncOrRemark } from "./sync.ts";

export const requests: Command = {
	name: "requests",
	words: [],
	summary: "lists who asks you for contact",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto requests", "sotto requests --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			for (const request of (await readyView(profile)).requests) {
				const { id, greeting } = request;
				given.output.result(
					requestJson(request),
					`${requestText(request)}${greeting === "" ? "" : `: ${greeting}`}\n  sotto accept ${id}`,
				);
			}
		}),
};

export const accept: Command = {
	name: "accept",
	words: ["ID"],
	summary: "accepts a request for contact",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto accept Ada", "sotto accept ID"],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			const { id, person } = findRequest(await readyView(profile), given.words[0] as string);
			const accepted = await profile.client.acceptRequest(id);
			if (!accepted.ok) refuseWith(accepted.error);
			await syncOrRemark(profile);
			given.output.result(
				{ conversation: accepted.value.conversation, name: person.name, account: person.account },
				`You and ${person.name} are in contact.`,
			);
		}),
};

export const ignore: Command = {
	name: "ignore",
	words: ["ID"],
	summary: "removes a request for contact without an answer; they may ask again",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto ignore Mallory"],
	run: answerWith((client, id) => client.ignoreRequest(id), "ignored"),
};

export const block: Command = {
	name: "block",
	words: ["ID"],
	summary: "removes a request for contact and shows no other of this person",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto block Mallory"],
	run: answerWith((client, id) => client.blockRequest(id), "blocked"),
};

function answerWith(
	answer: (client: SottoClient, id: RequestId) => ReturnType<SottoClient["ignoreRequest"]>,
	word: string,
): Command["run"] {
	return (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			const { id, person } = findRequest(await readyView(profile), given.words[0] as string);
			const answered = await answer(profile.client, id);
			if (!answered.ok) refuseWith(answered.error);
			given.output.result({ id, name: person.name, state: word }, `${person.name} is ${word}.`);
		});
}
