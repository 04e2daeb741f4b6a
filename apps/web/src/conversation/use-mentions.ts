import type { AccountId, ConversationView, PersonView } from "@sotto/client";
import { type KeyboardEvent, type RefObject, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { completeMention, mentionable, mentionBefore, mentionsIn } from "./mentions.ts";

const shownMost = 8;

export type Mentions = {
	/** Whom one may mean now; empty while nobody is being mentioned. */
	readonly found: readonly PersonView[];
	readonly chosen: number;
	readonly choose: (person: PersonView) => void;
	/** Tells where the caret is, after anything that may have moved it. */
	readonly track: () => void;
	/** Whether the key was for the list of people, and is done with. */
	readonly takesKey: (event: KeyboardEvent) => boolean;
	/** Whom these words mention. */
	readonly mentionedIn: (words: string) => readonly AccountId[];
};

type Field = RefObject<HTMLTextAreaElement | null>;

/** Mentioning people of a group while one writes. */
export function useMentions(
	{ kind, people }: ConversationView,
	field: Field,
	text: string,
	write: (text: string) => void,
): Mentions {
	const [caret, setCaret] = useState(0);
	const [place, setPlace] = useState(0);
	/** Where the "@" stands whose list was closed with Escape. */
	const [closedAt, setClosedAt] = useState<number>();
	const picked = useRef(new Set<AccountId>());
	const typed = kind === "group" ? mentionBefore(text, caret) : undefined;
	const found =
		typed === undefined || typed.at === closedAt ? [] : mentionable(people, typed.query).slice(0, shownMost);
	const chosen = Math.min(place, Math.max(0, found.length - 1));

	const choose = (person: PersonView) => {
		if (typed === undefined) return;
		picked.current.add(person.account);
		const completed = completeMention(text, caret, typed.at, person);
		// The caret can move only once the words are in the field, and must have moved before the next key.
		flushSync(() => {
			write(completed.text);
			setCaret(completed.caret);
			setPlace(0);
		});
		field.current?.focus();
		field.current?.setSelectionRange(completed.caret, completed.caret);
	};
	const takesKey = (event: KeyboardEvent): boolean => {
		const person = found[chosen];
		if (person === undefined || event.nativeEvent.isComposing) return false;
		if (event.key === "ArrowDown") setPlace((chosen + 1) % found.length);
		else if (event.key === "ArrowUp") setPlace((chosen + found.length - 1) % found.length);
		else if (event.key === "Enter" || event.key === "Tab") choose(person);
		else if (event.key === "Escape") setClosedAt(typed?.at);
		else return false;
		event.preventDefault();
		return true;
	};
	return {
		found,
		chosen,
		choose,
		takesKey,
		track: () => {
			setCaret(field.current?.selectionStart ?? 0);
			if (typed === undefined) setClosedAt(undefined);
		},
		mentionedIn: (words) => (kind === "group" ? mentionsIn(words, people, picked.current) : []),
	};
}
