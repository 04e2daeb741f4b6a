import { type Bytes, equalBytes } from "@sotto/bytes";
import type { AccountKey, Member } from "@sotto/crypto";
import { accountOfCredential, deviceOfCredential, listVersionOfCredential } from "@sotto/protocol";
import type { ConversationMember } from "../conversation-host.ts";
import type { AccountId, PersonView } from "../sdk.ts";
import { accountIdOf } from "../store/keys.ts";
import type { GroupSummary } from "./group-summary.ts";

export function accountOf(member: Member): AccountKey {
	const account = accountOfCredential(member.credential);
	// Every credential was validated when its leaf came in (D1).
	if (account === undefined) throw new Error("a member's credential does not parse");
	return account;
}

/** The listed key of a leaf's device (D1). */
export function deviceOf(member: Member): Bytes {
	const device = deviceOfCredential(member.credential);
	if (device === undefined) throw new Error("a member's credential does not parse");
	return device;
}

/** The version of the device list that a leaf states (D1). */
export function listVersionOf(member: Member): number {
	const version = listVersionOfCredential(member.credential);
	if (version === undefined) throw new Error("a member's credential does not parse");
	return version;
}

/** The devices of a group as the rest of the client sees them. */
export function memberViews(
	summary: GroupSummary,
	own: AccountKey,
	thisLeaf: number,
	personOf: (account: AccountId) => PersonView,
): readonly ConversationMember[] {
	return summary.members.map(({ leaf, account }) => viewOf(leaf, account, own, thisLeaf, personOf));
}

export function memberView(
	member: Member,
	own: AccountKey,
	thisLeaf: number,
	personOf: (account: AccountId) => PersonView,
): ConversationMember {
	return viewOf(member.leaf, accountOf(member), own, thisLeaf, personOf);
}

function viewOf(
	leaf: number,
	account: AccountKey,
	own: AccountKey,
	thisLeaf: number,
	personOf: (account: AccountId) => PersonView,
): ConversationMember {
	const id = accountIdOf(account);
	return { leaf, account: id, person: personOf(id), mine: equalBytes(account, own), thisDevice: leaf === thisLeaf };
}
