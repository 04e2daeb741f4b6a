import { base64urlToBytes, equalBytes, err, ok } from "@sotto/bytes";
import type { AccountKey } from "@sotto/crypto";
import type { Conversation } from "./conversations/conversation.ts";
import type { Directory } from "./conversations/directory.ts";
import type { EngineContext } from "./context.ts";
import type { People } from "./contacts/people.ts";
import type { ConversationHost } from "./conversation-host.ts";
import type { ConversationId, PersonView } from "./sdk.ts";

/** The engine's conversations, as what lives in them sees them. */
export function createHost(engine: EngineContext, directory: () => Directory, people: People): ConversationHost {
	const find = (id: ConversationId): Conversation | undefined => directory().get(id);
	const { clock, random, store, connectivity, transport } = engine;
	return {
		clock,
		random,
		store,
		connectivity,
		transport,
		serverUrl: engine.services.baseUrl,
		send: async (id, content, { urgency, write }) =>
			(await find(id)?.send(content, urgency, write)) ?? err({ kind: "notFound" }),
		withdraw: async (id, messageId) =>
			(await find(id)?.withdraw((candidate) => equalBytes(candidate, messageId))) ?? false,
		members: (id) => find(id)?.members() ?? [],
		title: (id) => titleOf(find(id), people),
		kind: (id) => kindOf(find(id)?.held.meta.kind),
		people: (id) => peopleOf(find(id), people),
		isBlocked: (account) => people.isBlocked(account),
		position: (id) => find(id)?.position(),
		headAt: async (id, logId, seq) => find(id)?.headAt(logId, seq),
		reportFork: async (id, by) => {
			const account = base64urlToBytes(by, 64);
			await find(id)?.reportFork(account.ok ? (account.value as AccountKey) : undefined);
		},
		signWithLeaf: async (id, label, message) => find(id)?.signWithLeaf(label, message),
		verifyLeaf: async (id, leaf, label, message, signature) =>
			(await find(id)?.verifyLeaf(leaf, label, message, signature)) ?? false,
		exportSecret: async (id, label, context) => find(id)?.exportSecret(label, context),
		readToTip: async (id) => (await find(id)?.readToTip()) ?? err({ kind: "notFound" }),
		record: async (id, rows, write) => {
			const conversation = find(id);
			if (conversation === undefined) return err({ kind: "notFound" });
			await conversation.record(rows, write);
			return ok();
		},
		note: (entries) => engine.ledger.note(entries),
		background: engine.background,
		changed: engine.changed,
		emit: engine.emit,
	};
}

/** No app and no call meets the conversation of the own devices. */
export function kindOf(kind: "direct" | "group" | "own" | undefined): "direct" | "group" {
	return kind === "group" ? "group" : "direct";
}

/** Everybody in a conversation but oneself. */
export function peopleOf(conversation: Conversation | undefined, people: People): readonly PersonView[] {
	return (conversation?.held.meta.people ?? []).map((account) => people.personOfKey(account));
}

/** The name a conversation goes by: the other person's, the group's, or its members'. */
export function titleOf(conversation: Conversation | undefined, people: People): string {
	if (conversation === undefined) return "";
	const { meta } = conversation.held;
	if (meta.name !== undefined) return meta.name;
	return peopleOf(conversation, people)
		.map(({ name }) => name)
		.join(", ");
}
