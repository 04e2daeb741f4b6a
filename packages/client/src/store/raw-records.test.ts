import { type Bytes, utf8 } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keys } from "./keys.ts";
import { TestStore } from "./memory.test-kit.ts";
import { dropOldLogs, keepRaw, keptHead, keptRecord } from "./raw-records.ts";
import { StoreTransaction } from "./transaction.ts";

const head = (n: number): Bytes => new Uint8Array(32).fill(n);

class Reader {
	readonly store = new TestStore();
	lists = 0;

	constructor() {
		const list = this.store.list.bind(this.store);
		this.store.list = (range) => {
			this.lists++;
			return list(range);
		};
	}

	async write(work: (tx: StoreTransaction) => Promise<void>): Promise<void> {
		const tx = new StoreTransaction(this.store);
		await work(tx);
		await tx.commit();
	}

	keep(ordinal: number, seq: number, length: number, max: number): Promise<void> {
		const at = { ordinal, seq, head: head(seq), record: new Uint8Array(length).fill(ordinal) };
		return this.write((tx) => keepRaw(this.store, tx, "c", at, max));
	}

	records(ordinal: number): Promise<(number | undefined)[]> {
		const seqs = Array.from({ length: 9 }, (_, i) => i + 1);
		return Promise.all(seqs.map(async (seq) => (await keptRecord(this.store, "c", ordinal, seq))?.length));
	}

	head(ordinal: number, seq: number): Promise<Bytes | undefined> {
		return keptHead(async (key) => this.store.rows.get(key), "c", ordinal, seq);
	}
}

test("L4: of raw records the newest are kept up to a bound, and the heads of all", async () => {
	const reader = new Reader();
	for (let seq = 1; seq <= 6; seq++) await reader.keep(0, seq, 100, 250);
	expect((await reader.records(0)).slice(0, 6)).toEqual([undefined, undefined, undefined, undefined, 100, 100]);
	for (let seq = 1; seq <= 6; seq++) expect(await reader.head(0, seq)).toEqual(head(seq));
	await reader.keep(1, 1, 200, 250);
	expect((await reader.records(0)).every((length) => length === undefined)).toBe(true);
	expect((await reader.records(1))[0]).toBe(200);
});

test("L4: the log in force and the one before it are kept; what is older goes without being looked for", async () => {
	const reader = new Reader();
	for (const ordinal of [3, 4, 5]) for (let seq = 1; seq <= 3; seq++) await reader.keep(ordinal, seq, 50, 1000);
	const listed = reader.lists;
	await reader.write((tx) => dropOldLogs(reader.store, tx, "c", 5));
	expect(reader.lists).toBe(listed);
	expect([...reader.store.rows.keys()].filter((key) => key.startsWith("raw/c/00000003"))).toEqual([]);
	expect((await reader.records(4)).filter((length) => length !== undefined)).toHaveLength(3);
	expect(await reader.head(3, 1)).toBeUndefined();
});

test("records that an earlier version kept without counting are counted once", async () => {
	const reader = new Reader();
	for (const seq of [1, 2, 3]) reader.store.rows.set(keys.raw("c", 0, seq), new Uint8Array(132).fill(seq));
	reader.store.rows.set(keys.raw("cc", 0, 1), utf8("another conversation's"));
	await reader.keep(0, 4, 100, 250);
	expect((await reader.records(0)).slice(0, 4)).toEqual([undefined, undefined, 100, 100]);
	const listed = reader.lists;
	await reader.keep(0, 5, 100, 250);
	expect(reader.lists).toBe(listed);
});

test("whatever is kept and dropped, what lies in the store stays under the bound", async () => {
	const steps = fc.array(fc.record({ length: fc.integer({ min: 1, max: 90 }), moves: fc.nat(5) }), { maxLength: 40 });
	await fc.assert(
		fc.asyncProperty(steps, async (sequence) => {
			const reader = new Reader();
			let [ordinal, seq] = [0, 0];
			for (const { length, moves } of sequence) {
				if (moves === 0) {
					ordinal++;
					seq = 0;
					await reader.write((tx) => dropOldLogs(reader.store, tx, "c", ordinal));
				}
				await reader.keep(ordinal, ++seq, length, 200);
				const raw = [...reader.store.rows].filter(([key]) => key.startsWith("raw/"));
				expect(raw.reduce((sum, [, row]) => sum + row.length - 32, 0)).toBeLessThanOrEqual(200);
				expect(await keptRecord(reader.store, "c", ordinal, seq)).toHaveLength(length);
				expect(raw.every(([key]) => Number.parseInt(key.slice(6, 14), 16) >= ordinal - 1)).toBe(true);
			}
		}),
		{ numRuns: 40 },
	);
});
