import type { CommandResult, ConversationView, ReadyView, SottoClient } from "@sotto/client";
import { type Given, numberOption, type OptionSpec, Refused } from "../command.ts";
import { findGroup } from "../profile/find-conversation.ts";
import { type OpenProfile, readyView, withProfile } from "../profile/open-profile.ts";
import { waitForView } from "../profile/wait-for-view.ts";
import { refuseWith } from "../sentences.ts";
import { syncOrRemark } from "./sync.ts";

export const withinOption: OptionSpec = { value: "SECONDS", help: "how long to wait until it is so (default 30)" };

/** A change of a group, and how to see that everybody's view of it has changed: by what its log says, not by what was asked. */
export type GroupChange = {
	readonly ask: (client: SottoClient) => Promise<CommandResult>;
	readonly isSo: (group: ConversationView) => boolean;
	/** What is told when it is so, besides the group. */
	readonly json: { readonly [key: string]: unknown };
	readonly text: string;
	/** What is told, with exit code 0, if it is not so in time; without it that is a failure. */
	readonly otherwise?: { readonly json: { readonly [key: string]: unknown }; readonly text: string };
};

/**
 * Finds the group that the first word names, asks for the change that `plan` makes of the words and the newest view, and waits
 * until the group is so. What was asked is on disk by then, and is carried out by a later command if this one could not.
 */
export async function changeGroup(
	given: Given,
	plan: (view: ReadyView, group: ConversationView, words: readonly string[]) => GroupChange,
): Promise<void> {
	const within = numberOption(given, "within", 1, 86_400) ?? 30;
	await withProfile(given, async (profile) => {
		const { view, group } = await newestGroup(profile, given.words[0] as string);
		const change = plan(view, group, given.words);
		const asked = await change.ask(profile.client);
		if (!asked.ok) refuseWith(asked.error);
		await syncOrRemark(profile);
		const isDone = await waitForView(profile, (newer) => isSoIn(newer, group.id, change) || undefined, within * 1000);
		// Letters to those who came in, and the rings, leave after the commit counts.
		if (isDone) await profile.client.sync();
		else if (change.otherwise === undefined)
			throw new Refused("Not done yet. It is noted here and happens with the next command, or sotto listen.");
		const told = isDone === true ? change : (change.otherwise ?? change);
		given.output.result({ conversation: group.id, title: group.title, ...told.json }, told.text);
	});
}

/** The group of this name, as it is on the server now. */
export async function newestGroup(profile: OpenProfile, name: string) {
	await readyView(profile);
	await syncOrRemark(profile);
	const view = await readyView(profile);
	return { view, group: findGroup(view, name) };
}

function isSoIn(view: ReadyView, id: string, change: GroupChange): boolean {
	const group = view.conversations.find((conversation) => conversation.id === id);
	return group !== undefined && change.isSo(group);
}
