import { bytesToBase64url } from "@sotto/bytes";
import type { MessageId } from "@sotto/crypto";
import { type ConversationContent, encodeConversationState } from "@sotto/protocol";
import { beginDirect } from "../conversations/directory.ts";
import { Draft, type Held } from "../conversations/draft.ts";
import { encodeSummary } from "../conversations/group-summary.ts";
import { encodeInvite, encodeMeta, type Invite } from "../conversations/meta.ts";
import { queueContent } from "../conversations/queue-content.ts";
import type { ConversationId, RequestId } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { putNewGroup } from "../store/group-rows.ts";
import { accountIdOf, directConversationId, keys, orderOf } from "../store/keys.ts";
import type { FirstContactParts } from "./first-contact.ts";
import type { FormedGroup } from "./form-group.ts";
import { type Contact, encodeContact } from "./record.ts";

/** Writes contact, conversation and what is owed to it in one transaction, and begins to follow it. */
export async function beginContact(
	{ engine, account, people, directory, inviter }: FirstContactParts,
	contact: Contact,
	formed: FormedGroup,
	how: {
		readonly joined: boolean;
		readonly invite?: Invite;
		readonly greeting?: string;
		readonly answers?: RequestId;
	},
): Promise<ConversationId> {
	const id = directConversationId(contact.account);
	const now = engine.clock.now();
	const begun = beginDirect({ other: contact.account, ...formed, joined: how.joined, now });
	const draft = new Draft(id, begun, formed.group, engine.store);
	const queue = (content: ConversationContent) => {
		const item = { messageId: engine.random(16) as MessageId, sentAt: engine.clock.now(), content };
		return queueContent(draft, item, "message", account.keys.key);
	};
	draft.tx.put(keys.contact(accountIdOf(contact.account)), encodeContact(contact));
	draft.tx.put(keys.conversation(id), encodeMeta(begun.meta));
	draft.tx.put(keys.line(id), encodeConversationState(begun.state));
	draft.tx.put(keys.summary(id), encodeSummary(begun.summary));
	await putNewGroup(engine.store, draft.tx, id, formed.group);
	const event = how.joined ? "contactAdded" : undefined;
	if (event !== undefined)
		await draft.putRow(orderOf(0, 0, 0), {
			kind: "event",
			id: `met-${now}`,
			at: now,
			event,
			account: contact.account,
		});
	await queue({ type: "ringAddress", address: await account.memberRingAddress() });
	if (how.greeting !== undefined && how.greeting.trim() !== "") await queue({ type: "text", text: how.greeting });
	const inviteKey = keys.invite(id, bytesToBase64url(engine.random(8)));
	if (how.invite !== undefined) draft.tx.put(inviteKey, encodeInvite(how.invite));
	if (how.answers !== undefined) draft.tx.delete(keys.request(how.answers));
	const held: Held = await draft.commit();
	people.keepContact(contact);
	if (how.answers !== undefined) people.forgetRequest(how.answers);
	directory.add(id, held);
	const purpose: Purpose = { cause: { kind: "contact", title: contact.name } };
	if (how.invite !== undefined) inviter.start(inviteKey, how.invite, purpose);
	engine.changed();
	return id;
}
