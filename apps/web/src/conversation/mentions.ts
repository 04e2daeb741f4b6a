/** "@Ada Lovelace" in a text: found while it is typed, found again when it is sent, shown as a name. Pure. */
import type { AccountId, PersonView } from "@sotto/client";

const longestQuery = 40;

/** What is being typed after the last "@" before the caret, and where that stands; undefined if nobody is being mentioned. */
export function mentionBefore(
	text: string,
	caret: number,
): { readonly at: number; readonly query: string } | undefined {
	const before = text.slice(0, caret);
	const at = before.lastIndexOf("@");
	// "ada@example.org" mentions nobody.
	if (at < 0 || (at > 0 && !/[\s(]/u.test(before.charAt(at - 1)))) return undefined;
	const query = before.slice(at + 1);
	return query.length > longestQuery || /[\n@]/.test(query) ? undefined : { at, query };
}

/** People one of whose names begins with what was typed. */
export function mentionable(people: readonly PersonView[], query: string): readonly PersonView[] {
	const wanted = query.toLocaleLowerCase();
	return people.filter(({ name }) => {
		const whole = name.toLocaleLowerCase();
		return whole.startsWith(wanted) || (wanted !== "" && whole.split(/\s+/u).some((part) => part.startsWith(wanted)));
	});
}

/** The text with the mention completed, and where the caret goes. */
export function completeMention(text: string, caret: number, at: number, person: PersonView) {
	const rest = text.slice(caret);
	const inserted = `@${person.name}${rest.startsWith(" ") ? "" : " "}`;
	return { text: text.slice(0, at) + inserted + rest, caret: at + inserted.length };
}

export type TextPart = { readonly text: string; readonly person: PersonView | undefined };

/** The text in parts, in order: mentions with whom they name, and what stands between. Of two that fit the longer name wins. */
export function mentionParts(text: string, people: readonly PersonView[]): readonly TextPart[] {
	const byLength = people.filter(({ name }) => name !== "").toSorted((a, b) => b.name.length - a.name.length);
	const parts: TextPart[] = [];
	let from = 0;
	for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
		if (at < from) continue;
		const person = byLength.find(({ name }) => text.startsWith(name, at + 1));
		if (person === undefined) continue;
		if (at > from) parts.push({ text: text.slice(from, at), person: undefined });
		from = at + 1 + person.name.length;
		parts.push({ text: text.slice(at, from), person });
	}
	if (from < text.length) parts.push({ text: text.slice(from), person: undefined });
	return parts;
}

/** Whom a text mentions. Of several people with one name those who were picked from the list count, if any was. */
export function mentionsIn(
	text: string,
	people: readonly PersonView[],
	picked: ReadonlySet<AccountId>,
): readonly AccountId[] {
	const names = new Set(mentionParts(text, people).flatMap(({ person }) => person?.name ?? []));
	return [...names].flatMap((name) => {
		const namesakes = people.filter((person) => person.name === name).map(({ account }) => account);
		const chosen = namesakes.filter((account) => picked.has(account));
		return chosen.length > 0 ? chosen : namesakes;
	});
}
