import { equalBytes } from "@sotto/bytes";
import type { AccountKey, CommitView, Member } from "@sotto/crypto";
import { parsePolicy, parseStatedPosition, type Policy, readStatement, roleOf } from "@sotto/protocol";
import type { ConversationEvent } from "../sdk.ts";
import { accountOf } from "./members.ts";

/** What a commit did, in the words of the history: about whom, by whom, and the new name where there is one. */
export type CommitEvent = {
	readonly event: ConversationEvent;
	readonly account: AccountKey;
	readonly by: AccountKey;
	readonly text?: string;
};

/** What people are told of a commit to a group; of two people's conversation nothing, because it stays the two. */
export function eventsOf(commit: CommitView): readonly CommitEvent[] {
	const before = parsePolicy(commit.policyBefore);
	const after = commit.policyAfter === undefined ? before : parsePolicy(commit.policyAfter);
	if (!before.ok || !after.ok || after.value.kind !== "group") return [];
	const by = accountOf(commit.committer);
	return [...peopleEvents(commit, before.value, after.value, by), ...policyEvents(before.value, after.value, by)];
}

function peopleEvents(commit: CommitView, before: Policy, after: Policy, by: AccountKey): readonly CommitEvent[] {
	const leavers = leaversOf(commit);
	const isOwn = (account: AccountKey) => equalBytes(account, by);
	const came = accountsOf(commit.adds).map((account): CommitEvent => {
		if (roleOf(before, account) === undefined) return { event: "personAdded", account, by };
		// D3: who lets a device of somebody else in carries out its word.
		return { event: isOwn(account) ? "deviceJoined" : "deviceReadmitted", account, by };
	});
	const went = accountsOf(commit.removes).flatMap((account): CommitEvent[] => {
		if (roleOf(after, account) !== undefined) {
			const isBack = commit.adds.some((added) => equalBytes(accountOf(added), account));
			return isBack ? [] : [{ event: isOwn(account) ? "deviceRemoved" : "deviceEvicted", account, by }];
		}
		const isLeaving = leavers.some((leaver) => equalBytes(leaver, account));
		return [{ event: isLeaving ? "personLeft" : "personRemoved", account, by }];
	});
	return [...came, ...went];
}

function policyEvents(before: Policy, after: Policy, by: AccountKey): readonly CommitEvent[] {
	const events: CommitEvent[] = [];
	if (after.name !== undefined && after.name !== before.name)
		events.push({ event: "groupRenamed", account: by, by, text: after.name });
	const isSame = (one: Uint8Array | undefined, other: Uint8Array | undefined) =>
		one === undefined || other === undefined ? one === other : equalBytes(one, other);
	if (!isSame(before.picture, after.picture)) events.push({ event: "pictureChanged", account: by, by });
	for (const { account, role } of after.people) {
		const was = roleOf(before, account);
		if (was !== undefined && was !== role)
			events.push({ event: role === "admin" ? "madeAdmin" : "madeMember", account, by });
	}
	return events;
}

function leaversOf(commit: CommitView): readonly Uint8Array[] {
	const stated = parseStatedPosition(commit.authenticatedData);
	if (!stated.ok) return [];
	return (stated.value.statements ?? []).flatMap((bytes) => {
		const statement = readStatement(bytes);
		return statement?.type === "leave" ? [statement.account] : [];
	});
}

/** Each account once, in the commit's order. */
function accountsOf(members: readonly Member[]): readonly AccountKey[] {
	const accounts: AccountKey[] = [];
	for (const account of members.map(accountOf))
		if (!accounts.some((known) => equalBytes(known, account))) accounts.push(account);
	return accounts;
}
