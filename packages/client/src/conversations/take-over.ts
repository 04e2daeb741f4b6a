import { type AccountKey, epoch, groupIdOf, type MessageId } from "@sotto/crypto";
import { startConversation } from "@sotto/protocol";
import type { FormedGroup } from "../contacts/form-group.ts";
import type { Store } from "../ports.ts";
import { hex, keys, orderOf } from "../store/keys.ts";
import { unwrapStore } from "../store/transaction.ts";
import type { Draft } from "./draft.ts";
import { decodeRow, type MessageRow } from "./history-row.ts";
import type { Queued } from "./meta.ts";
import { queueContent } from "./queue-content.ts";

/**
 * Replaces the group of a conversation (C10): a fresh line behind everything read so far. Own messages of the log that is
 * left go into the queue again under their message ids; the other side never read them, or drops what it has met.
 */
export async function takeOver(draft: Draft, to: FormedGroup, store: Store, own: AccountKey): Promise<void> {
	const { ordinal } = draft.state.log;
	// Of a group of two that gives way nobody may have read a log, however many it has filled (L3): the other side never entered it, or was gone
	// before this device came. What was read is met a second time, and dropped (C5).
	const unread = draft.meta.kind === "direct" ? 0 : ordinal;
	enterAnew(draft, to);
	const waiting = takeWaiting(draft);
	for (const row of await ownMessagesOf(store, draft.id, unread, ordinal)) {
		const { messageId, sentAt, text, mentions } = row;
		const content = { type: "text" as const, text, ...(mentions && { mentions }) };
		await queueContent(draft, { messageId, sentAt, content }, "message", own);
	}
	for (const { item, urgency } of waiting) await queueContent(draft, item, urgency, own);
}

/**
 * Goes on in the successor of a group that cannot (C10). Own messages of the last log go again: whoever has read them drops them by
 * their ids, so here they keep their place.
 */
export async function goOn(
	draft: Draft,
	to: FormedGroup,
	store: Store,
	how: { readonly joined: boolean; readonly by: AccountKey; readonly own: AccountKey; readonly now: number },
): Promise<void> {
	const { ordinal } = draft.state.log;
	enterAnew(draft, to, how.joined);
	const waiting = takeWaiting(draft);
	for (const { messageId, sentAt, text, mentions } of await ownMessagesOf(store, draft.id, ordinal, ordinal)) {
		const content = { type: "text" as const, text, ...(mentions && { mentions }) };
		draft.addQueued({ item: { messageId, sentAt, content }, urgency: "message" });
	}
	for (const { item, urgency } of waiting) await queueContent(draft, item, urgency, how.own);
	const event = { kind: "event" as const, id: `successor-${how.now}`, at: how.now, account: how.by };
	await draft.putRow(orderOf(draft.state.log.ordinal, 0, 0), { ...event, event: "successor" });
}

/** What was written and is not sent yet, out of the queue: it goes behind what goes again, so that words keep their order. */
function takeWaiting(draft: Draft): readonly Queued[] {
	const waiting = draft.queue.map(({ queued }) => queued);
	draft.dropQueued(() => true);
	return waiting;
}

/** A fresh line in a group that this device enters, behind everything read so far; what waits in the queue goes there. */
export function enterAnew(draft: Draft, to: FormedGroup, joined = true): void {
	const { ordinal } = draft.state.log;
	draft.group = to.group;
	const begun = startConversation({
		groupId: groupIdOf(to.group),
		leaf: to.leaf,
		epoch: Number(epoch(to.group)),
		logSeed: to.logSeed,
		ordinal: ordinal + 1,
		joined,
	});
	// Who went on was in contact before.
	draft.state = { ...begun, heard: true };
	for (const key of [keys.outbox(draft.id), keys.owed(draft.id)]) draft.tx.delete(key);
	draft.dropPending();
	for (const leaf of draft.ringAddresses.keys()) draft.setRingAddress(leaf, undefined);
}

async function ownMessagesOf(
	store: Store,
	conversation: string,
	first: number,
	last: number,
): Promise<readonly (MessageRow & { readonly messageId: MessageId })[]> {
	const [from, to] = [first, last + 1].map((ordinal) => keys.history(conversation, `a${hex(ordinal, 8)}`));
	const rows = unwrapStore(await store.list({ from: from as string, to: to as string }));
	return rows.flatMap(({ value }) => {
		const row = decodeRow(value);
		if (!row.ok || row.value.kind !== "message" || row.value.messageId === undefined) return [];
		return [{ ...row.value, messageId: row.value.messageId }];
	});
}
