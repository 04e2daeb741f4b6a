/** What scenes are made of: messages, calls, events, conversations. */
import type {
	CallItem,
	CallRecordView,
	ConversationEvent,
	ConversationView,
	EventItem,
	MessageItem,
	PersonView,
} from "@sotto/client";
import { ada, hours, now } from "./people.ts";

let serial = 0;
export const nextId = () => {
	serial += 1;
	return `item ${serial}`;
};

export const says = (author: PersonView, at: number, text: string, change: Partial<MessageItem> = {}): MessageItem => ({
	kind: "message",
	id: nextId(),
	author,
	mine: author.account === "me",
	text,
	mentions: [],
	mentionsMe: false,
	sentAt: at,
	state: "sent",
	...change,
});

export const happened = (
	at: number,
	event: ConversationEvent,
	person: PersonView,
	by?: PersonView,
	text?: string,
): EventItem => ({ kind: "event", id: nextId(), at, event, person, by, text });

export const record = (change: Partial<CallRecordView>): CallRecordView => ({
	call: nextId(),
	conversation: "ada",
	title: ada.name,
	direction: "incoming",
	outcome: "answered",
	video: false,
	startedAt: now - hours(2),
	durationMs: 252_000,
	...change,
});

export const called = (change: Partial<CallRecordView>): CallItem => ({
	kind: "call",
	id: nextId(),
	...record(change),
});

export const conversation = (person: PersonView, change: Partial<ConversationView>): ConversationView => ({
	id: person.account,
	kind: "direct",
	title: person.name,
	people: [person],
	members: [],
	myRole: "admin",
	pictureId: undefined,
	phase: "active",
	alarm: undefined,
	last: undefined,
	unread: 0,
	mentioned: false,
	ongoingCall: undefined,
	...change,
});
