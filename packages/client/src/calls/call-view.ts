import { type CallRecord, type CallSession, type CallState, lineCallOf } from "@sotto/protocol";
import type { ConversationHost } from "../conversation-host.ts";
import type { CallRecordView, CallView } from "../sdk.ts";
import type { StoredRecord } from "./call-store.ts";

/**
 * The call as the app sees it. Its key is the one that the user's own start got, even if that start lost to another call (K1):
 * to the user it is one call from the click to its end.
 */
export function callViewOf(state: CallState, host: ConversationHost): CallView | undefined {
	const { session } = state;
	if (session.phase === "idle") return undefined;
	const { conversation, direction, video } = session;
	const people = host.people(conversation);
	const caller = lineCallOf(state, session.callId)?.call.caller;
	return {
		call: viewKeyOf(session),
		conversation,
		title: host.title(conversation),
		kind: host.kind(conversation),
		people,
		caller: caller?.device === "other" ? people.find(({ account }) => account === caller.account) : undefined,
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
