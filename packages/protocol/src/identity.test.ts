import { encodeCbor, equalBytes } from "@sotto/bytes";
import { type CommitView, generateLeafSignatureKey, generateSigningKey, randomBytes } from "@sotto/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountOfCredential, makeCredential, openCredential } from "./credential.ts";
import { deviceListHash, parseDeviceList, signDeviceList } from "./device-list.ts";
import { leafOf, newIdentity } from "./identity.test-kit.ts";
import { judgeCommit } from "./judge-commit.ts";
import { directPolicy, encodePolicy, isEverybodyNamed, parsePolicy, type Policy } from "./policy.ts";
import { matchesSafetyQr, safetyNumber, safetyQr } from "./safety-number.ts";

describe("D1: the chain from account key to leaf key", () => {
	test("a credential opens for its leaf key, and for no other", async () => {
		const identity = await newIdentity();
		const { credential, signatureKey } = await leafOf(identity, 0);
		const opened = await openCredential(credential, signatureKey);
		expect(opened.ok && equalBytes(opened.value.account, identity.key)).toBe(true);
		expect(accountOfCredential(credential)).toEqual(identity.key);
		// Swapping the leaf's key for one's own under another's name.
		const other = await generateLeafSignatureKey();
		expect((await openCredential(credential, other.publicKey)).ok).toBe(false);
	});

	test("a device that the account never listed cannot vouch, nor one at another place, nor an altered list", async () => {
		const [identity, mallory] = [await newIdentity(), await newIdentity()];
		const leaf = await generateLeafSignatureKey();
		const forged = await makeCredential(identity.list, 0, mallory.device, leaf.publicKey);
		expect((await openCredential(forged, leaf.publicKey)).ok).toBe(false);
		const elsewhere = await makeCredential(identity.list, 1, identity.device, leaf.publicKey);
		expect((await openCredential(elsewhere, leaf.publicKey)).ok).toBe(false);
		const encoded = identity.list.encoded.slice();
		encoded[encoded.length - 80] = (encoded[encoded.length - 80] as number) ^ 1;
		expect((await parseDeviceList(encoded)).ok).toBe(false);
	});

	test("versions of a device list name their predecessor", async () => {
		const identity = await newIdentity();
		const second = await generateSigningKey();
		const next = await signDeviceList(identity.account, [identity.device.publicKey, second.publicKey], identity.list);
		expect(next.version).toBe(2);
		expect(next.previous).toEqual(deviceListHash(identity.list.encoded));
		expect((await parseDeviceList(next.encoded)).ok).toBe(true);
	});

	test("no bytes make the parsers throw", async () => {
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
				expect((await openCredential(bytes, new Uint8Array(32))).ok).toBe(false);
				expect((await parseDeviceList(bytes)).ok).toBe(false);
				expect(accountOfCredential(bytes)).toBeUndefined();
				expect(parsePolicy(bytes).ok).toBe(false);
			}),
		);
	});
});

