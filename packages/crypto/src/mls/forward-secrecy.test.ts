import { utf8 } from "@sotto/bytes";
import { ratchetToGeneration } from "ts-mls/secretTree.js";
import { expect, test } from "vitest";
import { generous, libraryState, sealAgain, unsealByLibrary } from "./attacker.test-kit.ts";
import { addTo, anyone, commit, commitAll, follow, groupOf, none, read, say, unwrap } from "./group.test-kit.ts";
import {
	decodeGroupState,
	encodeGroupState,
	type GroupState,
	openMessage,
	sealApplication,
	wipeReplaced,
} from "./index.ts";
import { suiteOfState } from "./state.ts";

test("a member's words, sealed again by another under the next key, are void at all", async () => {
	const states = (await groupOf(4)) as [GroupState, GroupState, ...GroupState[]];
	const [alice, mallory] = states;
	const spoken = await say(alice, "I agree");
	const after = await Promise.all(states.map((state) => read(state, spoken)));
	// Mallory keeps Alice's signed content and burns Alice's next key with it.
	const forged = await sealAgain(mallory, spoken, 0);
	expect(await unsealByLibrary(after[2] as GroupState, forged)).toBeDefined();
	for (const state of after) {
		expect(await openMessage(state, forged, anyone)).toEqual({ ok: false, error: "wrongGeneration" });
	}
	// And Alice's key is not burnt: what she says next counts.
	const next = await say(after[0] as GroupState, "and more");
	for (const state of after) expect((await openMessage(state, next, anyone)).ok).toBe(true);
});

test("no generation is skipped and none is opened twice", async () => {
	const [alice, bob] = (await groupOf(2)) as [GroupState, GroupState];
	const first = await say(alice, "first");
	const second = await say(await read(alice, first), "second");
	expect(await openMessage(bob, second, anyone)).toEqual({ ok: false, error: "wrongGeneration" });
	const after = await read(bob, first);
	expect(await openMessage(after, first, anyone)).toEqual({ ok: false, error: "wrongGeneration" });
	expect((await openMessage(after, second, anyone)).ok).toBe(true);
});

test("a stolen state opens nothing consumed: no past generation, no past epoch, not even while a commit is pending", async () => {
	const [alice, bob] = (await groupOf(2)) as [GroupState, GroupState];
	const first = await say(alice, "first");
	const second = await say(await read(alice, first), "second");
	const thief = async (state: GroupState, bytes: Uint8Array) =>
		(await unsealByLibrary(unwrap(decodeGroupState(encodeGroupState(state))), bytes)) !== undefined;
	// The control: before it is read, the thief opens it, even over a gap.
	expect(await thief(bob, first)).toBe(true);
	expect(await thief(bob, second)).toBe(true);
	const afterSecond = await read(await read(bob, first), second);
	expect(await thief(afterSecond, first)).toBe(false);
	expect(await thief(afterSecond, second)).toBe(false);
	// A message that bob has not read yet is lost with the epoch: nobody's state can open it any more.
	const unread = await say(await read(await read(alice, first), second), "unread");
	expect(await thief(afterSecond, unread)).toBe(true);
	const pending = await commit(afterSecond);
	expect(await thief(pending.pendingState, unread)).toBe(false);
	expect(await thief(await follow(await read(await read(alice, first), second), pending.mlsBytes), unread)).toBe(false);
	expect(libraryState(pending.pendingState).historicalReceiverData.size).toBe(0);
});

test("the keys of blanked and replaced tree nodes leave the state", async () => {
	const states = await groupOf(4);
	for (const by of [0, 1, 2, 3]) await commitAll(states, by);
	const before = Object.keys(libraryState(states[0] as GroupState).privatePath.privateKeys);
	expect(before).toEqual(["0", "1", "3"]);
	const removal = await commit(states[2] as GroupState, { removes: [1] });
	const after = libraryState(await follow(states[0] as GroupState, removal.mlsBytes));
	expect(Object.keys(after.privatePath.privateKeys)).toEqual(["0", "3"]);
});

test("wiping zeroes what the successor does not hold, and the successor still works", async () => {
	const states = (await groupOf(2)) as [GroupState, GroupState];
	const [alice, bob] = states;
	const pending = await commit(alice);
	const bobAfter = await follow(bob, pending.mlsBytes);
	wipeReplaced(bob, bobAfter);
	expect(libraryState(bob).keySchedule.initSecret.every((byte) => byte === 0)).toBe(true);
	const said = await say(pending.pendingState, "still here");
	const read1 = await read(bobAfter, said);
	wipeReplaced(bobAfter, read1);
	expect((await openMessage(read1, await say(await read(pending.pendingState, said), "again"), anyone)).ok).toBe(true);
});

test("the generation that a sender states is in what it signs, so the library alone would take a skipped one", async () => {
	const states = await groupOf(2);
	const mls = libraryState(states[1] as GroupState);
	const { cs } = suiteOfState(mls);
	const senderData = { leafIndex: 0, generation: 3, reuseGuard: new Uint8Array(4) };
	const skipped = await ratchetToGeneration(mls.secretTree, senderData as never, "application", generous, cs);
	expect(Object.keys(skipped.newTree[0]?.application.unusedGenerations ?? {})).toHaveLength(3);
	await addTo(states, 0, "later");
	expect(unwrap(await sealApplication(states[0] as GroupState, utf8("x"), none)).generation).toBe(0);
});
