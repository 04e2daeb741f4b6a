import type { Bytes } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unsealByLibrary } from "./attacker.test-kit.ts";
import { addTo, commit, commitAll, follow, groupOf, product, read, say, unwrap } from "./group.test-kit.ts";
import { applyParts, changedParts, encodeGroupState, type GroupPart, type GroupState, ownLeaf } from "./index.ts";

/** A device's stored group: rows by name, each write one batch. */
class StoredGroup {
	readonly rows = new Map<string, Bytes>();
	state: GroupState;

	constructor(state: GroupState) {
		this.state = state;
		this.#write(changedParts(undefined, state));
	}

	/** Returns the bytes written. */
	store(next: GroupState): number {
		const parts = changedParts(this.state, next);
		this.state = next;
		return this.#write(parts);
	}

	async load(): Promise<GroupState> {
		return unwrap(await applyParts(undefined, this.parts()));
	}

	parts(): readonly GroupPart[] {
		return [...this.rows].map(([name, bytes]) => ({ name, bytes }));
	}

	#write(parts: readonly GroupPart[]): number {
		for (const { name, bytes } of parts) {
			if (bytes === undefined) this.rows.delete(name);
			else this.rows.set(name, bytes);
		}
		return parts.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
	}
}

type Step = { readonly what: "say" | "update" | "add" | "remove"; readonly by: number; readonly whom: number };

/** One step at everybody; whoever is removed leaves the list. */
async function step(group: StoredGroup[], { what, by, whom }: Step): Promise<void> {
	const states = group.map(({ state }) => state);
	const author = by % states.length;
	const target = whom % states.length;
	if (what === "say") {
		const said = await say(states[author] as GroupState, "words");
		for (const stored of group) stored.store(await read(stored.state, said));
		return;
	}
	if (what === "add" && states.length < 7) {
		await addTo(states, author, `joiner ${whom}`);
		const joiner = states.at(-1) as GroupState;
		for (const [i, stored] of group.entries()) stored.store(states[i] as GroupState);
		group.push(new StoredGroup(joiner));
		return;
	}
	const removes = what === "remove" && author !== target ? [ownLeaf(states[target] as GroupState)] : [];
	if (removes.length > 0) group.splice(target, 1);
	const committer = group.find(({ state }) => state === states[author]) as StoredGroup;
	const pending = await commit(committer.state, { removes });
	// C4: the pending state lies beside the one in force, as what differs from it, and is taken from there.
	const beside = changedParts(committer.state, pending.pendingState);
	const taken = unwrap(await applyParts(await committer.load(), beside));
	for (const stored of group) stored.store(stored === committer ? taken : await follow(stored.state, pending.mlsBytes));
}

test("stored part by part and loaded again, any sequence of messages and commits is the state that it was", async () => {
	const steps = fc.array(
		fc.record({
			what: fc.constantFrom<Step["what"]>("say", "say", "update", "add", "remove"),
			by: fc.nat(6),
			whom: fc.nat(6),
		}),
		{ minLength: 4, maxLength: 14 },
	);
	await fc.assert(
		fc.asyncProperty(steps, async (sequence) => {
			const group = (await groupOf(3)).map((state) => new StoredGroup(state));
			for (const one of sequence) {
				await step(group, one);
				for (const stored of group) {
					expect(encodeGroupState(await stored.load())).toEqual(encodeGroupState(stored.state));
					// Now and then a device starts again, from what it has stored.
					if (one.whom === 0) stored.state = await stored.load();
				}
			}
		}),
		{ numRuns: 12 },
	);
}, 60_000);

test("a message writes its sender's ratchet alone, however large the group is", async () => {
	const written: number[] = [];
	for (const size of [2, 9]) {
		const [alice, bob] = (await groupOf(size)) as [GroupState, GroupState];
		const stored = new StoredGroup(bob);
		const said = await say(alice, "hello");
		expect(changedParts(bob, await read(bob, said)).map(({ name }) => name)).toEqual(["ratchet/0000"]);
		written.push(stored.store(await read(bob, said)));
	}
	expect(written[0]).toBe(written[1]);
	expect(written[0]).toBeLessThan(100);
});

test("C6: a stolen store opens nothing consumed, and nothing of an epoch that ended", async () => {
	const states = (await groupOf(3)) as [GroupState, GroupState, GroupState];
	const bob = new StoredGroup(states[1]);
	const thief = async (message: Uint8Array) => (await unsealByLibrary(await bob.load(), message)) !== undefined;
	const first = await say(states[0], "first");
	const fromCarol = await say(states[2], "from carol");
	// The control: before they are read, the thief opens both.
	expect(await thief(first)).toBe(true);
	expect(await thief(fromCarol)).toBe(true);
	bob.store(await read(bob.state, first));
	expect(await thief(first)).toBe(false);
	expect(await thief(fromCarol)).toBe(true);
	const pending = await commit(states[0]);
	bob.store(await follow(bob.state, pending.mlsBytes));
	expect(await thief(fromCarol)).toBe(false);
	// What the commit replaced is in no row: neither a ratchet nor a key of the tree.
	const rows = [...bob.rows].map(([, bytes]) => Buffer.from(bytes).toString("hex")).join(" ");
	const before = changedParts(undefined, states[1]).filter(({ name }) => name.startsWith("ratchet"));
	for (const { bytes } of before)
		expect(rows).not.toContain(
			Buffer.from(bytes as Bytes)
				.toString("hex")
				.slice(24, 80),
		);
});

test("C4: a removed leaf takes its rows with it", async () => {
	const states = await groupOf(3);
	const alice = new StoredGroup(states[0] as GroupState);
	expect(alice.rows.has("ratchet/0002")).toBe(true);
	alice.store((await commit(states[0] as GroupState, { removes: [2] })).pendingState);
	expect([...alice.rows.keys()].toSorted()).toEqual([
		"epoch",
		"node/0000",
		"node/0001",
		"node/0002",
		"ratchet/0000",
		"ratchet/0001",
	]);
});

test("parts of two states are not taken for one", async () => {
	const states = await groupOf(4, product);
	const before = new StoredGroup(states[0] as GroupState);
	const old = new Map(before.rows);
	await commitAll(states, 1);
	before.store(states[0] as GroupState);
	for (const name of ["epoch", "node/0001", "node/0003", "ratchet/0002"]) {
		const mixed = before.parts().map((part) => (part.name === name ? { name, bytes: old.get(name) } : part));
		expect(await applyParts(undefined, mixed)).toEqual({ ok: false, error: "notAState" });
		const missing = before.parts().filter((part) => part.name !== name);
		expect(await applyParts(undefined, missing)).toEqual({ ok: false, error: "notAState" });
	}
	for (const { name, bytes = new Uint8Array() } of before.parts()) {
		const cut = before.parts().map((part) => (part.name === name ? { name, bytes: bytes.slice(0, -1) } : part));
		expect((await applyParts(undefined, cut)).ok).toBe(false);
	}
	expect((await applyParts(undefined, before.parts())).ok).toBe(true);
});
