import type { Bytes } from "@sotto/bytes";
import {
	type AddedMember,
	type CommitView,
	generateLeafSignatureKey,
	type LeafSignatureKey,
	type Member,
	randomBytes,
	type RemovedMember,
	sign,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeStatedPosition } from "./authenticated-data.ts";
import { makeCredential } from "./credential.ts";
import { newIdentity, type TestIdentity } from "./identity.test-kit.ts";
import { judgeCommit } from "./judge-commit.ts";
import { encodePolicy, groupPolicy, type Policy } from "./policy.ts";
import { enterEpochs, makeStatement, type Statement } from "./statements.ts";

/** A leaf with its keys, as its owner has them. */
type Leaf = { readonly who: TestIdentity; readonly member: Member; readonly keys: LeafSignatureKey };

async function leafOf(who: TestIdentity, leaf: number): Promise<Leaf> {
	const keys = await generateLeafSignatureKey();
	const credential = await makeCredential(who.list, 0, who.device, keys.publicKey);
	return { who, keys, member: { leaf, credential, signatureKey: keys.publicKey } };
}

const groupId = randomBytes(32);
const at = { v: 1 as const, index: 0, at: { seq: 1, head: randomBytes(32) } };
let ada: Leaf;
let bob: Leaf;
let cyd: Leaf;
let stranger: Leaf;
let policy: Policy;

/** Ada is admin; Bob and Cyd are members. Cyd makes the commits, so that nothing but a statement can allow them. */
beforeAll(async () => {
	const people = await Promise.all([newIdentity(), newIdentity(), newIdentity(), newIdentity()]);
	const [one, two, three, four] = people.map((who, index) => leafOf(who, index));
	[ada, bob, cyd, stranger] = [await one, await two, await three, await four] as [Leaf, Leaf, Leaf, Leaf];
	const founded = groupPolicy(ada.who.key, { name: "Crew" });
	const members = [bob, cyd].map(({ who }) => ({ account: who.key, role: "member" as const }));
	policy = { ...founded, people: [...founded.people, ...members] };
});

const removed = ({ member }: Leaf): RemovedMember => ({ ...member, nodeHash: nodeHashOf(member) });
const added = ({ member }: Leaf, packageHash: Bytes): AddedMember => ({ ...member, packageHash });
/** Stands for the hash of a leaf node, which the door computes. */
const nodeHashOf = ({ signatureKey }: Member): Bytes => signatureKey;

function commit(statements: readonly Bytes[], changes: Partial<CommitView>): CommitView {
	return {
		groupId,
		epoch: 9n,
		committer: cyd.member,
		membersBefore: [ada.member, bob.member, cyd.member],
		adds: [],
		removes: [],
		policyBefore: encodePolicy(policy),
		policyAfter: undefined,
		authenticatedData: encodeStatedPosition({ ...at, statements }),
		hasPath: true,
		...changes,
	};
}

/** Signed by a leaf, as SignWithLabel of the group would; the door's `signWithLeaf` makes the same signature. */
const byLeaf = (leaf: Leaf, statement: Statement) =>
	makeStatement(statement, async (label, message) =>
		sign(label, await signingKeyFromSeed(leaf.keys.privateKey), message),
	);
const byAccount = ({ who }: Leaf, statement: Statement) =>
	makeStatement(statement, (label, message) => sign(label, who.account, message));

describe("C9 replace: a leaf goes and a package of the same account comes for it", () => {
	const packageHash = randomBytes(32);
	const replace = (leaf: Leaf): Statement => ({
		v: 1,
		type: "replace",
		groupId,
		leafNode: nodeHashOf(leaf.member),
		package: packageHash,
	});
	const swap = async (statements: readonly Bytes[], comes: Leaf, goes = bob, hash = packageHash) =>
		judgeCommit(commit(statements, { removes: [removed(goes)], adds: [added(comes, hash)] }));

	test("anybody may carry it out, signed by the leaf that goes or by the account key", async () => {
		const next = await leafOf(bob.who, 3);
		expect(await swap([await byLeaf(bob, replace(bob))], next)).toBe(true);
		expect(await swap([await byAccount(bob, replace(bob))], next)).toBe(true);
		expect(await swap([], next)).toBe(false);
	});

	test("an attacker's does nothing: signed by another, for another group, leaf or package, or of another account", async () => {
		const next = await leafOf(bob.who, 3);
		expect(await swap([await byLeaf(cyd, replace(bob))], next)).toBe(false);
		expect(await swap([await byAccount(cyd, replace(bob))], next)).toBe(false);
		expect(await swap([await byLeaf(bob, { ...replace(bob), groupId: randomBytes(32) } as Statement)], next)).toBe(
			false,
		);
		expect(await swap([await byLeaf(bob, replace(ada))], next)).toBe(false);
		expect(await swap([await byLeaf(bob, replace(bob))], next, bob, randomBytes(32))).toBe(false);
		// Bob cannot give his place to somebody else, nor take Ada's.
		expect(
			await swap([await byLeaf(bob, replace(bob))], { ...stranger, member: { ...stranger.member, leaf: 3 } }),
		).toBe(false);
		expect(await swap([await byLeaf(bob, replace(ada))], next, ada)).toBe(false);
	});

	test("played again after the leaf is gone, or with half of it left out, it does nothing", async () => {
		const [again, next] = [await leafOf(bob.who, 3), await leafOf(bob.who, 4)];
		const statement = await byLeaf(bob, replace(bob));
		const later = commit([statement], {
			membersBefore: [ada.member, again.member, cyd.member],
			removes: [removed(again)],
			adds: [added(next, packageHash)],
		});
		expect(await judgeCommit(later)).toBe(false);
		expect(await judgeCommit(commit([statement], { removes: [removed(bob)] }))).toBe(false);
		expect(await judgeCommit(commit([statement], { adds: [added(next, packageHash)] }))).toBe(false);
	});
});

