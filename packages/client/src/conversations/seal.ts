import type { Urgency } from "@sotto/api";
import { type Bytes, invariant } from "@sotto/bytes";
import { recordHash, sealApplication, sealCommit, sealRecord } from "@sotto/crypto";
import {
	encodeContent,
	encodeStatedPosition,
	enqueue,
	maxContentBytes,
	maxItemsPerMessage,
	type Outbox,
	positionToState,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import { keys } from "../store/keys.ts";
import { ConversationDamaged } from "../store/transaction.ts";
import type { Draft, QueuedRow } from "./draft.ts";
import { logKeys } from "./log-keys.ts";
import { decodeOutboxBytes, encodeOutboxBytes } from "./meta.ts";

/** Seals what is queued as one MLS message and puts it on its way, all in the draft's transaction (C5). */
export async function sealQueued(draft: Draft): Promise<void> {
	const rows = bundle(draft.queue);
	invariant(rows.length > 0, "something is queued");
	const items = rows.map(({ queued }) => queued.item);
	const stated = encodeStatedPosition(positionToState(draft.state));
	// The state does not advance: that happens when the record is read back (C5).
	const sealed = await sealApplication(draft.group, encodeContent(items), stated);
	invariant(sealed.ok, "a bundle is bounded below a record");
	const urgency: Urgency = rows.some(({ queued }) => queued.urgency === "call") ? "call" : "message";
	const messageIds = items.map((item) => item.messageId);
	await putOutbox(draft, sealed.value.mlsBytes, {
		what: "message",
		items: messageIds,
		urgency,
		confirmationTag: undefined,
	});
}

/** As many queued items as one message may hold, oldest first. */
function bundle(queue: readonly QueuedRow[]): readonly QueuedRow[] {
	const rows: QueuedRow[] = [];
	let size = 0;
	for (const row of queue.slice(0, maxItemsPerMessage)) {
		size += encodeContent([row.queued.item]).length;
		if (rows.length > 0 && size > maxContentBytes) break;
		rows.push(row);
	}
	return rows;
}

/** Seals a commit with fresh keys for this device (P3, C6) together with the state that it leads to (C4). */
export async function sealUpdate(draft: Draft, engine: EngineContext): Promise<void> {
	const authenticatedData = encodeStatedPosition(positionToState(draft.state));
	const sealed = await sealCommit(draft.group, { authenticatedData, forcePath: true }, engine.mlsRules);
	invariant(sealed.ok, "an update is always allowed");
	draft.putPending(sealed.value.pendingState);
	await putOutbox(draft, sealed.value.mlsBytes, {
		what: "commit",
		items: [],
		urgency: "message",
		confirmationTag: sealed.value.confirmationTag,
	});
}

/** L3: the record that a full log refused, sealed again for the log in force; its MLS bytes unchanged. */
export async function resealOutbox(draft: Draft): Promise<void> {
	const { outbox } = draft.state;
	invariant(outbox !== undefined, "something is on its way");
	const bytes = await draft.tx.get(keys.outbox(draft.id));
	const stored = bytes === undefined ? undefined : decodeOutboxBytes(bytes);
	if (!stored?.ok) throw new ConversationDamaged();
	const { what, items, urgency, confirmationTag } = outbox;
	await putOutbox(draft, stored.value.mlsBytes, { what, items, urgency, confirmationTag });
}

/** Puts MLS bytes on their way, as a record of the log in force. */
export async function putOutbox(
	draft: Draft,
	mlsBytes: Bytes,
	about: Pick<Outbox, "what" | "items" | "urgency" | "confirmationTag">,
): Promise<void> {
	const { state } = draft;
	const record = await sealRecord(await logKeys(state.log).sealKey, mlsBytes);
	invariant(record.ok, "the door bounds what it seals");
	draft.tx.put(keys.outbox(draft.id), encodeOutboxBytes({ mlsBytes, record: record.value }));
	draft.state = enqueue(state, {
		...about,
		epoch: state.epoch,
		ordinal: state.log.ordinal,
		dedupeId: recordHash(record.value),
		mlsHash: recordHash(mlsBytes),
		tries: 0,
		refused: undefined,
	});
}
