import {
	type AccountKey,
	type GroupState,
	groupIdOf,
	members,
	type MlsRules,
	ownLeaf,
	type PendingCommit,
	policyExtension,
	sealCommit,
} from "@sotto/crypto";
import {
	type ConversationState,
	encodePolicy,
	encodeStatedPosition,
	type GroupInForce,
	parsePolicy,
	planWishes,
	type Policy,
	positionToState,
	type WishedCommit,
} from "@sotto/protocol";
import { keys } from "../store/keys.ts";
import type { Draft, WishRow } from "./draft.ts";
import { encodeOwed, owedWelcome } from "./owed.ts";
import { putOutbox } from "./seal.ts";

/**
 * Looks at the wishes that are due against the group in force, drops those that are so already or cannot be, and seals one commit
 * for as many of the others as fit, with the state that it leads to and what is owed if it counts (C4).
 */
export async function sealWishes(
	draft: Draft,
	context: { readonly own: AccountKey; readonly rules: MlsRules; readonly now: number },
): Promise<void> {
	const { own, rules, now } = context;
	const due = draft.wishes.filter(({ stored }) => stored.notBefore <= now);
	const sealed = await sealFirst(draft, due, own, rules);
	if (sealed === undefined) return;
	const { commit, plan, rows } = sealed;
	const welcome = await owedWelcome(commit, plan.joiners);
	const owed = { wishes: rows.map(({ n }) => n), ...(welcome && { welcome }) };
	draft.putPending(commit.pendingState);
	draft.tx.put(keys.owed(draft.id), encodeOwed(owed));
	const { mlsBytes, confirmationTag } = commit;
	await putOutbox(draft, mlsBytes, { what: "commit", items: [], urgency: "message", confirmationTag });
}

type Sealed = { readonly commit: PendingCommit; readonly plan: WishedCommit; readonly rows: readonly WishRow[] };

/** Seals a commit for the due wishes; if their commit is refused, for the first alone, which is dropped if it is refused too. */
async function sealFirst(
	draft: Draft,
	due: readonly WishRow[],
	own: AccountKey,
	rules: MlsRules,
): Promise<Sealed | undefined> {
	let rows = due;
	while (rows.length > 0) {
		const { commit, dropped } = planWishes(
			rows.map(({ stored }) => stored.wish),
			groupInForce(draft.group, own),
		);
		for (const { index, why } of dropped) draft.dropWish((rows[index] as WishRow).n, why);
		if (commit === undefined) return undefined;
		const covered = commit.covers.map((index) => rows[index] as WishRow);
		const sealed = await sealPlan(draft, commit, rules);
		if (sealed.ok) return { commit: sealed.value, plan: commit, rows: covered };
		if (covered.length > 1) {
			rows = covered.slice(0, 1);
			continue;
		}
		for (const { n } of covered) draft.dropWish(n, "notAllowed");
		rows = due.filter((row) => draft.wishes.includes(row));
	}
	return undefined;
}

/** The commit of a plan, judged as everybody will judge it. */
export function sealPlan(
	{ group, state }: { readonly group: GroupState; readonly state: ConversationState },
	plan: WishedCommit,
	rules: MlsRules,
) {
	const statements = plan.statements.length === 0 ? {} : { statements: plan.statements };
	const authenticatedData = encodeStatedPosition({ ...positionToState(state), ...statements });
	const policy = plan.policy === undefined ? {} : { policyExtension: encodePolicy(plan.policy) };
	return sealCommit(group, { adds: plan.adds, removes: plan.removes, ...policy, authenticatedData }, rules);
}

export function groupInForce(group: GroupState, own: AccountKey): GroupInForce {
	return {
		groupId: groupIdOf(group),
		own,
		ownLeaf: ownLeaf(group),
		policy: policyFrom(policyExtension(group)),
		members: members(group),
	};
}

/** The policy of a group's extension; it was judged when it came in (C9). */
export function policyFrom(extension: Uint8Array): Policy {
	const policy = parsePolicy(extension);
	if (!policy.ok) throw new Error("a group's policy was judged when it came in");
	return policy.value;
}
