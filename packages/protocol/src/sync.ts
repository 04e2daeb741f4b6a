import {
	type Bytes,
	bytesShape,
	compareBytes,
	equalBytes,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";

export const maxSyncKeyLength = 160;
export const maxSyncValueBytes = 65_536;
/** Entries of one message among an account's devices. */
export const maxSyncEntries = 64;

export const syncEntryShape = mapShape({
	/** What it is about, such as `verified/ACC`; see docs/spec/devices.md. */
	key: textShape(maxSyncKeyLength),
	value: bytesShape(0, maxSyncValueBytes),
	/** Of two entries of one key the higher stays: the time of the change, or what only ever rises by itself. */
	rank: integerShape(0, 2 ** 48),
	/** The device that wrote it: decides between equal ranks. */
	by: bytesShape(32, 32),
});
/** One register of what an account's devices know alike. */
export type SyncEntry = ShapeOf<typeof syncEntryShape>;

/** What an account's own devices tell each other; in any other conversation it means nothing. */
export const syncContentShapes = {
	sync: mapShape({ type: literalShape("sync"), entries: listShape(syncEntryShape, maxSyncEntries) }),
} as const;
export type SyncContent = ShapeOf<(typeof syncContentShapes)[keyof typeof syncContentShapes]>;

/**
 * Of two entries of one key, the one that stays: by rank, then device, then value. A total order, so that every device ends
 * with the same whatever comes first, twice or late.
 */
export function laterEntry(one: SyncEntry, other: SyncEntry): SyncEntry {
	return compareEntries(one, other) >= 0 ? one : other;
}

export function isSameEntry(one: SyncEntry, other: SyncEntry): boolean {
	return (
		one.key === other.key &&
		one.rank === other.rank &&
		equalBytes(one.by, other.by) &&
		equalBytes(one.value, other.value)
	);
}

/** The entry of a change that a device makes now: above what it replaces, even if another device's clock is ahead. */
export function nextEntry(
	held: SyncEntry | undefined,
	change: { readonly key: string; readonly value: Bytes; readonly by: Bytes; readonly now: number },
): SyncEntry {
	const { key, value, by, now } = change;
	return { key, value, by, rank: Math.max(now, held === undefined ? 0 : held.rank + 1) };
}

function compareEntries(one: SyncEntry, other: SyncEntry): number {
	return one.rank - other.rank || compareBytes(one.by, other.by) || compareBytes(one.value, other.value);
}
