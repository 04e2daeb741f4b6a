import { type Bytes, equalBytes } from "@sotto/bytes";
import type { Alarm, ConversationState, Place } from "./state.ts";

/** How the server's tip of a log compares with what this device has read and received of it (L4, C8). */
export type TipCheck =
	| { readonly kind: "consistent" }
	/** The server is behind: it was restored from an older backup. Records `from` to `to` go to it again, in order (L4). */
	| { readonly kind: "serverLost"; readonly from: number; readonly to: number }
	/** Another record stands where this device has read one: nothing can heal that (C8, C10). */
	| { readonly kind: "forked"; readonly seq: number; readonly ours: Bytes; readonly stated: Bytes };

/**
 * Compares the server's tip with this device's place and the head it computed over the records just received. `oursAtTip` is
 * this device's own head at the server's tip, where it still knows one.
 */
export function checkTip(read: Place, received: Place, tip: Place, oursAtTip: Bytes | undefined): TipCheck {
	if (tip.seq < read.seq) {
		if (oursAtTip !== undefined && !equalBytes(oursAtTip, tip.head))
			return { kind: "forked", seq: tip.seq, ours: oursAtTip, stated: tip.head };
		return { kind: "serverLost", from: tip.seq + 1, to: read.seq };
	}
	if (received.seq === tip.seq && !equalBytes(received.head, tip.head))
		return { kind: "forked", seq: tip.seq, ours: received.head, stated: tip.head };
	return { kind: "consistent" };
}

/**
 * Nothing of a history that is not the one this device has read is followed: the conversation stops, with the alarm, and what
 * it holds stays as it is.
 */
export function stopAtFork(state: ConversationState, alarm: Alarm): ConversationState {
	return { ...state, stop: { kind: "forked", by: undefined }, alarm: state.alarm ?? alarm };
}

/** The server shows the history again that this device has read: nothing was taken of the other, so it goes on. */
export function resumeAfterFork(state: ConversationState): ConversationState {
	if (state.stop?.kind !== "forked") return state;
	return { ...state, stop: undefined, alarm: lastingAlarm(state) };
}

/** What a member signed stays known, whatever befalls this device's own place in the conversation; what only the server showed ends with it (C8). */
export function lastingAlarm({ alarm }: ConversationState): Alarm | undefined {
	return alarm?.kind === "forked" && alarm.by !== undefined ? alarm : undefined;
}
