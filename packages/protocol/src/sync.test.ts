import { type Bytes, equalBytes } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSameEntry, laterEntry, nextEntry, type SyncEntry } from "./sync.ts";

const device = (n: number) => new Uint8Array(32).fill(n) as Bytes;
const keyNames = ["verified/a", "read/b", "setting/c"];
const entries = fc.record({
	key: fc.constantFrom(...keyNames),
	value: fc.uint8Array({ maxLength: 2 }).map((bytes) => new Uint8Array(bytes) as Bytes),
	rank: fc.nat(4),
	by: fc.nat(3).map(device),
});

/** What a device knows after it has met entries in this order. */
function merged(met: readonly SyncEntry[]): ReadonlyMap<string, SyncEntry> {
	const known = new Map<string, SyncEntry>();
	for (const entry of met) {
		const held = known.get(entry.key);
		known.set(entry.key, held === undefined ? entry : laterEntry(held, entry));
	}
	return known;
}

test("any order, doubled entries, and losses that are made good end in the same on all devices", () => {
	fc.assert(
		fc.property(
			fc.array(entries, { maxLength: 24 }),
			fc.func(fc.nat()),
			fc.array(fc.nat(23)),
			(told, chance, again) => {
				const shuffled = told.map((entry, at) => ({ entry, at: chance(at) })).toSorted((a, b) => a.at - b.at);
				const late = again.flatMap((at) => told[at] ?? []);
				const one = merged(told);
				// What was lost is sent again at the end; what arrived twice arrives twice.
				const other = merged([
					...shuffled.slice(5).map(({ entry }) => entry),
					...late,
					...shuffled.map(({ entry }) => entry),
				]);
				expect([...other.keys()].toSorted()).toEqual([...one.keys()].toSorted());
				for (const [key, entry] of one) expect(isSameEntry(entry, other.get(key) as SyncEntry)).toBe(true);
			},
		),
	);
});

test("of two entries the same one stays, whoever asks, and merging again changes nothing", () => {
	fc.assert(
		fc.property(entries, entries, entries, (a, b, c) => {
			const [x, y, z] = [a, b, c].map((entry) => ({ ...entry, key: "k" })) as [SyncEntry, SyncEntry, SyncEntry];
			expect(isSameEntry(laterEntry(x, y), laterEntry(y, x))).toBe(true);
			expect(isSameEntry(laterEntry(laterEntry(x, y), z), laterEntry(x, laterEntry(y, z)))).toBe(true);
			expect(isSameEntry(laterEntry(x, x), x)).toBe(true);
		}),
	);
});

test("a change stands above what it replaces, however far another device's clock is ahead", () => {
	fc.assert(
		fc.property(entries, fc.nat(3), (held, now) => {
			const value = new Uint8Array([9]) as Bytes;
			const entry = nextEntry(held, { key: held.key, value, by: device(1), now });
			expect(equalBytes(laterEntry(held, entry).value, value)).toBe(true);
			expect(laterEntry(held, entry)).toBe(entry);
		}),
	);
});

test("what only rises does not fall: the higher rank stays, whatever is said later", () => {
	const at = (rank: number): SyncEntry => ({ key: "read/c", value: device(rank), rank, by: device(1) });
	expect(merged([at(3), at(1), at(2)]).get("read/c")?.rank).toBe(3);
});
