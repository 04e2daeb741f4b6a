import { equalBytes } from "@sotto/bytes";
import fc from "fast-check";
import { type Commit, decodeCommit, encodeCommit } from "ts-mls/commit.js";
import { expect, test } from "vitest";
import { commitOf, frame } from "./attacker.test-kit.ts";
import { anyone, commit, groupOf, newPackage, policy, say } from "./group.test-kit.ts";
import { decodeGroupState, encodeGroupState, type GroupState, openMessage } from "./index.ts";

test("2,400 mutated messages and commits neither throw, nor count, nor leave a trace", {
	timeout: 120_000,
}, async () => {
	const states = await groupOf(3);
	const bob = states[1] as GroupState;
	const alice = states[0] as GroupState;
	const application = await say(alice, "the original");
	const { mlsBytes: update } = await commit(alice, { removes: [2] });
	const before = encodeGroupState(bob);
	const seeds = [application, update];
	const mutation = fc.record({
		seed: fc.nat({ max: 1 }),
		edits: fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { minLength: 1, maxLength: 4 }),
		cut: fc.option(fc.nat(), { freq: 5 }),
		insert: fc.option(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })), { freq: 5 }),
	});
	const property = fc.asyncProperty(mutation, async ({ seed, edits, cut, insert }) => {
		const original = seeds[seed] as Uint8Array;
		let mutated: Uint8Array = original.slice();
		for (const { at, byte } of edits) mutated[at % mutated.length] = byte;
		if (cut !== null) mutated = mutated.slice(0, cut % mutated.length);
		if (insert !== null) {
			const at = insert[0] % (mutated.length + 1);
			mutated = new Uint8Array([...mutated.subarray(0, at), ...insert[1], ...mutated.subarray(at)]);
		}
		if (equalBytes(mutated, original)) return;
		expect((await openMessage(bob, mutated, anyone)).ok).toBe(false);
	});
	await fc.assert(property, { numRuns: 2400 });
	expect(encodeGroupState(bob)).toEqual(before);
	expect((await openMessage(bob, application, anyone)).ok).toBe(true);
	expect((await openMessage(bob, update, anyone)).ok).toBe(true);
});

test("a mutated commit, sealed and signed by a member, is judged alike at all members", {
	timeout: 120_000,
}, async () => {
	const states = await groupOf(5);
	const mallory = states[4] as GroupState;
	const keyPackage = await newPackage("new");
	const plan = { removes: [3], adds: [keyPackage.publicBytes], policyExtension: policy };
	const honest = encodeCommit(await commitOf(mallory, (await commit(mallory, plan)).mlsBytes));
	const before = states.map(encodeGroupState);
	let [judged, counted] = [0, 0];
	const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
	const property = fc.asyncProperty(fc.array(edit, { maxLength: 2 }), async (edits) => {
		const mutated = honest.slice();
		for (const { at, byte } of edits) mutated[at % mutated.length] = byte;
		const decoded = decodeOrUndefined(mutated);
		if (decoded === undefined) return;
		const mlsBytes = await frame(mallory, decoded);
		const results = await Promise.all(states.slice(0, 4).map((state) => openMessage(state, mlsBytes, anyone)));
		const verdicts = new Set(results.map((result) => (result.ok ? "counts" : result.error)));
		expect([...verdicts]).toHaveLength(1);
		judged++;
		if (verdicts.has("counts")) counted++;
	});
	await fc.assert(property, { numRuns: 600 });
	expect(judged).toBeGreaterThan(100);
	expect(counted).toBeGreaterThan(0);
	expect(counted).toBeLessThan(judged);
	expect(states.map(encodeGroupState)).toEqual(before);
});

function decodeOrUndefined(bytes: Uint8Array): Commit | undefined {
	try {
		return decodeCommit(bytes, 0)?.[0];
	} catch {
		return undefined;
	}
}

test("a state from storage that is cut or altered does not decode into something that throws later", async () => {
	const [alice] = (await groupOf(2)) as [GroupState, GroupState];
	const stored = encodeGroupState(alice);
	for (let cut = 0; cut < stored.length; cut += 13) expect(decodeGroupState(stored.slice(0, cut)).ok).toBe(false);
	expect(decodeGroupState(new Uint8Array([2, ...stored.subarray(1)])).ok).toBe(false);
	expect(decodeGroupState(new Uint8Array([...stored, 0])).ok).toBe(false);
	expect(JSON.stringify(alice)).toBe('"[group state]"');
});
