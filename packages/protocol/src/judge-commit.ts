import { equalBytes } from "@sotto/bytes";
import type { CommitView, Member } from "@sotto/crypto";
import { accountOfCredential } from "./credential.ts";
import {
	encodePolicy,
	isEverybodyNamed,
	isSameLine,
	parsePolicy,
	type Policy,
	roleOf,
	withoutPeople,
} from "./policy.ts";
import { type Grants, grantsOf, leavesOf } from "./statements.ts";

/**
 * C9: whether the policy in force before a commit allows it. Looks at nothing but the commit, so all members judge alike.
 * Admins of a group add, remove, rename and name admins; an account adds and removes its own leaves, six at most; a direct
 * conversation keeps its policy, and either side may add devices of the other while that has none in it. Anybody may carry out a
 * signed statement. Afterwards every leaf belongs to somebody the policy names.
 */
export async function judgeCommit(view: CommitView): Promise<boolean> {
	const before = parsePolicy(view.policyBefore);
	const after = view.policyAfter === undefined ? before : parsePolicy(view.policyAfter);
	const committer = accountOfCredential(view.committer.credential);
	if (!before.ok || !after.ok || committer === undefined) return false;
	const policy = before.value;
	const isAdmin = roleOf(policy, committer) === "admin" && policy.kind === "group";
	const grants = await grantsOf(view);
	if (view.policyAfter !== undefined && !mayChange(policy, after.value, isAdmin, grants)) return false;
	if (!isAdmin) {
		const isOwn = (member: Member) => leavesOf([member], committer).length > 0;
		const comes = view.adds.every(
			(added) =>
				isOwn(added) ||
				isMissingOther(policy, view, added) ||
				grants.packages.some((p) => equalBytes(p, added.packageHash)),
		);
		const goes = view.removes.every(
			(removed) => isOwn(removed) || grants.removes.includes(removed.leaf) || isLeaver(after.value, grants, removed),
		);
		if (!comes || !goes) return false;
	}
	return isEverybodyNamed(after.value, membersAfter(view));
}

/** Who is no admin changes a policy in one way: who leaves is named in it no longer. */
function mayChange(before: Policy, after: Policy, isAdmin: boolean, { leavers }: Grants): boolean {
	if (before.kind !== "group" || after.kind !== "group" || !isSameLine(before, after)) return false;
	if (isAdmin) return true;
	return leavers.length > 0 && equalBytes(encodePolicy(after), encodePolicy(withoutPeople(before, leavers)));
}

/** Who leaves goes whole: leaves and name. Two people of a direct conversation leave each other by no longer writing. */
function isLeaver(after: Policy, { leavers }: Grants, removed: Member): boolean {
	return leavers.some((account) => roleOf(after, account) === undefined && leavesOf([removed], account).length > 0);
}

/** The founding add of a direct conversation, and again if the other has no device left in it. */
function isMissingOther(policy: Policy, view: CommitView, added: Member): boolean {
	const account = accountOfCredential(added.credential);
	return policy.kind === "direct" && account !== undefined && leavesOf(view.membersBefore, account).length === 0;
}

function membersAfter(view: CommitView): readonly Member[] {
	const stays = view.membersBefore.filter((member) => !view.removes.some((removed) => removed.leaf === member.leaf));
	return [...stays, ...view.adds];
}
