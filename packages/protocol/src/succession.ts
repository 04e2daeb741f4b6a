import { type Bytes, compareBytes, equalBytes } from "@sotto/bytes";
import type { AccountKey } from "@sotto/crypto";
import type { ConversationState, Place, Stop } from "./conversation/state.ts";
import { type Policy, roleOf, type Succeeds, withoutPeople } from "./policy.ts";

/** What a device knows of the group that it is in, or was in last. */
export type KnownGroup = {
	readonly groupId: Bytes;
	readonly policy: Policy;
	readonly stop: Stop | undefined;
};

/** Whether this account may let the conversation go on in a new group (C10): it cannot here, and the account is its admin. */
export function maySucceed({ policy, stop }: KnownGroup, own: AccountKey): "allowed" | "notStopped" | "notAdmin" {
	if (policy.kind === "own" || (stop?.kind !== "stranded" && stop?.kind !== "forked")) return "notStopped";
	return roleOf(policy, own) === "admin" ? "allowed" : "notAdmin";
}

/** The policy of the successor: that of the last epoch, without whoever this device blames (C10). */
export function successorPolicy(
	{ groupId, policy, stop }: KnownGroup,
	last: Pick<ConversationState, "epoch"> & { readonly at: Place },
	own: AccountKey,
): Policy {
	const succeeds: Succeeds = {
		first: firstOf(policy, groupId),
		generation: (policy.succeeds?.generation ?? 0) + 1,
		predecessor: groupId,
		epoch: last.epoch,
		at: last.at,
	};
	const blamed = stop?.kind === "stranded" || stop?.kind === "forked" ? stop.by : undefined;
	// Two people are two: who broke it may have done so unwillingly.
	const isLeftOut = policy.kind === "group" && blamed !== undefined && !equalBytes(blamed, own);
	return { ...(isLeftOut ? withoutPeople(policy, [blamed]) : policy), succeeds };
}

/** The group by which the conversation is known, whatever groups went on for it. */
export function firstOf({ succeeds }: Policy, groupId: Bytes): Bytes {
	return succeeds?.first ?? groupId;
}

/**
 * C10: whether this device goes on in a group that `by` invites it to: it continues this conversation, its generation is higher (or the
 * same, and its id lower), and `by` was an admin in the last epoch known here, whom no commit seen since took that from: the one that
 * this device could not follow included. Nobody follows the account that it names for having been stranded.
 */
export function followsSuccessor(
	known: KnownGroup,
	offered: { readonly groupId: Bytes; readonly policy: Policy; readonly by: AccountKey },
	own: AccountKey,
): boolean {
	const { succeeds } = offered.policy;
	if (succeeds === undefined || offered.policy.kind !== known.policy.kind) return false;
	if (!equalBytes(succeeds.first, firstOf(known.policy, known.groupId))) return false;
	const { stop } = known;
	// Who is out of the group before comes into this one as into any other.
	if (stop?.kind === "removed" && stop.stays !== true) return true;
	const ahead = succeeds.generation - (known.policy.succeeds?.generation ?? 0);
	if (ahead < 0 || (ahead === 0 && compareBytes(offered.groupId, known.groupId) >= 0)) return false;
	if (equalBytes(offered.by, own)) return true;
	if (stop?.kind === "stranded") {
		const isBlamed = known.policy.kind === "group" && stop.by !== undefined && equalBytes(stop.by, offered.by);
		if (isBlamed || stop.unseats?.some((account) => equalBytes(account, offered.by)) === true) return false;
	}
	return roleOf(known.policy, offered.by) === "admin";
}

/** The admins of a policy that another takes that from. */
export function unseatedBy(before: Policy, after: Policy): readonly AccountKey[] {
	return before.people
		.filter(({ account, role }) => role === "admin" && roleOf(after, account) !== "admin")
		.map(({ account }) => account);
}
