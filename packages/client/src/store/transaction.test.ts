import { utf8 } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { itemIdOf, keys, orderOf, orderOfQueued } from "./keys.ts";
import { TestStore } from "./memory.test-kit.ts";
import { endOfPrefix, listPrefix, StoreFailure, StoreTransaction } from "./transaction.ts";

test("a transaction sees its own changes, and nobody else does before it is committed", async () => {
	const store = new TestStore();
	store.rows.set("a", utf8("old"));
	const tx = new StoreTransaction(store);
	tx.put("b", utf8("new"));
	tx.delete("a");
	expect(await tx.get("a")).toBeUndefined();
	expect(await tx.get("b")).toEqual(utf8("new"));
	expect([...store.rows.keys()]).toEqual(["a"]);
	await tx.commit();
	expect([...store.rows.keys()]).toEqual(["b"]);
});

test("a store that fails stops its user at once, with the reason", async () => {
	const store = new TestStore();
	store.failure = "storageFull";
	const tx = new StoreTransaction(store);
	await expect(tx.get("a")).rejects.toThrow(StoreFailure);
	tx.put("a", utf8("x"));
	await expect(tx.commit()).rejects.toMatchObject({ reason: "storageFull" });
});

test("a prefix holds its rows and no others", async () => {
	const store = new TestStore();
	for (const key of ["raw/c/1", "raw/c/2", "raw/cc/1", "raw/b/9", "raw/c"]) store.rows.set(key, utf8(key));
	expect((await listPrefix(store, "raw/c/")).map(({ key }) => key)).toEqual(["raw/c/1", "raw/c/2"]);
	fc.assert(
		fc.property(fc.stringMatching(/^[ -}]{1,20}$/), fc.stringMatching(/^[ -~]{0,20}$/), (prefix, rest) => {
			const key = prefix + rest;
			expect(key >= prefix && key < endOfPrefix(prefix)).toBe(true);
		}),
	);
});

test("the order of history keys is the order of the conversation, and what waits stands behind", () => {
	const places = fc.tuple(fc.nat(2 ** 31), fc.integer({ min: 0, max: 4096 }), fc.nat(0xffff));
	fc.assert(
		fc.property(places, places, fc.nat(), (one, other, queued) => {
			const first = one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
			const [a, b] = [keys.history("c", orderOf(...one)), keys.history("c", orderOf(...other))];
			expect(Math.sign(first)).toBe(a < b ? -1 : a > b ? 1 : 0);
			expect(a < keys.history("c", orderOfQueued(queued))).toBe(true);
		}),
	);
});

test("C5: an item is known by its author and its message id together", () => {
	const [id, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
	const [ada, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
	expect(itemIdOf(ada, id)).toBe(itemIdOf(ada, id));
	expect(new Set([itemIdOf(ada, id), itemIdOf(bob, id), itemIdOf(ada, other)]).size).toBe(3);
});
