import type { MessageItem } from "@sotto/client";
import { mentionParts } from "./mentions.ts";

/** A message's words, with the names it mentions set off. */
export function MentionedText({ item, me }: { readonly item: MessageItem; readonly me: string }) {
	if (item.mentions.length === 0) return item.text;
	return mentionParts(item.text, item.mentions).map(({ text, person }, place) =>
		person === undefined ? (
			text
		) : (
			// Parts stand in the order of the text, which never changes.
			// oxlint-disable-next-line react/no-array-index-key
			<span key={place} className="mention" data-me={person.account === me ? "" : undefined}>
				{text}
			</span>
		),
	);
}
