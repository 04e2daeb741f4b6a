import { encode } from "ts-mls/codec/tlsEncoder.js";
import { encryptWithLabel } from "ts-mls/crypto/hpke.js";
import { groupContextEncoder } from "ts-mls/groupContext.js";
import { toLeafIndex } from "ts-mls/treemath.js";
import { applyUpdatePath } from "ts-mls/updatePath.js";
import { expect, test } from "vitest";
import { commitOf, forgePath, frame, libraryState, strandSibling } from "./attacker.test-kit.ts";
import { encodeAuthenticatedData } from "./authenticated-data.ts";
import { commit, groupOf, none, open } from "./group.test-kit.ts";
import type { GroupState } from "./index.ts";
import { provisionalContext } from "./next-epoch.ts";
import { suiteOfState } from "./state.ts";

test("one flipped ciphertext strands exactly those it was for; the others go on, and the stranded know whom to name", async () => {
	const states = await groupOf(6);
	const honest = await commit(states[1] as GroupState);
	const { path } = await commitOf(states[1] as GroupState, honest.mlsBytes);
	if (path === undefined) throw new Error("an update has a path");
	const nodes = path.nodes.map((node, n) => {
		if (n !== 0) return node;
		const encryptedPathSecret = node.encryptedPathSecret.map(({ kemOutput, ciphertext }) => ({
			kemOutput,
			ciphertext: ciphertext.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
		}));
		return { ...node, encryptedPathSecret };
	});
	const tampered = await frame(states[1] as GroupState, { proposals: [], path: { ...path, nodes } });
	const outcomes = await Promise.all(states.map((state) => open(state, tampered)));
	const kinds = outcomes.map((outcome) => (outcome.kind === "commit" ? outcome.outcome : undefined));
	// The forged confirmation tag strands the rest: the commit counts for all, and nobody takes another one of this epoch.
	expect(kinds).toEqual([
		{ kind: "stranded", why: "pathDoesNotOpen" },
		{ kind: "own" },
		...[2, 3, 4, 5].map(() => ({ kind: "stranded", why: "notConfirmed" })),
	]);
	for (const outcome of outcomes) expect(outcome).toMatchObject({ view: { committer: { leaf: 1 } } });
});

test("a path secret that does not lead to the path's keys strands, before anything is taken from it", async () => {
	const states = await groupOf(3);
	const [alice, bob] = states as [GroupState, GroupState];
	const mls = libraryState(alice);
	const suite = suiteOfState(mls);
	const noise = await forgePath(alice, mls.ratchetTree);
	const tree = await applyUpdatePath(mls.ratchetTree, toLeafIndex(0), noise, suite.cs.hash);
	const context = encode(groupContextEncoder)(await provisionalContext(suite, mls, undefined, tree));
	const bobsNode = libraryState(bob).ratchetTree[2];
	if (bobsNode?.nodeType !== "leaf") throw new Error("bob is there");
	const bobsKey = await suite.cs.hpke.importPublicKey(bobsNode.leaf.hpkePublicKey);
	const sealed = await encryptWithLabel(bobsKey, "UpdatePathNode", context, new Uint8Array(32), suite.cs.hpke);
	const nodes = noise.nodes.map((node, n) =>
		n === 0 ? { ...node, encryptedPathSecret: [{ kemOutput: sealed.enc, ciphertext: sealed.ct }] } : node,
	);
	const forged = await frame(alice, { proposals: [], path: { ...noise, nodes } });
	expect(await open(bob, forged)).toMatchObject({ outcome: { kind: "stranded", why: "derivedKeyDiffers" } });
});

test("with a true confirmation tag the flipped ciphertext strands its reader alone: everybody else is in the next epoch", async () => {
	const states = await groupOf(4);
	const [alice, , carol] = states as [GroupState, GroupState, GroupState];
	const { mlsBytes } = await commit(carol);
	const authenticatedData = encodeAuthenticatedData(0, none);
	const forged = await strandSibling(carol, alice, { mlsBytes, authenticatedData });
	const outcomes = await Promise.all(states.map((state) => open(state, forged)));
	expect(outcomes.map((outcome) => (outcome.kind === "commit" ? outcome.outcome.kind : undefined))).toEqual([
		"advanced",
		"advanced",
		"own",
		"stranded",
	]);
});
