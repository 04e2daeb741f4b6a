import type { People } from "../contacts/people.ts";
import type { Store } from "../ports.ts";
import type { ConversationId, HistoryPage } from "../sdk.ts";
import { keys } from "../store/keys.ts";
import { endOfPrefix, unwrapStore } from "../store/transaction.ts";
import { decodeRow, itemOfRow } from "./history-row.ts";

const maxPage = 200;

/** One page of a conversation's history, oldest first; the cost is the page's, not the history's. */
export async function readHistory(
	store: Store,
	conversation: ConversationId,
	people: People,
	options: { readonly before?: string; readonly limit?: number },
): Promise<HistoryPage> {
	const prefix = keys.historyAll(conversation);
	const limit = Math.max(1, Math.min(maxPage, options.limit ?? 50));
	const isCursor = options.before !== undefined && /^[Aaq][0-9a-f]{1,16}$/.test(options.before);
	const to = isCursor ? `${prefix}${options.before}` : endOfPrefix(prefix);
	const rows = unwrapStore(await store.list({ from: prefix, to, limit: limit + 1, reverse: true }));
	const page = rows.slice(0, limit);
	const items = page.flatMap(({ value }) => {
		const row = decodeRow(value);
		return row.ok ? [itemOfRow(row.value, conversation, (account) => people.personOfKey(account), people.ownKey)] : [];
	});
	const oldest = page.at(-1)?.key.slice(prefix.length);
	return { items: items.toReversed(), older: rows.length > limit ? oldest : undefined };
}
