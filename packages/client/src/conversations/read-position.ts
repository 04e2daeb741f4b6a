import { equalBytes } from "@sotto/bytes";
import type { Store } from "../ports.ts";
import type { ConversationId, ItemId } from "../sdk.ts";
import { keys } from "../store/keys.ts";
import { endOfPrefix, unwrapStore } from "../store/transaction.ts";
import { type Draft, lastRow } from "./draft.ts";
import { decodeRow, type HistoryRow, timeOf } from "./history-row.ts";

/** How far back a row is looked for that every device knows by the same id. */
const maxLook = 64;
const maxUnread = 10_000;

/**
 * The newest message or call of a conversation that counts: up to it everything was read. Its id is the same on every device, which
 * its place is not, because each device counts logs from where it came in.
 */
export async function newestShared(store: Store, id: ConversationId): Promise<ItemId | undefined> {
	const from = keys.historyAll(id);
	const rows = unwrapStore(await store.list({ from, to: endOfPrefix(from), limit: maxLook, reverse: true }));
	for (const { key, value } of rows) {
		const row = decodeRow(value);
		const counts = !key.slice(from.length).startsWith("q");
		if (row.ok && row.value.kind !== "event" && counts) return row.value.id;
	}
	return undefined;
}

/** What stands behind `order`, "" for everything, and was not read: as a conversation's unread count has it. */
export async function unreadBehind(
	store: Store,
	id: ConversationId,
	order: string,
	own: Uint8Array,
): Promise<{ readonly unread: number; readonly mentioned: boolean }> {
	const to = endOfPrefix(keys.historyAll(id));
	// No key goes on with a character this low.
	const rows = unwrapStore(await store.list({ from: `${keys.history(id, order)}!`, to, limit: maxUnread }));
	const unread = rows.flatMap(({ value }) => {
		const row = decodeRow(value);
		return row.ok && isUnread(row.value) ? [row.value] : [];
	});
	const mentioned = unread.some(
		(row) => row.kind === "message" && row.mentions?.some((account) => equalBytes(account, own)) === true,
	);
	return { unread: unread.length, mentioned };
}

/**
 * Once an archive has brought what was said before (D2): what of it was not read, by the item that the account's devices have read up to,
 * undefined if none ever has; and when something happened last, which was not when this device came in.
 */
export async function countAnew(
	draft: Draft,
	store: Store,
	readUpTo: ItemId | undefined,
	own: Uint8Array,
): Promise<void> {
	const last = await lastRow(store, draft.id);
	if (last !== undefined) draft.meta = { ...draft.meta, activeAt: timeOf(last) };
	const order = readUpTo === undefined ? undefined : await draft.orderOfItem(readUpTo);
	// What the other device has read is not here yet: its word waits, and is taken then.
	if (readUpTo !== undefined && (order === undefined || order === "" || order.startsWith("q"))) return;
	const { unread, mentioned } = await unreadBehind(store, draft.id, order ?? "", own);
	const { mentioned: _, ...meta } = draft.meta;
	draft.meta = { ...meta, unread, ...(mentioned && { mentioned }) };
}

function isUnread(row: HistoryRow): boolean {
	return row.kind === "message" ? !row.mine : row.kind === "call" && row.outcome === "missed";
}
