import type { ConversationView, ReadyView, RequestView } from "@sotto/client";
import { Refused } from "../command.ts";

/** The conversation with this id, or else with exactly this title or contact's name (upper and lower case count alike). */
export function findConversation(view: ReadyView, name: string): ConversationView {
	const byId = view.conversations.find((conversation) => conversation.id === name);
	if (byId !== undefined) return byId;
	const wanted = fold(name);
	return onlyOne(
		view.conversations.filter(({ title, people, kind }) => {
			return fold(title) === wanted || (kind === "direct" && people.some((person) => fold(person.name) === wanted));
		}),
		name,
		"conversation",
		"sotto conversations",
	);
}

/** The request with this id, or else from the one person of this name. */
export function findRequest(view: ReadyView, name: string): RequestView {
	const byId = view.requests.find((request) => request.id === name);
	if (byId !== undefined) return byId;
	const wanted = fold(name);
	const byName = view.requests.filter(({ person }) => fold(person.name) === wanted);
	return onlyOne(byName, name, "request", "sotto requests");
}

function onlyOne<T extends { readonly id: string }>(found: readonly T[], name: string, what: string, list: string): T {
	const [first] = found;
	if (first === undefined) throw new Refused(`There is no ${what} '${name}'. See: ${list}`);
	if (found.length > 1) {
		const ids = found.map(({ id }) => `  ${id}`).join("\n");
		throw new Refused(`There are ${found.length} of the name '${name}'. Say which by its id:\n${ids}`);
	}
	return first;
}

function fold(name: string): string {
	return name.normalize("NFC").trim().toLocaleLowerCase("en");
}
