import { equalBytes } from "@sotto/bytes";
import { type AccountKey, type GroupState, type Member, members, ownLeaf } from "@sotto/crypto";
import { accountOfCredential } from "@sotto/protocol";
import type { ConversationMember } from "../conversation-host.ts";
import type { AccountId, PersonView } from "../sdk.ts";
import { accountIdOf } from "../store/keys.ts";

export function accountOf(member: Member): AccountKey {
	const account = accountOfCredential(member.credential);
	// Every credential was validated when its leaf came in (D1).
	if (account === undefined) throw new Error("a member's credential does not parse");
	return account;
}

/** The devices of a group as the rest of the client sees them. */
export function memberViews(
	group: GroupState,
	own: AccountKey,
	personOf: (account: AccountId) => PersonView,
): readonly ConversationMember[] {
	const leaf = ownLeaf(group);
	return members(group).map((member) => memberView(member, own, leaf, personOf));
}

export function memberView(
	member: Member,
	own: AccountKey,
	thisLeaf: number,
	personOf: (account: AccountId) => PersonView,
): ConversationMember {
	const account = accountOf(member);
	const id = accountIdOf(account);
	const mine = equalBytes(account, own);
	return { leaf: member.leaf, account: id, person: personOf(id), mine, thisDevice: member.leaf === thisLeaf };
}
