/** What stands where in a conversation: items with day dividers, groups of bubbles, and the line before what is new. */
import type { CallItem, EventItem, HistoryItem, ItemId, MessageItem } from "@sotto/client";
import { itemTime } from "../engine/history.ts";

export type Row =
	| { readonly kind: "start"; readonly key: string }
	| { readonly kind: "day"; readonly key: string; readonly at: number }
	| { readonly kind: "new"; readonly key: string }
	| {
			readonly kind: "message";
			readonly key: string;
			readonly item: MessageItem;
			/** First and last of a group: one person within one minute. */
			readonly first: boolean;
			readonly last: boolean;
	  }
	| { readonly kind: "call"; readonly key: string; readonly item: CallItem }
	| { readonly kind: "event"; readonly key: string; readonly item: EventItem };

const minuteMs = 60_000;

const dayOf = (at: number) => {
	const date = new Date(at);
	return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
};

/** Whether two neighbours belong to one group of bubbles. */
function together(a: HistoryItem | undefined, b: HistoryItem | undefined): boolean {
	return (
		a?.kind === "message" &&
		b?.kind === "message" &&
		a.author.account === b.author.account &&
		Math.floor(a.sentAt / minuteMs) === Math.floor(b.sentAt / minuteMs)
	);
}

/**
 * Rows of the items, oldest first. `firstNew` is the item above which the line of what is new stands; `complete` says that
 * nothing older exists.
 */
export function rowsOf(items: readonly HistoryItem[], firstNew: ItemId | undefined, complete: boolean): readonly Row[] {
	const rows: Row[] = complete ? [{ kind: "start", key: "start" }] : [];
	let day = "";
	for (const [place, item] of items.entries()) {
		const today = dayOf(itemTime(item));
		const turned = today !== day;
		if (turned) rows.push({ kind: "day", key: `day ${today} ${item.id}`, at: itemTime(item) });
		day = today;
		if (item.id === firstNew) rows.push({ kind: "new", key: "new" });
		if (item.kind !== "message") {
			rows.push(item.kind === "call" ? { kind: "call", key: item.id, item } : { kind: "event", key: item.id, item });
			continue;
		}
		const next = items[place + 1];
		const first = turned || item.id === firstNew || !together(items[place - 1], item);
		const last = !together(item, next) || next?.id === firstNew || dayOf(itemTime(next ?? item)) !== today;
		rows.push({ kind: "message", key: item.id, item, first, last });
	}
	return rows;
}

/** The item above which the line stands when the last `unread` items of others are new. */
export function firstNewOf(items: readonly HistoryItem[], unread: number): ItemId | undefined {
	let left = unread;
	if (left <= 0) return undefined;
	let found: ItemId | undefined;
	for (let place = items.length - 1; place >= 0 && left > 0; place -= 1) {
		const item = items[place];
		const theirs = item !== undefined && (item.kind === "message" ? !item.mine : item.kind === "call");
		if (!theirs) continue;
		found = item.id;
		left -= 1;
	}
	return found;
}
