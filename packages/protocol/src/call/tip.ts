import { frameOf, isActive, isInCall, isJoined, join, leave, leaveJoined, recordOf, remember } from "./leaving.ts";
import { andThen, changeCall, isOver, lineOf, stay, takeForOver, withEffects, withLine } from "./line.ts";
import { decided, missed } from "./said.ts";
import {
	type ActiveSession,
	type CallInput,
	type CallLine,
	type CallState,
	type CallStep,
	type LineCall,
	ringingMs,
	roomProbeMs,
} from "./state.ts";
import { begin, lookFirst } from "./user.ts";

type Input<K extends CallInput["kind"]> = Extract<CallInput, { kind: K }>;

/**
 * The log was read to its tip: only now is it decided whether a waiting call rings, so that a start and its end in one batch
 * ring nobody.
 */
export function tip(state: CallState, input: Input<"tip">, now: number): CallStep {
	const { conversation } = input;
	return andThen(decideRing(state, lineOf(state, conversation), now), (next) =>
		settleGlare(next, lineOf(next, conversation), now),
	);
}

function decideRing(state: CallState, line: CallLine, now: number): CallStep {
	const call = line.current;
	if (call?.ring !== "waiting") return stay(state);
	const { callId, video } = call;
	const { conversation } = line;
	const { session } = state;
	const isLive = call.live && now - call.at <= ringingMs;
	const over = (step: CallStep) => (line.direct ? andThen(step, (next) => takeForOver(next, callId)) : step);
	if (!isLive || call.over !== "no" || state.rang.includes(callId)) return over(missed(state, conversation, call));
	if (asksFor(session, conversation)) return joinInstead(state, session, call, now);
	if (isActive(session)) {
		const busy = decided(state, conversation, call, "busy");
		const said = { type: "callDeclined", callId, reason: "busy" } as const;
		return over({ ...busy, effects: [...busy.effects, { kind: "send", conversation, content: said }] });
	}
	const ringing: ActiveSession = {
		phase: "ringingIn",
		callId,
		asked: undefined,
		conversation,
		direction: "incoming",
		video,
		startedAt: now,
		since: now,
		giveUpAt: now + ringingMs,
	};
	const next = changeCall({ ...state, session: ringing }, callId, { ring: "decided" });
	return withEffects({ ...next, rang: remember(state, callId) }, recordOf(ringing, "ongoing", now));
}

type Asking = Extract<ActiveSession, { phase: "checking" | "starting" | "ringingOut" }>;

function asksFor(session: CallState["session"], conversation: string): session is Asking {
	const asks = session.phase === "checking" || session.phase === "starting" || session.phase === "ringingOut";
	return asks && session.conversation === conversation;
}

/** Glare, or somebody who took our ringing call for over and calls back: both want to talk, and this is the call that counts. */
function joinInstead(state: CallState, session: Asking, call: LineCall, now: number): CallStep {
	const { conversation, callId: asked } = session;
	const { callId, video } = call;
	const direction = call.caller?.device === "thisDevice" ? ("outgoing" as const) : ("incoming" as const);
	const left =
		session.phase === "ringingOut"
			? leave(state, session, now, { reason: "noAnswer", outcome: "noAnswer" })
			: stay(state);
	return andThen(left, (next) =>
		join(next, { callId, asked, conversation, direction, video, startedAt: now }, now, true),
	);
}

/** What this device asked for and what counts now are different calls, and nothing is left to wait for. */
function settleGlare(state: CallState, line: CallLine, now: number): CallStep {
	const { session } = state;
	const { current, conversation } = line;
	if (!asksFor(session, conversation) || session.callId === current?.callId) return stay(state);
	// Our ringing call was taken for over by a start that did not last either.
	if (session.phase === "ringingOut") return leave(state, session, now, { reason: "noAnswer", outcome: "noAnswer" });
	if (session.phase !== "starting" || !session.lost) return stay(state);
	// It counted nowhere, so its name is still unused: the same start goes again, after the call that it lost to.
	if (current === undefined || isOver(current, now)) return begin(state, { ...session, lost: false });
	if (current.caller?.device === "ownOther")
		return leave(state, session, now, { reason: "elsewhere", outcome: "cancelled" });
	const { since, giveUpAt } = session;
	return lookFirst(state, { phase: "checking", ...frameOf(session), since, giveUpAt, nextProbeAt: now + roomProbeMs });
}

/** K2: counted by everybody alike until the call is said to be over; keys are taken while this device may need them. */
export function membership(state: CallState, input: Input<"membership">): CallStep {
	const { conversation, removal } = input;
	const call = lineOf(state, conversation).current;
	if (call === undefined || call.over === "said") return stay(state);
	const { callId } = call;
	const m = call.m + 1;
	const next = changeCall(state, callId, { m, roomM: removal ? m : call.roomM });
	if (!call.hasKeys) return stay(next);
	const taken = withEffects(next, { kind: "takeBase", conversation, callId, m, room: removal });
	if (!isInCall(state, callId)) return taken;
	return { ...taken, effects: [...taken.effects, { kind: "mediaChanged", callId }] };
}

export function entered(state: CallState, input: Input<"entered">, now: number): CallStep {
	const { conversation, lastCall } = input;
	const stopping = stopped(state, { kind: "stopped", conversation }, now);
	const current: LineCall | undefined =
		lastCall === undefined
			? undefined
			: {
					callId: lastCall,
					caller: undefined,
					video: false,
					at: now,
					sentAt: now,
					live: false,
					ring: "decided",
					answered: false,
					over: "said",
					m: 0,
					roomM: 0,
					hasKeys: false,
					nobodySince: undefined,
				};
	const { direct } = lineOf(state, conversation);
	return andThen(stopping, (next) => stay(withLine(next, { conversation, direct, current })));
}

export function stopped(state: CallState, input: Input<"stopped">, now: number): CallStep {
	const { session } = state;
	if (!isActive(session) || session.conversation !== input.conversation) return stay(state);
	if (isJoined(session)) return leaveJoined(state, session, now, "failed", false);
	return session.phase === "ringingIn"
		? leave(state, session, now, { reason: "missed", outcome: "missed" })
		: leave(state, session, now, { reason: "failed", outcome: "failed" });
}