describe("C9 enter: an account brings a device in by its account key", () => {
	const packageHash = randomBytes(32);
	const enter = (who: Leaf, epoch = 9): Statement => ({
		v: 1,
		type: "enter",
		groupId,
		account: who.who.key,
		epoch,
		package: packageHash,
	});
	const come = async (statement: Bytes, comes: Leaf, changes: Partial<CommitView> = {}) =>
		judgeCommit(commit([statement], { adds: [added(comes, packageHash)], ...changes }));

	test("anybody may carry it out while the account is named, also when its last leaf was put out", async () => {
		const next = await leafOf(bob.who, 3);
		expect(await come(await byAccount(bob, enter(bob)), next)).toBe(true);
		const out = { membersBefore: [ada.member, cyd.member] };
		expect(await come(await byAccount(bob, enter(bob)), next, out)).toBe(true);
	});

	test("an attacker's does nothing: by a device's key, another account, for another group, package or time", async () => {
		const next = await leafOf(bob.who, 3);
		expect(await come(await byLeaf(bob, enter(bob)), next)).toBe(false);
		expect(await come(await byAccount(cyd, enter(bob)), next)).toBe(false);
		expect(await come(await byAccount(bob, { ...enter(bob), groupId: randomBytes(32) } as Statement), next)).toBe(
			false,
		);
		expect(await come(await byAccount(bob, { ...enter(bob), package: randomBytes(32) } as Statement), next)).toBe(
			false,
		);
		expect(await come(await byAccount(bob, enter(bob, 10)), next)).toBe(false);
		const late = { epoch: BigInt(9 + enterEpochs + 1) };
		expect(await come(await byAccount(bob, enter(bob)), next, late)).toBe(false);
	});

	test("an account that the group does not name, or does no longer, does not come in by it", async () => {
		const next = await leafOf(bob.who, 3);
		const people = policy.people.filter(({ account }) => account !== bob.who.key);
		const out = { membersBefore: [ada.member, cyd.member], policyBefore: encodePolicy({ ...policy, people }) };
		expect(await come(await byAccount(bob, enter(bob)), next, out)).toBe(false);
		expect(await come(await byAccount(stranger, enter(stranger)), stranger)).toBe(false);
		// Bob's word does not bring the stranger's device in.
		expect(await come(await byAccount(bob, enter(bob)), stranger)).toBe(false);
	});
});

describe("C9 leave: an account goes whole", () => {
	const leave = (who: Leaf): Statement => ({ v: 1, type: "leave", groupId, account: who.who.key });
	const without = (who: Leaf) =>
		encodePolicy({ ...policy, people: policy.people.filter(({ account }) => account !== who.who.key) });
	const go = async (statement: Bytes, goes = bob, policyAfter: Bytes | undefined = without(bob)) =>
		judgeCommit(commit([statement], { removes: [removed(goes)], policyAfter }));

	test("anybody may carry it out, signed by a leaf that is in the group", async () => {
		expect(await go(await byLeaf(bob, leave(bob)))).toBe(true);
	});

	test("an attacker's does nothing: signed by another or by the account key, for another group, or with more than it asks", async () => {
		expect(await go(await byLeaf(cyd, leave(bob)))).toBe(false);
		// An old word by the account key could throw out an account that was added again.
		expect(await go(await byAccount(bob, leave(bob)))).toBe(false);
		expect(await go(await byLeaf(bob, { ...leave(bob), groupId: randomBytes(32) } as Statement))).toBe(false);
		expect(await go(await byLeaf(bob, leave(bob)), ada, without(ada))).toBe(false);
		const promoted = policy.people.map((one) => ({ ...one, role: "admin" as const }));
		expect(await go(await byLeaf(bob, leave(bob)), bob, encodePolicy({ ...policy, people: promoted }))).toBe(false);
	});
});
