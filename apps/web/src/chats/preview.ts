import type { CallRecordView, ConversationView, HistoryItem } from "@sotto/client";
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

/** An event in one sentence. */
export function eventWords(item: HistoryItem & { readonly kind: "event" }): string {
	return words.events[item.event](item.person?.name ?? words.events.somebody);
}

/** The last line of a conversation in the list. */
export function previewText(conversation: ConversationView): string {
	const { last } = conversation;
	if (last === undefined) return conversation.phase === "asked" ? words.chats.asked : "";
	switch (last.kind) {
		case "message":
			return last.mine ? words.chats.mine(last.text) : last.text;
		case "call":
			return last.outcome === "answered" ? words.calls.talked(durationWords(last.durationMs)) : callTitle(last);
		case "event":
			return eventWords(last);
	}
}
