import { isActive, isMeant, join, leave, leaveJoined } from "./leaving.ts";
import { isOver, lineCallOf, lineOf, ongoingCall, stay, withEffects, withLine } from "./line.ts";
import {
	type ActiveSession,
	type CallInput,
	type CallSession,
	type CallState,
	type CallStep,
	ringingMs,
	roomProbeMs,
} from "./state.ts";

type Input<K extends CallInput["kind"]> = Extract<CallInput, { kind: K }>;

/** "Start call": the first one, or over one that is over, or into one that may go on (K1). */
export function start(state: CallState, input: Input<"start">, now: number): CallStep {
	if (isActive(state.session)) return stay(state);
	const line = { ...lineOf(state, input.conversation), direct: input.direct };
	const next = withLine(state, line);
	const frame = {
		callId: input.callId,
		asked: undefined,
		conversation: input.conversation,
		direction: "outgoing" as const,
		video: input.video,
		quiet: input.quiet && !input.direct,
		startedAt: now,
		since: now,
		giveUpAt: now + ringingMs,
	};
	const goesOn = line.current !== undefined && !isOver(line.current, now);
	if (!goesOn) return begin(next, { phase: "starting", lost: false, ...frame });
	return lookFirst(next, { phase: "checking", ...frame, nextProbeAt: now + roomProbeMs });
}

/** Writes the start, taking whatever was before for over. Before it counts nothing rings and no key exists. */
export function begin(state: CallState, session: Extract<ActiveSession, { phase: "starting" }>): CallStep {
	const { conversation, callId, video, quiet } = session;
	const previous = lineOf(state, conversation).current?.callId;
	const content = { type: "callStarted" as const, callId, previous, video, quiet };
	return withEffects({ ...state, session }, { kind: "send", conversation, content });
}

export function lookFirst(state: CallState, session: Extract<CallSession, { phase: "checking" }>): CallStep {
	const { conversation } = session;
	const current = lineOf(state, conversation).current;
	if (current === undefined) return stay(state);
	return withEffects({ ...state, session }, { kind: "probe", conversation, callId: current.callId });
}

/** "Join": into the call that goes on without this device. Another own device that was in it hears of it and lets go. */
export function joinOngoing(state: CallState, input: Input<"join">, now: number): CallStep {
	const call = ongoingCall(state, input.conversation, now);
	if (call === undefined || isActive(state.session)) return stay(state);
	const { callId, video, caller } = call;
	const direction = caller?.device === "other" || caller === undefined ? ("incoming" as const) : ("outgoing" as const);
	const frame = { callId, asked: undefined, conversation: input.conversation, direction, video, startedAt: now };
	return join(state, frame, now, true);
}

export function answer(state: CallState, input: Input<"answer">, now: number): CallStep {
	const { session } = state;
	if (session.phase !== "ringingIn" || session.callId !== input.callId) return stay(state);
	return join(state, session, now, true);
}

export function decline(state: CallState, input: Input<"decline">, now: number): CallStep {
	const { session } = state;
	if (session.phase !== "ringingIn" || session.callId !== input.callId) return stay(state);
	const { conversation, callId } = session;
	const left = leave(state, session, now, { reason: "declined", outcome: "declined" });
	const said = { kind: "send", conversation, content: { type: "callDeclined", callId, reason: "declined" } } as const;
	const text = input.message?.trim() ?? "";
	return {
		state: left.state,
		effects: [...left.effects, said, ...(text === "" ? [] : [{ kind: "sendText", conversation, text } as const])],
	};
}

export function hangUp(state: CallState, input: Input<"hangUp">, now: number): CallStep {
	const { session } = state;
	if (!isMeant(session, input.callId)) return stay(state);
	switch (session.phase) {
		// The start may still be on its way: when it counts, it is ended at once (see `saidStarted`).
		case "checking":
		case "starting":
			return leave(state, session, now, { reason: "cancelled", outcome: "cancelled" });
		case "ringingOut":
			return leave(state, session, now, { reason: "cancelled", outcome: "cancelled", tell: true });
		case "ringingIn":
			return decline(state, { kind: "decline", callId: session.callId }, now);
		case "joining":
		case "connected":
		case "reconnecting":
			return leaveJoined(state, session, now, "hungUp", endsForAll(state, session));
	}
}

/** Of two, either ends the call. In a group the last one does, or its caller while nobody has come. */
export function endsForAll(state: CallState, session: ActiveSession): boolean {
	const found = lineCallOf(state, session.callId);
	// Another call took its place in the order while this one went on: those in it still learn that we left.
	if (found === undefined) return true;
	if (found.call.over === "said") return false;
	const isUnjoined = found.call.caller?.device === "thisDevice" && !found.call.answered;
	return found.line.direct || isUnjoined || (session.phase === "connected" && session.others === 0);
}
