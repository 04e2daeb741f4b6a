import { bytesToHex, utf8, utf8ToText } from "@sotto/bytes";
import { expect, test } from "vitest";
import {
	anyone,
	commit,
	commitAll,
	follow,
	groupOf,
	newPackage,
	none,
	open,
	policy,
	product,
	say,
	unwrap,
} from "./group.test-kit.ts";
import {
	decodeGroupState,
	encodeGroupState,
	epoch,
	exportSecret,
	joinGroup,
	members,
	nextGeneration,
	openMessage,
	ownLeaf,
	policyExtension,
	sealApplication,
	signWithLeaf,
	verifyLeafSignature,
} from "./index.ts";
import type { GroupState } from "./index.ts";

const secretOf = async (state: GroupState) => (await exportSecret(state, "test", none)).use(bytesToHex);

async function expectAgreement(states: readonly GroupState[]): Promise<void> {
	expect(new Set(await Promise.all(states.map(secretOf))).size).toBe(1);
}

for (const suite of ["MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", product] as const) {
	test(`three members talk, one is removed and cannot read (${suite})`, async () => {
		const states = await groupOf(3, suite);
		await expectAgreement(states);
		const [alice, , carol] = states as [GroupState, GroupState, GroupState];
		const hello = unwrap(await sealApplication(carol, utf8("hello"), utf8("about")));
		for (const state of states) {
			const opened = await open(state, hello.mlsBytes);
			expect(opened).toMatchObject({
				kind: "application",
				sender: { leaf: 2 },
				content: utf8("hello"),
				authenticatedData: utf8("about"),
				generation: 0,
			});
		}
		const removal = await commit(alice, { removes: [2] });
		const told = await open(carol, removal.mlsBytes);
		expect(told).toMatchObject({ kind: "commit", outcome: { kind: "removed" }, view: { hasPath: true } });
		const bob = await follow(states[1] as GroupState, removal.mlsBytes);
		await expectAgreement([bob, removal.pendingState]);
		const later = await say(bob, "without carol");
		expect(await openMessage(carol, later, anyone)).toEqual({ ok: false, error: "otherEpoch" });
		const opened = await open(removal.pendingState, later);
		expect(opened.kind === "application" && utf8ToText(opened.content)).toEqual({ ok: true, value: "without carol" });
	});
}

test("a group grows, shrinks, refills its places and changes its policy, and all agree after every commit", async () => {
	const states = await groupOf(6);
	await commitAll(states, 4);
	await commitAll(states, 1, { policyExtension: utf8("new policy") });
	expect(states.map(policyExtension)).toEqual(states.map(() => utf8("new policy")));
	const keyPackage = await newPackage("refill");
	const pending = await commit(states[3] as GroupState, {
		removes: [1, 2],
		adds: [keyPackage.publicBytes],
		policyExtension: policy,
	});
	const rest = [states[0], states[4], states[5]] as GroupState[];
	const followed = await Promise.all(rest.map((state) => follow(state, pending.mlsBytes)));
	const joined = unwrap(
		await joinGroup({
			welcome: pending.welcome as Uint8Array,
			ratchetTree: pending.ratchetTree,
			keyPackage,
			rules: anyone,
		}),
	);
	expect(joined.inviter.leaf).toBe(3);
	expect(ownLeaf(joined.state)).toBe(1);
	await expectAgreement([...followed, pending.pendingState, joined.state]);
	expect(members(joined.state).map(({ leaf }) => leaf)).toEqual([0, 1, 3, 4, 5]);
	expect(epoch(joined.state)).toBe(8n);
	const all = [...followed, pending.pendingState, joined.state];
	await commitAll(all, 4);
	await expectAgreement(all);
});

test("a joiner enters a group whose unmerged leaves differ from node to node", async () => {
	const states = await groupOf(7);
	for (const removed of [3, 6]) {
		const pending = await commit(states[0] as GroupState, { removes: [removed] });
		for (const i of [1, 2, 4, 5]) states[i] = await follow(states[i] as GroupState, pending.mlsBytes);
		states[0] = pending.pendingState;
	}
	const inGroup = [0, 1, 2, 4, 5].map((i) => states[i] as GroupState);
	await commitAll(inGroup, 0);
	for (const name of ["unmerged at 3", "unmerged at 6", "last"]) {
		const keyPackage = await newPackage(name);
		const pending = await commitAll(inGroup, 1, { adds: [keyPackage.publicBytes] });
		const { ratchetTree } = pending;
		inGroup.push(
			unwrap(await joinGroup({ welcome: pending.welcome as Uint8Array, ratchetTree, keyPackage, rules: anyone })).state,
		);
	}
	await expectAgreement(inGroup);
	for (const by of inGroup.keys()) await commitAll(inGroup, by);
	await expectAgreement(inGroup);
});

test("the state survives storage, and an author opens its own echo from the state that sending did not advance", async () => {
	const [alice, bob] = (await groupOf(2)) as [GroupState, GroupState];
	const first = await say(alice, "one");
	const stored = unwrap(decodeGroupState(encodeGroupState(alice)));
	expect(encodeGroupState(stored)).toEqual(encodeGroupState(alice));
	const echo = await open(stored, first);
	expect(echo).toMatchObject({ kind: "application", content: utf8("one"), generation: 0 });
	const after = echo.kind === "application" ? echo.state : stored;
	expect(nextGeneration(stored, 0)).toBe(0);
	expect(nextGeneration(after, 0)).toBe(1);
	const second = await say(after, "two");
	expect(await openMessage(bob, second, anyone)).toEqual({ ok: false, error: "wrongGeneration" });
	const read = await open(bob, first);
	expect(await open(read.kind === "application" ? read.state : bob, second)).toMatchObject({ content: utf8("two") });
});

test("of two commits in one epoch the first counts: its rival drops its own and follows", async () => {
	const states = await groupOf(3);
	const [alice, bob, carol] = states as [GroupState, GroupState, GroupState];
	const winner = await commit(alice);
	const loser = await commit(bob);
	const bobAfter = await follow(bob, winner.mlsBytes);
	const carolAfter = await follow(carol, winner.mlsBytes);
	expect(await openMessage(carolAfter, loser.mlsBytes, anyone)).toEqual({ ok: false, error: "otherEpoch" });
	const own = await open(alice, winner.mlsBytes);
	expect(own).toMatchObject({ kind: "commit", outcome: { kind: "own" }, confirmationTag: winner.confirmationTag });
	await expectAgreement([bobAfter, carolAfter, winner.pendingState]);
});

test("a leaf signs outside of messages, and the others verify it", async () => {
	const [alice, bob] = (await groupOf(2)) as [GroupState, GroupState];
	const signature = await signWithLeaf(alice, "roster", utf8("entry"));
	expect(await verifyLeafSignature(bob, 0, "roster", utf8("entry"), signature)).toBe(true);
	expect(await verifyLeafSignature(bob, 1, "roster", utf8("entry"), signature)).toBe(false);
	expect(await verifyLeafSignature(bob, 0, "call", utf8("entry"), signature)).toBe(false);
	expect(await verifyLeafSignature(bob, 7, "roster", utf8("entry"), signature)).toBe(false);
});
