import type { CallRecordView, HistoryItem } from "@sotto/client";

/** Where an item stands; `me` is one's own name. */
export type ItemPlace = { readonly conversation: string; readonly title: string; readonly me: string };

/** A history item as the JSON line of `history` and `listen`. Times are milliseconds since 1970. */
export function itemJson(place: ItemPlace, item: HistoryItem): { readonly [key: string]: unknown } {
	const { conversation, title, me } = place;
	switch (item.kind) {
		case "message": {
			const { id, author, mine, text, sentAt, state } = item;
			return { type: "message", id, conversation, title, from: mine ? me : author.name, mine, text, sentAt, state };
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
				at: item.at,
			};
	}
}

/** The same for people. */
export function itemText(item: HistoryItem): string {
	switch (item.kind) {
		case "message": {
			const mark = { sending: " (waiting to be sent)", sent: "", failed: " (not sent)" }[item.state];
			return `${timeText(item.sentAt)}  ${item.mine ? "you" : item.author.name}: ${item.text}${mark}`;
		}
		case "call":
			return `${timeText(item.startedAt)}  ${callText(item)}`;
		case "event":
			return `${timeText(item.at)}  ${eventText(item.event, item.person?.name ?? "somebody")}`;
	}
}

function callText({ direction, outcome, video, durationMs }: CallRecordView): string {
	const seconds = Math.round(durationMs / 1000);
	const talk = durationMs > 0 ? `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
	return `${direction} ${video ? "video call" : "call"}, ${outcome}${talk}`;
}

function eventText(event: (HistoryItem & { kind: "event" })["event"], person: string): string {
	const texts = {
		contactAccepted: `${person} accepted; you are in contact`,
		contactAdded: `${person} is here`,
		deviceJoined: `a device of ${person} joined`,
		nameChanged: `${person} has a new name`,
		forkAlarm: "the server showed you and others different histories",
		successor: "this conversation goes on in a new group",
		groupCreated: `${person} made this group`,
		groupRenamed: `${person} changed the name`,
		pictureChanged: `${person} changed the picture`,
		personAdded: `${person} was added`,
		personRemoved: `${person} was removed`,
		personLeft: `${person} left`,
		madeAdmin: `${person} is an admin now`,
		madeMember: `${person} is no admin any more`,
		deviceRemoved: `a device of ${person} was removed`,
		deviceEvicted: `a device of ${person} was away too long and was put out`,
		deviceReadmitted: `a device of ${person} was let in again`,
		misbehaved: `${person} sent something that the rules forbid`,
	} as const;
	return texts[event];
}

function timeText(at: number): string {
	return new Date(at).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
}
