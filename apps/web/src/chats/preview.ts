import type { AccountId, CallRecordView, ConversationView, EventItem } from "@sotto/client";
import { durationWords } from "../words/format.ts";
import { words } from "../words/index.ts";

/** A call in one line, from the point of view of this person. */
export function callWords(call: CallRecordView): string {
	switch (call.outcome) {
		case "answered":
			return words.calls.answered(durationWords(call.durationMs));
		case "missed":
			return words.calls.missed;
		case "declined":
			return call.direction === "incoming" ? words.calls.declinedByYou : words.calls.declined;
		case "cancelled":
			return call.direction === "incoming" ? words.calls.missed : words.calls.cancelled;
		case "ongoing":
			return words.calls.ongoing;
		case "busy":
			return words.calls.busy;
		case "noAnswer":
			return call.direction === "incoming" ? words.calls.missed : words.calls.noAnswer;
		case "failed":
			return words.calls.failed;
	}
}

/** Whether somebody tried and this person did not get it. */
export function isMissed(call: CallRecordView): boolean {
	return call.direction === "incoming" && ["missed", "cancelled", "noAnswer"].includes(call.outcome);
}

export function callTitle(call: CallRecordView): string {
	if (isMissed(call)) return call.video ? words.calls.missedVideoFrom : words.calls.missedFrom;
	if (call.direction === "outgoing") return call.video ? words.calls.outgoingVideo : words.calls.outgoingAudio;
	return call.video ? words.calls.incomingVideo : words.calls.incomingAudio;
}

/** What kind of call it was; the arrow beside it shows whose. */
export function callName(call: CallRecordView): string {
	if (isMissed(call)) return call.video ? words.calls.missedVideo : words.calls.missedAudio;
	return call.video ? words.calls.video : words.calls.audio;
}

/** An event in one sentence, for the one whose account is `me`. */
export function eventWords({ event, person, by, text }: EventItem, me: AccountId): string {
	return words.events[event]({
		person: person?.name ?? words.somebody,
		by: by?.name,
		isMe: person?.account === me,
		byMe: by?.account === me,
		text: text ?? "",
	});
}

/** Room is short in a list: the first word of a name, which is the whole of one that has no spaces. */
const firstName = (name: string) => name.split(" ", 1)[0] ?? name;

/** The last line of a conversation in the list. */
export function previewText(conversation: ConversationView, me: AccountId): string {
	const { last } = conversation;
	if (last === undefined) return conversation.phase === "asked" ? words.chats.asked : "";
	switch (last.kind) {
		case "message":
			if (last.mine) return words.chats.mine(last.text);
			return conversation.kind === "group" ? words.chats.theirs(firstName(last.author.name), last.text) : last.text;
		case "call":
			return last.outcome === "answered" ? words.calls.talked(durationWords(last.durationMs)) : callTitle(last);
		case "event":
			return eventWords(last, me);
	}
}
