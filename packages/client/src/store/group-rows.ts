import { type Bytes, bytesShape, encodeCbor, listShape, mapShape, optional, parseCbor, textShape } from "@sotto/bytes";
import { applyParts, changedParts, decodeGroupState, type GroupPart, type GroupState } from "@sotto/crypto";
import type { Store } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import { keys } from "./keys.ts";
import { deletePrefix, listPrefix, StoreTransaction, unwrapStore } from "./transaction.ts";

/**
 * A conversation's group lies in the store in parts, one row each. Writing it again costs what changed: for a message the
 * sender's ratchet, for a commit the path and the new epoch's secrets (docs/spec/store.md).
 */
export function putGroup(tx: StoreTransaction, id: ConversationId, before: GroupState, after: GroupState): void {
	putParts(tx, id, changedParts(before, after));
}

/** Writes a group where there was none; what may be left of an earlier one goes. */
export async function putNewGroup(
	store: Store,
	tx: StoreTransaction,
	id: ConversationId,
	group: GroupState,
): Promise<void> {
	await deletePrefix(store, tx, keys.groupAll(id));
	putParts(tx, id, changedParts(undefined, group));
}

function putParts(tx: StoreTransaction, id: ConversationId, parts: readonly GroupPart[]): void {
	for (const { name, bytes } of parts) {
		if (bytes === undefined) tx.delete(keys.groupPart(id, name));
		else tx.put(keys.groupPart(id, name), bytes);
	}
}

/** The group as it is stored; undefined if it is missing or damaged. */
export async function loadGroup(store: Store, id: ConversationId): Promise<GroupState | undefined> {
	const prefix = keys.groupAll(id);
	const rows = await listPrefix(store, prefix);
	if (rows.length === 0) return loadWholeGroup(store, id);
	const parts = rows.map(({ key, value }) => ({ name: key.slice(prefix.length), bytes: value }));
	const group = await applyParts(undefined, parts);
	return group.ok ? group.value : undefined;
}

/** Reads a group that an earlier version stored in one row, and stores it in parts. */
async function loadWholeGroup(store: Store, id: ConversationId): Promise<GroupState | undefined> {
	const row = unwrapStore(await store.get(keys.wholeGroup(id)));
	const group = row === undefined ? undefined : decodeGroupState(row);
	if (!group?.ok) return undefined;
	const tx = new StoreTransaction(store);
	putParts(tx, id, changedParts(undefined, group.value));
	tx.delete(keys.wholeGroup(id));
	await tx.commit();
	return group.value;
}

const pendingShape = mapShape({
	parts: listShape(mapShape({ name: textShape(16), bytes: optional(bytesShape(1, 262_144)) }), 2048),
});

/** C4: the state after an own commit that does not count yet, as what differs from the one in force. */
export function encodePending(inForce: GroupState, pending: GroupState): Bytes {
	const parts = changedParts(inForce, pending).map(({ name, bytes }) => ({ name, bytes }));
	return encodeCbor({ parts });
}

/** The inverse of {@link encodePending}; undefined for what is damaged, or lies beside another state. */
export async function decodePending(inForce: GroupState, row: Bytes): Promise<GroupState | undefined> {
	// An earlier version stored the state whole.
	const whole = decodeGroupState(row);
	if (whole.ok) return whole.value;
	const stored = parseCbor(pendingShape, row);
	if (!stored.ok) return undefined;
	const pending = await applyParts(
		inForce,
		stored.value.parts.map(({ name, bytes }) => ({ name, bytes })),
	);
	return pending.ok ? pending.value : undefined;
}
