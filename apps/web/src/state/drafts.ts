/** Unsent words per conversation. In memory only: on disk they would lie unsealed beside sealed messages. */
import type { ConversationId } from "@sotto/client";

const drafts = new Map<ConversationId, string>();

export const draftOf = (conversation: ConversationId): string => drafts.get(conversation) ?? "";

export function keepDraft(conversation: ConversationId, text: string): void {
	if (text === "") drafts.delete(conversation);
	else drafts.set(conversation, text);
}
