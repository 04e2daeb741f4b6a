import type { CallRecordView, EventItem, HistoryItem, PersonView, RequestView } from "@sotto/client";

/** Where an item stands; `me` is one's own name. */
export type ItemPlace = { readonly conversation: string; readonly title: string; readonly me: string };

/** A history item as the JSON line of `history` and `listen`. Times are milliseconds since 1970. */
export function itemJson(place: ItemPlace, item: HistoryItem): { readonly [key: string]: unknown } {
	const { conversation, title, me } = place;
	switch (item.kind) {
		case "message": {
			const { id, author, mine, text, sentAt, state, mentionsMe } = item;
			const from = mine ? me : author.name;
			return { type: "message", id, conversation, title, from, mine, text, mentionsMe, sentAt, state };
		}
		case "call": {
			const { id, direction, outcome, video, startedAt, durationMs } = item;
			return { type: "call", id, conversation, title, direction, outcome, video, startedAt, durationMs };
		}
		case "event":
			return {
				type: "event",
				id: item.id,
				conversation,
				title,
				event: item.event,
				person: item.person?.name,
				by: item.by?.name,
				text: item.text,
				at: item.at,
			};
	}
}

/** The same for people. */
export function itemText(item: HistoryItem): string {
	switch (item.kind) {
		case "message": {
			const mark = { sending: " (waiting to be sent)", sent: "", failed: " (not sent)" }[item.state];
			return `${timeText(item.sentAt)}  ${item.mine ? "you" : nameOf(item.author)}: ${item.text}${mark}`;
		}
		case "call":
			return `${timeText(item.startedAt)}  ${callText(item)}`;
		case "event":
			return `${timeText(item.at)}  ${eventText(item)}`;
	}
}

function callText({ direction, outcome, video, durationMs }: CallRecordView): string {
	const seconds = Math.round(durationMs / 1000);
	const talk = durationMs > 0 ? `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
	return `${direction} ${video ? "video call" : "call"}, ${outcome}${talk}`;
}

function eventText({ event, person: about, by, text }: EventItem): string {
	const person = nameOf(about);
	const actor = by === undefined ? person : nameOf(by);
	// What an admin did to another names both; else the person did it, or nobody says who.
	const done = (passive: string, active: string) => (by === undefined ? `${person} ${passive}` : `${actor} ${active}`);
	const texts = {
		contactAccepted: `${person} accepted; you are in contact`,
		contactAdded: `${person} is here`,
		deviceJoined: `a device of ${person} joined`,
		nameChanged: `${person} has a new name`,
		forkAlarm: "the server showed you and others different histories",
		successor: "this conversation goes on in a new group",
		groupCreated: `${actor} made this group`,
		groupRenamed: `${actor} named the group ${text ?? ""}`,
		pictureChanged: `${actor} changed the picture`,
		personAdded: done("was added", `added ${person}`),
		personRemoved: done("was removed", `removed ${person}`),
		// Whoever carries a leave out (C9) is not its author.
		personLeft: `${person} left`,
		madeAdmin: done("is an admin now", `made ${person} an admin`),
		madeMember: done("is no admin any more", `took the role of admin from ${person}`),
		deviceRemoved: `a device of ${person} was removed`,
		deviceEvicted: `a device of ${person} was away too long and was put out`,
		deviceReadmitted: `a device of ${person} was let in again`,
		misbehaved: `${person} sent something that the rules forbid`,
	} as const;
	return texts[event];
}

/** A request as the JSON line of `requests` and `listen`; `group` only where it is an invitation into one. */
export function requestJson({ id, person, greeting, at, group }: RequestView): { readonly [key: string]: unknown } {
	return { id, name: person.name, account: person.account, greeting, at, group };
}

/** What somebody asks for. */
export function requestText({ person, group }: RequestView): string {
	if (group === undefined) return `${person.name} asks for contact`;
	return `${person.name} asks you into the group ${group.name} (${group.people} people)`;
}

/** Who is not in contact has no name here before their first word. */
export function nameOf(person: PersonView | undefined): string {
	return person === undefined || person.name === "" ? "somebody" : person.name;
}

function timeText(at: number): string {
	return new Date(at).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
}
