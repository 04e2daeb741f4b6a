import { bytesToBase64url, utf8 } from "@sotto/bytes";
import type { GroupState, MessageId } from "@sotto/crypto";
import { type ConversationContent, directPolicy, encodeConversationState } from "@sotto/protocol";
import { beginConversation } from "../conversations/directory.ts";
import { Draft, type Held } from "../conversations/draft.ts";
import { encodeSummary } from "../conversations/group-summary.ts";
import { encodeInvite, encodeMeta, type Invite } from "../conversations/meta.ts";
import { queueContent } from "../conversations/queue-content.ts";
import type { ConversationId, RequestId } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { putNewGroup } from "../store/group-rows.ts";
import { accountIdOf, directConversationId, keys, orderOf } from "../store/keys.ts";
import { registerOf } from "../sync/registers.ts";
import type { FirstContactParts } from "./first-contact.ts";
import type { FormedGroup } from "./form-group.ts";
import { sharedPart } from "./people.ts";
import { type Contact, encodeContact } from "./record.ts";

/**
 * Writes a conversation that begins on this device, with the address by which it can be rung there and whatever `fill` adds, in one
 * transaction. The caller puts it into the directory.
 */
export async function storeBeginning(
	{ engine, account }: Pick<FirstContactParts, "engine" | "account">,
	id: ConversationId,
	begun: Held,
	group: GroupState,
	fill: (draft: Draft, queue: (content: ConversationContent) => Promise<void>) => Promise<void>,
): Promise<Held> {
	const draft = new Draft(id, begun, group, engine.store);
	const queue = (content: ConversationContent) => {
		const item = { messageId: engine.random(16) as MessageId, sentAt: engine.clock.now(), content };
		return queueContent(draft, item, "message", account.keys.key);
	};
	draft.tx.put(keys.conversation(id), encodeMeta(begun.meta));
	draft.tx.put(keys.line(id), encodeConversationState(begun.state));
	draft.tx.put(keys.summary(id), encodeSummary(begun.summary));
	await putNewGroup(engine.store, draft.tx, id, group);
	await queue({ type: "ringAddress", address: await account.memberRingAddress() });
	// Members who are not in contact know this device's person by nothing else.
	if (draft.meta.kind === "group") await queue({ type: "introduction", name: account.record.name });
	await fill(draft, queue);
	const held = await draft.commit();
	for (const then of draft.after) then();
	return held;
}

/** Writes contact, conversation and what is owed to it in one transaction, and begins to follow it. */
export async function beginContact(
	parts: FirstContactParts,
	contact: Contact,
	formed: FormedGroup,
	how: {
		readonly joined: boolean;
		readonly invite?: Invite;
		readonly greeting?: string;
		readonly answers?: RequestId;
	},
): Promise<ConversationId> {
	const { engine, account: self, people, directory, inviter, share } = parts;
	const id = directConversationId(contact.account);
	const now = engine.clock.now();
	const own = self.keys.key;
	const policy = directPolicy(own, contact.account);
	const begun = beginConversation({ policy, own, ...formed, joined: how.joined, now });
	const inviteKey = keys.invite(id, bytesToBase64url(engine.random(8)));
	const held = await storeBeginning(parts, id, begun, formed.group, async (draft, queue) => {
		const account = accountIdOf(contact.account);
		draft.tx.put(keys.contact(account), encodeContact(contact));
		draft.after.push(share(draft.tx, registerOf.contact(account), encodeContact(sharedPart(contact))));
		const event = { kind: "event" as const, id: `met-${now}`, at: now, account: contact.account };
		if (how.joined) await draft.putRow(orderOf(0, 0, 0), { ...event, event: "contactAdded" });
		if (how.greeting !== undefined && how.greeting.trim() !== "") await queue({ type: "text", text: how.greeting });
		if (how.invite !== undefined) draft.tx.put(inviteKey, encodeInvite(how.invite));
		if (how.answers === undefined) return;
		draft.tx.delete(keys.request(how.answers));
		draft.after.push(share(draft.tx, registerOf.request(how.answers), utf8("accepted")));
	});
	people.keepContact(contact);
	if (how.answers !== undefined) people.forgetRequest(how.answers);
	directory.add(id, held);
	const purpose: Purpose = { cause: { kind: "contact", title: contact.name } };
	if (how.invite !== undefined) inviter.start(inviteKey, how.invite, purpose);
	engine.changed();
	return id;
}
