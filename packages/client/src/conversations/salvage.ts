import { Secret, utf8 } from "@sotto/bytes";
import { type AccountKey, epoch, hash, ownLeaf } from "@sotto/crypto";
import { type ConversationState, directPolicy, encodePolicy, groupPolicy, startConversation } from "@sotto/protocol";
import { decodeContact } from "../contacts/record.ts";
import type { Store } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import { loadGroup } from "../store/group-rows.ts";
import { directConversationId, keys } from "../store/keys.ts";
import { listPrefix } from "../store/transaction.ts";
import { type GroupSummary, summaryOf } from "./group-summary.ts";
import { type ConversationMeta, withPolicy } from "./meta.ts";
import { policyFrom } from "./seal-wishes.ts";

type Rows = {
	readonly meta: ConversationMeta;
	readonly state: ConversationState;
	readonly summary: GroupSummary;
};

/**
 * Fills in for the rows of a conversation that cannot be read. Without its state it is stopped: it stays in the list under its name,
 * as far as another row tells that, with everything that was said in it. Nothing is written: a repaired store is whole again.
 */
export async function salvage(
	store: Store,
	id: ConversationId,
	own: AccountKey,
	rows: { readonly [Row in keyof Rows]: Rows[Row] | undefined },
): Promise<Rows> {
	if (rows.meta !== undefined && rows.state !== undefined && rows.summary !== undefined) return rows as Rows;
	const group = await loadGroup(store, id);
	const summary = rows.summary ?? (group && summaryOf(group)) ?? (await unknownSummary(store, id, own));
	const policy = policyFrom(summary.policy);
	const plain = { v: 1 as const, kind: policy.kind, people: [], unread: 0, activeAt: 0, nextQueued: 0 };
	const meta = rows.meta ?? withPolicy(plain, policy, own);
	if (rows.state !== undefined && group !== undefined) return { meta, state: rows.state, summary };
	const state =
		rows.state ??
		startConversation({
			groupId: summary.groupId ?? new Uint8Array(32),
			leaf: group === undefined ? 0 : ownLeaf(group),
			epoch: group === undefined ? summary.epoch : Number(epoch(group)),
			// Of no log: a stopped conversation reads and writes none.
			logSeed: new Secret(hash("sotto damaged", utf8(id))),
			ordinal: 0,
			joined: true,
		});
	return { meta, state: { ...state, stop: state.stop ?? { kind: "damaged" } }, summary };
}

/** Nobody knows who is in: the other side of a conversation of two is found among the contacts. */
async function unknownSummary(store: Store, id: ConversationId, own: AccountKey): Promise<GroupSummary> {
	const contacts = (await listPrefix(store, keys.contactAll)).map(({ value }) => decodeContact(value));
	const other = contacts.find((contact) => contact.ok && directConversationId(contact.value.account) === id);
	const policy = other?.ok ? directPolicy(own, other.value.account) : groupPolicy(own, {});
	return { v: 1, epoch: 0, members: [], policy: encodePolicy(policy) };
}
