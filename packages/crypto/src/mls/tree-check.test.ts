import { verifyParentHashes } from "ts-mls/parentHash.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { expect, test } from "vitest";
import { libraryState } from "./attacker.test-kit.ts";
import { anyone, commit, commitAll, follow, groupOf, newPackage, unwrap } from "./group.test-kit.ts";
import { type GroupState, joinGroup } from "./index.ts";
import { suiteOfState } from "./state.ts";
import { areParentHashesSound } from "./tree-check.ts";

async function expectSameVerdict(state: GroupState, tree: RatchetTree): Promise<boolean> {
	const suite = suiteOfState(libraryState(state));
	const verdict = await areParentHashesSound(suite, tree);
	expect(verdict).toBe(await verifyParentHashes(tree, suite.cs.hash));
	return verdict;
}

test("our check of parent hashes agrees with the library's along a group's life, and on every tree with one parent changed", async () => {
	let states = await groupOf(6);
	const verdicts = { sound: 0, unsound: 0 };
	for (let round = 0; round < 8; round++) {
		const by = round % states.length;
		if (round % 3 === 2) {
			const keyPackage = await newPackage(`round ${round}`);
			const removed = (by + 1) % states.length;
			const adds = [keyPackage.publicBytes];
			const leaf = libraryState(states[removed] as GroupState).privatePath.leafIndex;
			const pending = await commit(states[by] as GroupState, { removes: [leaf], adds });
			const rest = states.filter((_, i) => i !== by && i !== removed);
			const { ratchetTree, welcome } = pending;
			const joined = await joinGroup({ ratchetTree, welcome: welcome as Uint8Array, keyPackage, rules: anyone });
			const followed = await Promise.all(rest.map((state) => follow(state, pending.mlsBytes)));
			states = [...followed, pending.pendingState, unwrap(joined).state];
		} else await commitAll(states, by);
		const state = states[0] as GroupState;
		const { ratchetTree } = libraryState(state);
		if (await expectSameVerdict(state, ratchetTree)) verdicts.sound++;
		for (const [i, node] of ratchetTree.entries()) {
			if (node?.nodeType !== "parent") continue;
			const parent = { ...node.parent, hpkePublicKey: node.parent.hpkePublicKey.map((byte) => byte ^ 1) };
			const changed = ratchetTree.map((other, k): typeof other => (k === i ? { nodeType: "parent", parent } : other));
			if (!(await expectSameVerdict(state, changed))) verdicts.unsound++;
		}
	}
	expect(verdicts.sound).toBe(8);
	expect(verdicts.unsound).toBeGreaterThan(15);
});
