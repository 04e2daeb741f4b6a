import {
	type Bytes,
	concat,
	encodeCbor,
	integerShape,
	listShape,
	mapShape,
	parseCbor,
	type ShapeOf,
} from "@sotto/bytes";
import type { Store, StoreKey } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import { keys } from "./keys.ts";
import { listPrefix, type StoreTransaction, unwrapStore } from "./transaction.ts";

const headBytes = 32;
const count = integerShape(0, 2 ** 40);

const keptShape = mapShape({
	/** Oldest first. Heads are kept from 1 to `to`, records from `from`, of `bytes` together. */
	logs: listShape(mapShape({ ordinal: count, from: count, to: count, bytes: count }), 16),
});
/** Which raw records a conversation keeps, so that none has to be looked for. */
type Kept = ShapeOf<typeof keptShape>;

/**
 * Keeps the record that was read at `seq`, and the head after it: the record for a server that loses it (L4), the head for what
 * others state (C8). Of records at most `maxBytes` are kept; the oldest go first, and their heads stay.
 */
export async function keepRaw(
	store: Store,
	tx: StoreTransaction,
	id: ConversationId,
	at: { readonly ordinal: number; readonly seq: number; readonly head: Bytes; readonly record: Bytes },
	maxBytes: number,
): Promise<void> {
	const { ordinal, seq, head, record } = at;
	const kept = await readKept(store, tx, id);
	tx.put(keys.raw(id, ordinal, seq), concat(head, record));
	const last = kept.logs.at(-1);
	const isNew = last?.ordinal !== ordinal;
	const log = isNew ? { ordinal, from: seq, to: seq, bytes: 0 } : { ...last, to: seq };
	const grown = { ...log, bytes: log.bytes + record.length };
	const trimmed = await trim(tx, id, [...kept.logs.slice(0, isNew ? undefined : -1), grown], maxBytes);
	tx.put(keys.kept(id), encodeKept(trimmed));
}

/** L4: of a conversation that moved to log `ordinal`, that log and the one before it are kept. */
export async function dropOldLogs(
	store: Store,
	tx: StoreTransaction,
	id: ConversationId,
	ordinal: number,
): Promise<void> {
	const { logs } = await readKept(store, tx, id);
	const isOld = (log: Kept["logs"][number]) => log.ordinal < ordinal - 1;
	for (const log of logs.filter(isOld))
		for (let seq = 1; seq <= log.to; seq++) tx.delete(keys.raw(id, log.ordinal, seq));
	if (logs.some(isOld)) tx.put(keys.kept(id), encodeKept({ logs: logs.filter((log) => !isOld(log)) }));
}

/** The head this device has computed at a place, if it is still kept. */
export async function keptHead(
	read: (key: StoreKey) => Promise<Bytes | undefined>,
	id: ConversationId,
	ordinal: number,
	seq: number,
): Promise<Bytes | undefined> {
	return (await read(keys.raw(id, ordinal, seq)))?.slice(0, headBytes);
}

/** The whole record of a place, if it is still kept (L4). */
export async function keptRecord(
	store: Store,
	id: ConversationId,
	ordinal: number,
	seq: number,
): Promise<Bytes | undefined> {
	const row = unwrapStore(await store.get(keys.raw(id, ordinal, seq)));
	return row === undefined || row.length <= headBytes ? undefined : row.slice(headBytes);
}

async function trim(tx: StoreTransaction, id: ConversationId, logs: Kept["logs"], maxBytes: number): Promise<Kept> {
	let excess = logs.reduce((sum, log) => sum + log.bytes, 0) - maxBytes;
	const trimmed = logs.map((log) => ({ ...log }));
	for (const log of trimmed) {
		for (; excess > 0 && log.from <= log.to; log.from++) {
			const key = keys.raw(id, log.ordinal, log.from);
			const row = await tx.get(key);
			if (row === undefined) continue;
			const size = row.length - headBytes;
			log.bytes -= size;
			excess -= size;
			tx.put(key, row.slice(0, headBytes));
		}
	}
	return { logs: trimmed };
}

async function readKept(store: Store, tx: StoreTransaction, id: ConversationId): Promise<Kept> {
	const row = await tx.get(keys.kept(id));
	const kept = row === undefined ? undefined : parseCbor(keptShape, row);
	return kept?.ok ? kept.value : countKept(store, id);
}

/** What an earlier version kept without counting. */
async function countKept(store: Store, id: ConversationId): Promise<Kept> {
	const prefix = keys.rawAll(id);
	const logs = new Map<number, Kept["logs"][number]>();
	for (const { key, value } of await listPrefix(store, prefix)) {
		const [ordinal, seq] = key
			.slice(prefix.length)
			.split("/")
			.map((text) => Number.parseInt(text, 16)) as [number, number];
		const { from, bytes } = logs.get(ordinal) ?? { from: seq, bytes: 0 };
		logs.set(ordinal, { ordinal, from, to: seq, bytes: bytes + value.length - headBytes });
	}
	return { logs: [...logs.values()] };
}

function encodeKept({ logs }: Kept): Bytes {
	return encodeCbor({ logs: logs.map((log) => ({ ...log })) });
}
