import type { ConversationView, DeviceView, MemberView, PersonView, ReadyView, RequestView } from "@sotto/client";
import { Refused } from "../command.ts";
import { type OpenProfile, readyView } from "./open-profile.ts";

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

/** The same; looks on the server if the name is unknown here: it may have come with a request or a rename that was not fetched yet. */
export async function findAfterSync(profile: OpenProfile, name: string): Promise<ConversationView> {
	const view = await readyView(profile);
	try {
		return findConversation(view, name);
	} catch (error) {
		const synced = await profile.client.sync();
		if (!synced.ok) throw error;
		return findConversation(await readyView(profile), name);
	}
}

/** The group of this name or id, and nothing else. */
export function findGroup(view: ReadyView, name: string): ConversationView {
	const group = findConversation(view, name);
	if (group.kind !== "group") throw new Refused(`${group.title} is one person, not a group. See: sotto conversations`);
	return group;
}

/** The contact with this account id, or else of this name. */
export function findContact(view: ReadyView, name: string): PersonView {
	const contacts = view.conversations.filter(({ kind }) => kind === "direct").flatMap(({ people }) => people);
	return findPerson(contacts, name, "contact", "sotto contacts");
}

/** The member of a group with this account id, or else of this name. */
export function findMember(group: ConversationView, name: string): MemberView {
	return findPerson(group.members, name, `member of ${group.title}`, `sotto group members ${group.id}`);
}

function findPerson<P extends PersonView>(people: readonly P[], name: string, what: string, list: string): P {
	const wanted = fold(name);
	const byId = people.find(({ account }) => account === name);
	const byName = people.filter((person) => fold(person.name) === wanted);
	const found = byId === undefined ? byName : [byId];
	return onlyOne(
		found.map((person) => ({ id: person.account, person })),
		name,
		what,
		list,
	).person;
}

/** The request with this id, or else from the one person of this name. */
export function findRequest(view: ReadyView, name: string): RequestView {
	const byId = view.requests.find((request) => request.id === name);
	if (byId !== undefined) return byId;
	const wanted = fold(name);
	const byName = view.requests.filter(({ person }) => fold(person.name) === wanted);
	return onlyOne(byName, name, "request", "sotto requests");
}

/** The device of the account with this id, or else of this name. */
export function findDevice(view: ReadyView, name: string): DeviceView {
	const byId = view.devices.find((device) => device.id === name);
	if (byId !== undefined) return byId;
	const wanted = fold(name);
	const byName = view.devices.filter((device) => fold(device.name) === wanted);
	return onlyOne(byName, name, "device", "sotto device list");
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
