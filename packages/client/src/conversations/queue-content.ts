import type { Urgency } from "@sotto/api";
import type { AccountKey } from "@sotto/crypto";
import type { ContentItem } from "@sotto/protocol";
import { itemIdOf, orderOfQueued } from "../store/keys.ts";
import type { Draft } from "./draft.ts";

/** Puts a user message of one's own into the queue, with its row if it is shown (C5). */
export async function queueContent(
	draft: Draft,
	item: ContentItem,
	urgency: Urgency,
	account: AccountKey,
): Promise<void> {
	const n = draft.addQueued({ item, urgency });
	if (item.content.type !== "text") return;
	await draft.putRow(orderOfQueued(n), {
		kind: "message",
		id: itemIdOf(account, item.messageId),
		messageId: item.messageId,
		account,
		mine: true,
		text: item.content.text,
		...(item.content.mentions && { mentions: item.content.mentions }),
		sentAt: item.sentAt,
		state: "sending",
	});
}
