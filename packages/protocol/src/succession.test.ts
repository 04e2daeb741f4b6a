import type { Bytes } from "@sotto/bytes";
import type { AccountKey } from "@sotto/crypto";
import { expect, test } from "vitest";
import type { Stop } from "./conversation/state.ts";
import { directPolicy, encodePolicy, groupPolicy, isSameLine, parsePolicy, type Policy } from "./policy.ts";
import { followsSuccessor, type KnownGroup, maySucceed, successorPolicy, unseatedBy } from "./succession.ts";

const bytes = (n: number) => new Uint8Array(32).fill(n);
const [ada, bob, eve] = [1, 2, 3].map((n) => bytes(n) as AccountKey) as [AccountKey, AccountKey, AccountKey];
const [first, later, lower] = [bytes(10), bytes(20), bytes(5)] as [Bytes, Bytes, Bytes];
const crew: Policy = {
	...groupPolicy(ada, { name: "Crew" }),
	people: [
		{ account: ada, role: "admin" },
		{ account: bob, role: "member" },
		{ account: eve, role: "admin" },
	],
};
const strandedBy = (by: AccountKey, unseats: readonly AccountKey[] = []): Stop => ({ kind: "stranded", by, unseats });
const inCrew = (stop: Stop | undefined, policy = crew, groupId = first): KnownGroup => ({ groupId, policy, stop });
const last = { epoch: 7, at: { seq: 9, head: bytes(9) } };

/** What `by` offers, who was stranded by Eve. */
function offer(by: AccountKey, about: { readonly generation?: number; readonly groupId?: Bytes } = {}) {
	const policy = successorPolicy(inCrew(strandedBy(eve)), last, by);
	const succeeds = { ...policy.succeeds, ...(about.generation && { generation: about.generation }) } as never;
	return { groupId: about.groupId ?? later, policy: { ...policy, succeeds } as Policy, by };
}

test("C10: a successor names what it follows, and leaves out whoever broke it; a conversation of two stays of two", () => {
	const policy = successorPolicy(inCrew(strandedBy(eve)), last, ada);
	expect(policy.people.map(({ account }) => account)).toEqual([ada, bob]);
	expect(policy.succeeds).toEqual({ first, generation: 1, predecessor: first, ...last });
	expect(parsePolicy(encodePolicy(policy))).toEqual({ ok: true, value: policy });
	const again = successorPolicy(inCrew(strandedBy(bob), policy, later), last, ada);
	expect(again.succeeds).toMatchObject({ first, generation: 2, predecessor: later });
	const two = { groupId: first, policy: directPolicy(ada, eve), stop: strandedBy(eve) };
	expect(successorPolicy(two, last, ada).people).toHaveLength(2);
	expect(isSameLine(crew, policy)).toBe(false);
});

test("C10: only an admin begins one, and only where the conversation has stopped for good", () => {
	expect(maySucceed(inCrew(strandedBy(eve)), ada)).toBe("allowed");
	expect(maySucceed(inCrew({ kind: "forked", by: undefined }), ada)).toBe("allowed");
	expect(maySucceed(inCrew(strandedBy(eve)), bob)).toBe("notAdmin");
	expect(maySucceed(inCrew(undefined), ada)).toBe("notStopped");
	expect(maySucceed(inCrew({ kind: "rolledBack" }), ada)).toBe("notStopped");
});

test("C10: whoever is blamed, unseated, no admin, or of another conversation is not followed", () => {
	expect(followsSuccessor(inCrew(strandedBy(eve)), offer(ada), bob)).toBe(true);
	expect(followsSuccessor(inCrew(undefined), offer(ada), bob)).toBe(true);
	// Eve strands Bob and calls him into a group of hers.
	expect(followsSuccessor(inCrew(strandedBy(eve)), offer(eve), bob)).toBe(false);
	// Bob could not follow Ada's commit that puts Eve out; Eve calls him.
	expect(followsSuccessor(inCrew(strandedBy(ada, [eve])), offer(eve), bob)).toBe(false);
	expect(followsSuccessor(inCrew(undefined), offer(bob), ada)).toBe(false);
	expect(followsSuccessor(inCrew(undefined, crew, lower), offer(ada), bob)).toBe(false);
	const plain = { groupId: later, policy: crew, by: ada };
	expect(followsSuccessor(inCrew(undefined), plain, bob)).toBe(false);
	const direct = {
		...offer(ada),
		policy: { ...directPolicy(ada, bob), succeeds: offer(ada).policy.succeeds } as Policy,
	};
	expect(followsSuccessor(inCrew(undefined), direct, bob)).toBe(false);
});

test("C10: the higher generation wins, then the lower group id; one's own other device is believed", () => {
	const known = (generation: number, groupId: Bytes) => inCrew(undefined, offer(ada, { generation }).policy, groupId);
	expect(followsSuccessor(known(1, later), offer(ada, { generation: 2 }), bob)).toBe(true);
	expect(followsSuccessor(known(2, later), offer(ada, { generation: 1, groupId: lower }), bob)).toBe(false);
	expect(followsSuccessor(known(1, later), offer(ada, { generation: 1, groupId: lower }), bob)).toBe(true);
	expect(followsSuccessor(known(1, lower), offer(ada, { generation: 1, groupId: later }), bob)).toBe(false);
	expect(followsSuccessor(known(1, later), offer(ada, { generation: 1, groupId: later }), bob)).toBe(false);
	expect(followsSuccessor(inCrew(undefined), offer(bob), bob)).toBe(true);
});

test("C10: who is made no admin, or goes, is unseated", () => {
	const without = { ...crew, people: crew.people.filter(({ account }) => account !== eve) };
	expect(unseatedBy(crew, without)).toEqual([eve]);
	expect(unseatedBy(crew, crew)).toEqual([]);
});
