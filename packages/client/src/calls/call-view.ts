import type { CallRecord, CallSession } from "@sotto/protocol";
import type { ConversationHost } from "../conversation-host.ts";
import type { CallRecordView, CallView } from "../sdk.ts";
import type { StoredRecord } from "./call-store.ts";

/**
 * The call as the app sees it. Its key is the one that the user's own start got, even if that start lost to another call (K1):
 * to the user it is one call from the click to its end.
 */
export function callViewOf(session: CallSession, host: ConversationHost): CallView | undefined {
	if (session.phase === "idle") return undefined;
	const { conversation, direction, video } = session;
	return {
		call: viewKeyOf(session),
		conversation,
		title: host.title(conversation),
		kind: host.kind(conversation),
		people: host.people(conversation),
		direction,
		video,
		phase: phaseOf(session),
	};
}

export function viewKeyOf(session: Exclude<CallSession, { phase: "idle" }>): string {
	return session.asked ?? session.callId;
}

function phaseOf(session: Exclude<CallSession, { phase: "idle" }>): CallView["phase"] {
	switch (session.phase) {
		case "checking":
		case "starting":
		case "ringingOut":
		case "ringingIn":
			return { name: "ringing", since: session.since, giveUpAt: session.giveUpAt };
		case "joining":
			return { name: "joining", since: session.since };
		case "connected":
			return { name: "connected", since: session.since };
		case "reconnecting":
			return { name: "reconnecting", since: session.since, connectedAt: session.connectedAt };
		case "ended":
			return { name: "ended", at: session.at, durationMs: session.durationMs, reason: session.reason };
	}
}

export function storedRecordOf({ callId, ...record }: CallRecord): StoredRecord {
	return { call: callId, ...record };
}

export function recordViewOf(record: StoredRecord, host: ConversationHost): CallRecordView {
	return { ...record, title: host.title(record.conversation) };
}

/** The call's place in the conversation's history: one row, replaced as the call goes on. */
export function callItemOf(callId: string): string {
	return `call-${callId}`;
}
