import type { HistoryItem } from "@sotto/client";
import { type Command, jsonOption, numberOption, profileOption } from "../command.ts";
import { itemJson, itemText } from "../item-lines.ts";
import { findConversation } from "../profile/find-conversation.ts";
import { type OpenProfile, readyView, withProfile } from "../profile/open-profile.ts";
import { syncOrRemark } from "./sync.ts";

export const conversations: Command = {
	name: "conversations",
	words: [],
	summary: "lists your conversations, newest first",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto conversations", "sotto conversations --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			const view = await readyView(profile);
			const me = view.me.name;
			for (const conversation of view.conversations) {
				const { id, title, kind, people, phase, unread, mentioned, last, alarm } = conversation;
				const names = people.map(({ name }) => name);
				const ongoingCall = conversation.ongoingCall !== undefined;
				const json = { id, title, kind, people: names, phase, unread, mentioned, ongoingCall, alarm: alarm?.kind };
				const marks = [
					...(unread > 0 ? [`${unread} new`] : []),
					...(mentioned ? ["mentions you"] : []),
					...(ongoingCall ? ["a call goes on"] : []),
					...(phase === "left" ? ["left"] : []),
					...(phase === "stopped" ? [`stopped: ${alarm?.kind === "forked" ? "sotto go-on" : "sotto reenter"}`] : []),
				];
				const mark = marks.length > 0 ? ` (${marks.join(", ")})` : "";
				given.output.result(
					{ ...json, last: last === undefined ? undefined : itemJson({ conversation: id, title, me }, last) },
					`${title}${mark}${last === undefined ? "" : `\n  ${itemText(last)}`}`,
				);
			}
		}),
};

const maxItems = 100_000;
const pageItems = 200;

export const history: Command = {
	name: "history",
	words: ["CONV"],
	summary: "prints a conversation, oldest first, after fetching what is new",
	details: ["CONV is a contact's or group's name, or an id. What was printed counts as read."],
	options: {
		limit: { value: "N", help: "at most the last N entries (default 100)" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto history Ada", "sotto history Ada --limit 1000 --json"],
	run: async (given) => {
		const limit = numberOption(given, "limit", 1, maxItems) ?? 100;
		await withProfile(given, async (profile) => {
			await readyView(profile);
			await syncOrRemark(profile);
			const view = await readyView(profile);
			const { id, title } = findConversation(view, given.words[0] as string);
			const place = { conversation: id, title, me: view.me.name };
			for (const item of await lastItems(profile, id, limit)) {
				given.output.result(itemJson(place, item), itemText(item));
			}
			await profile.client.markRead(id);
		});
	},
};

/** The last `limit` items, oldest first. */
export async function lastItems(
	{ client }: OpenProfile,
	conversation: string,
	limit: number,
): Promise<readonly HistoryItem[]> {
	const pages: (readonly HistoryItem[])[] = [];
	let before: string | undefined;
	for (let left = limit; left > 0; ) {
		const page = await client.history(conversation, {
			limit: Math.min(left, pageItems),
			...(before === undefined ? {} : { before }),
		});
		pages.unshift(page.items);
		left -= page.items.length;
		before = page.older;
		if (before === undefined || page.items.length === 0) break;
	}
	return pages.flat();
}
