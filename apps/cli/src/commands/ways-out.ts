import type { CommandResult, ConversationView, SottoClient } from "@sotto/client";
import { type Command, type Given, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { findConversation } from "../profile/find-conversation.ts";
import { readyView, withProfile } from "../profile/open-profile.ts";
import { waitForView } from "../profile/wait-for-view.ts";
import { refuseWith } from "../sentences.ts";
import { withinOption } from "./change-group.ts";
import { syncOrRemark } from "./sync.ts";

export const reenter: Command = {
	name: "reenter",
	words: ["CONV"],
	summary: "asks to be let into a conversation again, where this device has stopped",
	details: [
		"After a change that could not be followed, a store that went back or is damaged, a restored backup, or a long absence. A device of",
		'somebody who is in it has to be online. If that takes longer than --within it ends all the same, with the state "asked".',
	],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto reenter Ada", "sotto reenter Family --within 300"],
	run: (given) =>
		takeWayOut(given, {
			ask: (client, { id }) => client.askReadmission(id),
			refused: ({ id }) =>
				`The server shows another history there than before, so that to be let in again does not help. Instead: sotto go-on ${id}`,
			done: { state: "in", text: ({ title }) => `You are in ${title} again.` },
			otherwise: {
				state: "asked",
				text: ({ title }) =>
					`You asked to be let into ${title}. It happens as soon as somebody there is online: sotto listen`,
			},
		}),
};

export const goOn: Command = {
	name: "go-on",
	words: ["CONV"],
	summary: "goes on in a new group, where nobody could let this device in again",
	details: [
		"Where a change could not be followed, or the server shows another history than before. Whoever is to blame is left out; the others",
		"enter by themselves, and what was said stays. For an admin of the group, or either of two people.",
	],
	options: { within: withinOption, profile: profileOption, json: jsonOption },
	examples: ["sotto go-on Family"],
	run: (given) =>
		takeWayOut(given, {
			ask: (client, { id }) => client.startSuccessor(id),
			refused: ({ id }) =>
				`That needs no new group: somebody can let this device in again. Instead: sotto reenter ${id}`,
			done: { state: "active", text: ({ title }) => `${title} goes on.` },
		}),
};

type Told = { readonly state: string; readonly text: (conversation: ConversationView) => string };

type WayOut = {
	readonly ask: (client: SottoClient, conversation: ConversationView) => Promise<CommandResult>;
	/** Why this way does not lead out of there, and which does. */
	readonly refused: (conversation: ConversationView) => string;
	/** What is told when one can write there again. */
	readonly done: Told;
	/** What is told, with exit code 0, if that is not so in time; without it that is a failure. */
	readonly otherwise?: Told;
};

async function takeWayOut(given: Given, { ask, refused, done, otherwise }: WayOut): Promise<void> {
	const within = numberOption(given, "within", 1, 86_400) ?? 30;
	await withProfile(given, async (profile) => {
		const before = await readyView(profile);
		await syncOrRemark(profile);
		const conversation = findConversation(await readyView(profile), given.words[0] as string);
		const about = { conversation: conversation.id, title: conversation.title };
		const wasStopped = before.conversations.some(({ id, phase }) => id === conversation.id && phase === "stopped");
		// An earlier word of this device was answered meanwhile, and that came with the look at the server.
		if (wasStopped && conversation.phase === "active")
			return given.output.result({ ...about, state: done.state }, done.text(conversation));
		if (conversation.phase !== "stopped") throw new Refused(`${conversation.title} goes on as it is.`);
		const asked = await ask(profile.client, conversation);
		if (!asked.ok && asked.error.kind === "refused") throw new Refused(refused(conversation));
		if (!asked.ok) refuseWith(asked.error);
		await syncOrRemark(profile);
		const isIn = ({ id, phase }: ConversationView) => id === conversation.id && phase === "active";
		const isDone = await waitForView(profile, (view) => view.conversations.some(isIn) || undefined, within * 1000);
		if (isDone) await profile.client.sync();
		const told = isDone ? done : otherwise;
		if (told === undefined)
			throw new Refused("Not done yet. It is noted here and happens with the next command, or sotto listen.");
		given.output.result({ ...about, state: told.state }, told.text(conversation));
	});
}