describe("C9: the policy decides on each commit", () => {
	const view = async (
		parts: Partial<CommitView> & Pick<CommitView, "committer" | "membersBefore">,
	): Promise<CommitView> => ({
		groupId: randomBytes(32),
		epoch: 1n,
		adds: [],
		removes: [],
		policyBefore: new Uint8Array(),
		policyAfter: undefined,
		authenticatedData: new Uint8Array(),
		hasPath: true,
		...parts,
	});
	const added = (member: CommitView["committer"]) => ({ ...member, packageHash: randomBytes(32) });
	const removed = (member: CommitView["committer"]) => ({ ...member, nodeHash: randomBytes(32) });

	test("in a direct conversation each side changes its own leaves, and nobody else's; the policy stays", async () => {
		const [ada, bob, eve] = [await newIdentity(), await newIdentity(), await newIdentity()];
		const [a0, b1, a2, e3] = [await leafOf(ada, 0), await leafOf(bob, 1), await leafOf(ada, 2), await leafOf(eve, 3)];
		const policyBefore = encodePolicy(directPolicy(ada.key, bob.key));
		const judge = async (parts: Partial<CommitView>) =>
			judgeCommit(await view({ committer: a0, membersBefore: [a0, b1], policyBefore, ...parts }));
		expect(await judge({})).toBe(true);
		expect(await judge({ adds: [added(a2)] })).toBe(true);
		expect(await judge({ adds: [added(e3)] })).toBe(false);
		expect(await judge({ removes: [removed(b1)] })).toBe(false);
		expect(await judge({ membersBefore: [a0, b1, a2], removes: [removed(a2)] })).toBe(true);
		expect(await judge({ policyAfter: policyBefore })).toBe(false);
		expect(await judge({ committer: e3, membersBefore: [a0, b1, e3] })).toBe(false);
		// The founding add, and again when the other side has nothing left in it.
		expect(await judge({ membersBefore: [a0], adds: [added(b1)] })).toBe(true);
		expect(await judge({ adds: [added(await leafOf(bob, 2))] })).toBe(false);
	});

	test("an account has six leaves at most", async () => {
		const [ada, bob] = [await newIdentity(), await newIdentity()];
		const policyBefore = encodePolicy(directPolicy(ada.key, bob.key));
		const leaves = await Promise.all([0, 1, 2, 3, 4, 5].map((leaf) => leafOf(ada, leaf)));
		const [committer] = leaves;
		if (committer === undefined) throw new Error("six leaves");
		const six = await view({
			committer,
			membersBefore: leaves.slice(0, 5),
			adds: leaves.slice(5).map(added),
			policyBefore,
		});
		expect(await judgeCommit(six)).toBe(true);
		const seven = await view({ committer, membersBefore: leaves, adds: [added(await leafOf(ada, 6))], policyBefore });
		expect(await judgeCommit(seven)).toBe(false);
	});

	test("in a group only admins add, remove and rename, and everybody stays named", async () => {
		const [ada, bob, eve] = [await newIdentity(), await newIdentity(), await newIdentity()];
		const [a0, b1, e2] = [await leafOf(ada, 0), await leafOf(bob, 1), await leafOf(eve, 2)];
		const people = (...accounts: readonly (readonly [typeof ada, "admin" | "member"])[]): Policy => ({
			v: 1,
			kind: "group",
			name: "Crew",
			people: accounts.map(([{ key: account }, role]) => ({ account, role })),
		});
		const before = people([ada, "admin"], [bob, "member"]);
		const withEve = encodePolicy(people([ada, "admin"], [bob, "member"], [eve, "member"]));
		const judge = async (parts: Partial<CommitView>) =>
			judgeCommit(await view({ committer: a0, membersBefore: [a0, b1], policyBefore: encodePolicy(before), ...parts }));
		expect(await judge({ adds: [added(e2)], policyAfter: withEve })).toBe(true);
		expect(await judge({ adds: [added(e2)] })).toBe(false);
		expect(await judge({ committer: b1, adds: [added(e2)], policyAfter: withEve })).toBe(false);
		expect(await judge({ removes: [removed(b1)], policyAfter: encodePolicy(people([ada, "admin"])) })).toBe(true);
		expect(await judge({ committer: b1, removes: [removed(a0)] })).toBe(false);
		expect(await judge({ policyAfter: encodePolicy(people([ada, "admin"])) })).toBe(false);
		expect(await judge({ policyAfter: encodePolicy(directPolicy(ada.key, bob.key)) })).toBe(false);
		expect(await judge({ policyAfter: randomBytes(30) })).toBe(false);
		const twice = encodeCbor({
			...before,
			people: [before.people[0], before.people[0]].map((person) => ({ ...person })),
		});
		expect(parsePolicy(twice).ok).toBe(false);
		expect(parsePolicy(encodePolicy({ ...before, people: [{ account: bob.key, role: "member" }] })).ok).toBe(false);
		expect(isEverybodyNamed(before, [a0, b1, e2])).toBe(false);
	});
});

test("the safety number is symmetric, and another key gives another number", async () => {
	const [ada, bob, eve] = [await newIdentity(), await newIdentity(), await newIdentity()];
	const number = safetyNumber(ada.key, bob.key);
	expect(number).toEqual(safetyNumber(bob.key, ada.key));
	expect(number).toHaveLength(12);
	for (const group of number) expect(group).toMatch(/^[0-9]{5}$/);
	const other = safetyNumber(ada.key, eve.key);
	expect(number.filter((group) => !other.includes(group)).length).toBeGreaterThanOrEqual(6);
	const qr = safetyQr(ada.key, bob.key);
	expect(matchesSafetyQr(bob.key, ada.key, qr)).toBe(true);
	expect(matchesSafetyQr(eve.key, ada.key, qr)).toBe(false);
	expect(matchesSafetyQr(bob.key, ada.key, "sotto-safety-1:!!")).toBe(false);
});
