import {
	type Bytes,
	encodeCbor,
	equalBytes,
	err,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { type AccountKey, type CommitView, maxLeaves, type Member, parseAccountKey, shapeOf } from "@sotto/crypto";
import { accountOfCredential } from "./credential.ts";
import { maxDevices } from "./device-list.ts";

/** The longest name of a group, in UTF-16 units. */
export const maxGroupNameLength = 120;
const maxPolicyBytes = 32_768;

const policyShape = mapShape({
	v: literalShape(1),
	/** "direct": two accounts for ever; "group": admins change who is in. */
	kind: literalShape("direct", "group"),
	name: optional(textShape(maxGroupNameLength)),
	people: listShape(mapShape({ account: shapeOf(parseAccountKey), role: literalShape("admin", "member") }), maxLeaves),
});
/** Who may be in a conversation and who may change that, in a GroupContext extension so that everyone judges alike (C9). */
export type Policy = ShapeOf<typeof policyShape>;

export function directPolicy(one: AccountKey, other: AccountKey): Policy {
	const people = [one, other].map((account) => ({ account, role: "admin" as const }));
	return { v: 1, kind: "direct", people };
}

export function encodePolicy(policy: Policy): Bytes {
	return encodeCbor({ ...policy, people: policy.people.map((person) => ({ ...person })) });
}

/** Parses a policy and refuses what no policy may say: an account twice, no admin, a direct one of other than two. */
export function parsePolicy(bytes: Uint8Array): Result<Policy, "badPolicy"> {
	if (bytes.length > maxPolicyBytes) return err("badPolicy");
	const policy = parseCbor(policyShape, bytes);
	if (!policy.ok) return err("badPolicy");
	const { people, kind, name } = policy.value;
	const twice = people.some((person, at) =>
		people.slice(0, at).some((other) => equalBytes(other.account, person.account)),
	);
	if (twice || !people.some((person) => person.role === "admin")) return err("badPolicy");
	if (kind === "direct" && (people.length !== 2 || name !== undefined)) return err("badPolicy");
	return ok(policy.value);
}

/**
 * C9: whether the policy in force before a commit allows it. Looks at nothing but the commit, so all members judge alike.
 * Admins of a group add, remove and rename; an account adds and removes its own leaves, six at most; a direct conversation
 * keeps its policy, and either side may add devices of the other while that has none in it. Afterwards every leaf belongs to somebody the policy names.
 */
export function judgeCommit(view: CommitView): boolean {
	const before = parsePolicy(view.policyBefore);
	const after = view.policyAfter === undefined ? before : parsePolicy(view.policyAfter);
	const committer = accountOfCredential(view.committer.credential);
	if (!before.ok || !after.ok || committer === undefined) return false;
	const policy = before.value;
	const isAdmin = roleOf(policy, committer) === "admin" && policy.kind === "group";
	if (view.policyAfter !== undefined && !(isAdmin && after.value.kind === "group")) return false;
	const isOwn = (member: Member) => isLeafOf(member, committer);
	// The founding add of a direct conversation, and again if the other has no device left in it.
	const isMissingOther = (member: Member) =>
		policy.kind === "direct" && !view.membersBefore.some((other) => sameAccount(other, member));
	const allowed =
		isAdmin || (view.adds.every((member) => isOwn(member) || isMissingOther(member)) && view.removes.every(isOwn));
	return allowed && isEverybodyNamed(after.value, membersAfter(view));
}

/** Whether every leaf belongs to an account of the policy, none with more than six. Also asked by whoever joins. */
export function isEverybodyNamed(policy: Policy, members: readonly Member[]): boolean {
	const accounts = members.map((member) => accountOfCredential(member.credential));
	return accounts.every(
		(account) =>
			account !== undefined &&
			roleOf(policy, account) !== undefined &&
			accounts.filter((other) => other !== undefined && equalBytes(other, account)).length <= maxDevices,
	);
}

export function roleOf(policy: Policy, account: Uint8Array): "admin" | "member" | undefined {
	return policy.people.find((person) => equalBytes(person.account, account))?.role;
}

function isLeafOf(member: Member, account: Uint8Array): boolean {
	const owner = accountOfCredential(member.credential);
	return owner !== undefined && equalBytes(owner, account);
}

function sameAccount(one: Member, other: Member): boolean {
	const account = accountOfCredential(other.credential);
	return account !== undefined && isLeafOf(one, account);
}

function membersAfter(view: CommitView): readonly Member[] {
	const stays = view.membersBefore.filter((member) => !view.removes.some((removed) => removed.leaf === member.leaf));
	return [...stays, ...view.adds];
}
