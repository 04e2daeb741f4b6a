import { frameOf, isJoined, join, leaveJoined, reconnecting } from "./leaving.ts";
import { changeCall, isOver, lineCallOf, stay } from "./line.ts";
import { type CallInput, type CallState, type CallStep } from "./state.ts";
import { endsForAll } from "./user.ts";
import { settleOver } from "./waking.ts";

type Input<K extends CallInput["kind"]> = Extract<CallInput, { kind: K }>;

export function mediaConnected(state: CallState, input: Input<"connected">, now: number): CallStep {
	const { session } = state;
	const { others } = input;
	// Who is verified and heard in the call's room has answered, even if the log does not say so yet.
	if (session.phase === "ringingOut" && session.callId === input.callId && others > 0)
		return stay(connected(changeCall(state, session.callId, { answered: true }), session, now, others));
	if (!isJoined(session) || session.callId !== input.callId) return stay(state);
	if (session.phase === "connected") return stay({ ...state, session: { ...session, others } });
	// Of two, nobody heard is no call. In a group one may wait in the room for the others.
	const isDirect = lineCallOf(state, session.callId)?.line.direct !== false;
	if (others === 0 && isDirect) return stay(state);
	return stay(connected(state, session, now, others));
}

type Connecting = Extract<CallState["session"], { phase: "ringingOut" | "joining" | "reconnecting" }>;

function connected(state: CallState, session: Connecting, now: number, others: number): CallState {
	const since = session.phase === "reconnecting" ? session.connectedAt : now;
	const counted = session.phase === "ringingOut" || session.counted;
	return { ...state, session: { phase: "connected", ...frameOf(session), since, aliveAt: now, counted, others } };
}

export function mediaLost(state: CallState, input: Input<"lost">, now: number): CallStep {
	const { session } = state;
	if (session.phase !== "connected" || session.callId !== input.callId) return stay(state);
	return stay({ ...state, session: reconnecting(session, now, now) });
}

export function mediaFailed(state: CallState, input: Input<"mediaFailed">, now: number): CallStep {
	const { session } = state;
	if (!isJoined(session) || session.callId !== input.callId) return stay(state);
	return leaveJoined(state, session, now, "failed", endsForAll(state, session));
}

/** What a look into the room of the call before ours showed (K1): somebody is joined, nobody for 30 s makes it over. */
export function probed(state: CallState, input: Input<"probed">, now: number): CallStep {
	const found = lineCallOf(state, input.callId);
	const { session } = state;
	if (found === undefined || session.phase !== "checking" || session.conversation !== found.line.conversation)
		return stay(state);
	const { call, line } = found;
	if (input.found === "somebody" && !isOver(call, now)) {
		const direction = call.caller?.device === "other" ? ("incoming" as const) : ("outgoing" as const);
		const { callId, video } = call;
		const frame = { callId, asked: session.callId, conversation: line.conversation, direction, video };
		return join(state, { ...frame, startedAt: now }, now, true);
	}
	if (input.found !== "nobody") return stay(state);
	return settleOver(changeCall(state, call.callId, { nobodySince: call.nobodySince ?? now }), line, now);
}
