import { copyBytes, utf8 } from "@sotto/bytes";
import fc from "fast-check";
import { decodeMlsMessage } from "ts-mls/message.js";
import { protect, unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { ratchetToGeneration } from "ts-mls/secretTree.js";
import { expect, test } from "vitest";
import { frame, libraryState } from "./attacker.test-kit.ts";
import {
	addTo,
	anyone,
	commit,
	commitAll,
	fast,
	follow,
	groupOf,
	newPackage,
	none,
	open,
	say,
	unwrap,
} from "./group.test-kit.ts";
import {
	decodeGroupState,
	encodeGroupState,
	type GroupState,
	joinGroup,
	openMessage,
	sealApplication,
	sealCommit,
	wipeReplaced,
} from "./index.ts";
import { noPadding, encodePrivateMessage } from "./seal.ts";
import { suiteOfState } from "./state.ts";

type Group = [GroupState, GroupState, GroupState, GroupState];
const generous = { retainKeysForGenerations: 100, retainKeysForEpochs: 100, maximumForwardRatchetSteps: 1000 };

function privateMessageOf(mlsBytes: Uint8Array) {
	const message = decodeMlsMessage(copyBytes(mlsBytes), 0)?.[0];
	if (message?.wireformat !== "mls_private_message") throw new Error("a private message");
	return message.privateMessage;
}

/** What a thief does with a state: the library, told to try everything. */
async function thiefOpens(state: GroupState, mlsBytes: Uint8Array): Promise<boolean> {
	const mls = libraryState(state);
	const message = privateMessageOf(mlsBytes);
	const epochs = [
		mls,
		...[...mls.historicalReceiverData.values()].map((past) => ({ ...mls, ...past, keySchedule: past })),
	];
	for (const { keySchedule, secretTree, ratchetTree, groupContext } of epochs) {
		const { senderDataSecret } = keySchedule;
		const { cs } = suiteOfState(mls);
		const opened = await unprotectPrivateMessage(
			senderDataSecret,
			message,
			secretTree,
			ratchetTree,
			groupContext,
			generous,
			cs,
		).catch(() => undefined);
		if (opened !== undefined) return true;
	}
	return false;
}

async function read(state: GroupState, mlsBytes: Uint8Array): Promise<GroupState> {
	const opened = await open(state, mlsBytes);
	if (opened.kind !== "application") throw new Error("an application message");
	return opened.state;
}

test("a member's words, sealed again by another under the next key, are void at all", async () => {
	const states = (await groupOf(4)) as Group;
	const [alice, mallory] = states;
	const spoken = await say(alice, "I agree");
	const after = await Promise.all(states.map((state) => read(state, spoken)));
	// Mallory keeps Alice's signed content and burns Alice's next key with it.
	const mls = libraryState(mallory);
	const { cs } = suiteOfState(mls);
	const { senderDataSecret } = mls.keySchedule;
	const message = privateMessageOf(spoken);
	const { content } = await unprotectPrivateMessage(
		senderDataSecret,
		message,
		mls.secretTree,
		mls.ratchetTree,
		mls.groupContext,
		generous,
		cs,
	);
	const nextTree = libraryState(after[1] as GroupState).secretTree;
	const { authenticatedData } = message;
	const signed = { ...content.content, auth: content.auth };
	const again = await protect(
		senderDataSecret,
		authenticatedData,
		mls.groupContext,
		nextTree,
		signed as never,
		0,
		noPadding,
		cs,
	);
	const forged = encodePrivateMessage(again.privateMessage);
	expect(await thiefOpens(after[2] as GroupState, forged)).toBe(true);
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
		thiefOpens(unwrap(decodeGroupState(encodeGroupState(state))), bytes);
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

test("one flipped ciphertext strands exactly those it was for; the others go on, and the stranded know whom to name", async () => {
	const states = await groupOf(6);
	const honest = await commit(states[1] as GroupState);
	const mls = libraryState(states[1] as GroupState);
	const { cs } = suiteOfState(mls);
	const opened = await unprotectPrivateMessage(
		mls.keySchedule.senderDataSecret,
		privateMessageOf(honest.mlsBytes),
		mls.secretTree,
		mls.ratchetTree,
		mls.groupContext,
		generous,
		cs,
	);
	const { content } = opened.content;
	if (content.contentType !== "commit" || content.commit.path === undefined) throw new Error("an update has a path");
	const { path } = content.commit;
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
	const { forgePath } = await import("./attacker.test-kit.ts");
	const { encryptWithLabel } = await import("ts-mls/crypto/hpke.js");
	const { encode } = await import("ts-mls/codec/tlsEncoder.js");
	const { groupContextEncoder } = await import("ts-mls/groupContext.js");
	const { applyUpdatePath } = await import("ts-mls/updatePath.js");
	const { provisionalContext } = await import("./next-epoch.ts");
	const mls = libraryState(alice);
	const suite = suiteOfState(mls);
	const noise = await forgePath(alice, mls.ratchetTree);
	const tree = await applyUpdatePath(mls.ratchetTree, 0 as never, noise, suite.cs.hash);
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

test("a device that is removed and added again in one commit learns that it is out, and the new package that it is in", async () => {
	const states = (await groupOf(4)) as Group;
	const keyPackage = await newPackage("member 2 again");
	const pending = await commit(states[0], { removes: [2], adds: [keyPackage.publicBytes] });
	expect(await open(states[2], pending.mlsBytes)).toMatchObject({ outcome: { kind: "removed" } });
	const { welcome, ratchetTree } = pending;
	const joined = unwrap(await joinGroup({ welcome: welcome as Uint8Array, ratchetTree, keyPackage, rules: anyone }));
	const hello = await say(joined.state, "again");
	expect((await openMessage(await follow(states[1], pending.mlsBytes), hello, anyone)).ok).toBe(true);
	expect((await openMessage(states[2], hello, anyone)).ok).toBe(false);
});

test("a joiner's first commit may bring a path beside an add, and policy and removal go together in one commit", async () => {
	const states = await groupOf(4);
	const keyPackage = await newPackage("with path");
	const plan = { adds: [keyPackage.publicBytes], forcePath: true };
	const pending = await commitAll(states, 3, plan);
	const { welcome, ratchetTree } = pending;
	const { state } = unwrap(await joinGroup({ welcome: welcome as Uint8Array, ratchetTree, keyPackage, rules: anyone }));
	states.push(state);
	const demotion = await commit(states[4] as GroupState, { removes: [3], policyExtension: utf8("without 3") });
	for (const i of [0, 1, 2]) expect(await follow(states[i] as GroupState, demotion.mlsBytes)).toBeDefined();
});

test("a welcome for somebody else, with another tree, from a refused member or damaged anywhere lets nobody in", async () => {
	const states = await groupOf(3);
	const keyPackage = await newPackage("joiner");
	const pending = await commit(states[0] as GroupState, { adds: [keyPackage.publicBytes] });
	const welcome = pending.welcome as Uint8Array;
	const { ratchetTree } = pending;
	const join = (change: Partial<Parameters<typeof joinGroup>[0]>) =>
		joinGroup({ welcome, ratchetTree, keyPackage, rules: anyone, ...change });
	expect((await join({})).ok).toBe(true);
	expect(await join({ keyPackage: await newPackage("another") })).toEqual({ ok: false, error: "notForThisPackage" });
	const otherTree = (await commit(states[1] as GroupState, { adds: [keyPackage.publicBytes], forcePath: true }))
		.ratchetTree;
	expect(await join({ ratchetTree: otherTree })).toEqual({ ok: false, error: "badTree" });
	expect(await join({ ratchetTree: new Uint8Array(3_000_000) })).toEqual({ ok: false, error: "tooLarge" });
	const product = await newPackage("joiner", "MLS_256_XWING_AES256GCM_SHA512_Ed25519");
	expect(await join({ keyPackage: product })).toEqual({ ok: false, error: "wrongSuite" });
	const rules = { ...anyone, validateCredential: () => false };
	expect(await join({ rules })).toEqual({ ok: false, error: "badCredential" });
	const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at % bytes.length ? byte ^ 4 : byte));
	for (let at = 0; at < 3000; at += 7) {
		expect((await join({ welcome: flip(welcome, at) })).ok).toBe(false);
		if (at % 3 === 0) expect((await join({ ratchetTree: flip(ratchetTree, at) })).ok).toBe(false);
	}
});

test("an expired package can be added: lifetimes are the adder's to judge, by its own clock", async () => {
	const states = await groupOf(2);
	const { generateLeafSignatureKey, createKeyPackage, readKeyPackage } = await import("./index.ts");
	const signatureKey = await generateLeafSignatureKey();
	const options = {
		suite: fast,
		credential: utf8("late"),
		signatureKey,
		now: 1_000_000_000_000,
		lifetimeMs: 86_400_000,
	};
	const expired = await createKeyPackage(options);
	expect(await readKeyPackage(expired.publicBytes)).toMatchObject({
		ok: true,
		value: { credential: utf8("late"), notBefore: 999_996_400_000, notAfter: 1_000_086_400_000, hash: expired.hash },
	});
	expect(
		(await sealCommit(states[0] as GroupState, { adds: [expired.publicBytes], authenticatedData: none }, anyone)).ok,
	).toBe(true);
	expect((await readKeyPackage(expired.publicBytes.map((b, i) => (i === 40 ? b ^ 1 : b)))).ok).toBe(false);
	expect(await sealCommit(states[0] as GroupState, { adds: [none], authenticatedData: none }, anyone)).toEqual({
		ok: false,
		error: { kind: "badPackage", index: 0 },
	});
});

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
		if (Buffer.from(mutated).equals(original)) return;
		expect((await openMessage(bob, mutated, anyone)).ok).toBe(false);
	});
	await fc.assert(property, { numRuns: 2400 });
	expect(encodeGroupState(bob)).toEqual(before);
	expect((await openMessage(bob, application, anyone)).ok).toBe(true);
	expect((await openMessage(bob, update, anyone)).ok).toBe(true);
});

test("a state from storage that is cut or altered does not decode into something that throws later", async () => {
	const [alice] = (await groupOf(2)) as [GroupState, GroupState];
	const stored = encodeGroupState(alice);
	for (let cut = 0; cut < stored.length; cut += 13) expect(decodeGroupState(stored.slice(0, cut)).ok).toBe(false);
	expect(decodeGroupState(new Uint8Array([2, ...stored.subarray(1)])).ok).toBe(false);
	expect(JSON.stringify(alice)).toBe('"[group state]"');
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
