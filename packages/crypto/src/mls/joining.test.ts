import { utf8 } from "@sotto/bytes";
import { expect, test } from "vitest";
import {
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
	createKeyPackage,
	generateLeafSignatureKey,
	type GroupState,
	joinGroup,
	openMessage,
	readKeyPackage,
	sealCommit,
} from "./index.ts";

test("a device that is removed and added again in one commit learns that it is out, and the new package that it is in", async () => {
	const states = (await groupOf(4)) as [GroupState, GroupState, GroupState, GroupState];
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
