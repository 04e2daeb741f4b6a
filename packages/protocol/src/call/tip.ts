import { frameOf, isActive, isInCall, isJoined, join, leave, leaveJoined, recordOf, remember } from "./leaving.ts";
import { andThen, changeCall, isOver, lineOf, stay, takeForOver, withEffects, withLine } from "./line.ts";
import { decided, missed } from "./said.ts";
import {
	type ActiveSession,
	type CallInput,
	type CallLine,
	type CallState,
	type CallStep,
	type JoinerCall,
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
	if (call.quiet) return stay(changeCall(state, callId, { ring: "decided" }));
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
	const { quiet, since, giveUpAt } = session;
	const nextProbeAt = now + roomProbeMs;
	return lookFirst(state, { phase: "checking", ...frameOf(session), quiet, since, giveUpAt, nextProbeAt });
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

/**
 * This device entered the conversation and was told of its call (C1): it takes the keys of the position at which it entered, and
 * sees that the call goes on. From here on it counts with everybody else.
 */
export function entered(state: CallState, input: Input<"entered">, now: number): CallStep {
	const { conversation, direct, call } = input;
	const hasKeys = call !== undefined && !call.over && call.hasRoom;
	const current: LineCall | undefined = call && {
		callId: call.callId,
		caller: undefined,
		video: call.video,
		at: now,
		sentAt: now,
		live: false,
		ring: "decided",
		quiet: false,
		answered: call.answered,
		over: call.over ? "said" : hasKeys ? "no" : "taken",
		m: call.m,
		roomM: call.roomM,
		hasKeys,
		nobodySince: undefined,
	};
	const stopping = stopped(state, { kind: "stopped", conversation }, now);
	return andThen(stopping, (next) => {
		const line = withLine(next, { conversation, direct, current });
		if (call === undefined || !hasKeys) return stay(line);
		const { callId, m, roomM } = call;
		return withEffects(line, { kind: "takeBase", conversation, callId, m, room: m === roomM });
	});
}

/** What to tell somebody who was added by the commit that was just processed. */
export function callForJoiner(state: CallState, conversation: string): JoinerCall | undefined {
	const call = lineOf(state, conversation).current;
	if (call === undefined) return undefined;
	const { callId, video, m, roomM, hasKeys } = call;
	const answered = call.answered || call.quiet;
	return { callId, video, over: call.over === "said", answered, m, roomM, hasRoom: hasKeys };
}

/** The conversation carries nothing any more, here: it stopped, or this device was removed. Its call ends at once, with its keys. */
export function stopped(state: CallState, input: Input<"stopped">, now: number): CallStep {
	const { session } = state;
	const { conversation } = input;
	const left =
		isActive(session) && session.conversation === conversation ? leaveStopped(state, session, now) : stay(state);
	return andThen(left, (next) => {
		const call = lineOf(next, conversation).current;
		return call === undefined ? stay(next) : takeForOver(next, call.callId);
	});
}

function leaveStopped(state: CallState, session: ActiveSession, now: number): CallStep {
	if (isJoined(session)) return leaveJoined(state, session, now, "failed", false);
	return session.phase === "ringingIn"
		? leave(state, session, now, { reason: "missed", outcome: "missed" })
		: leave(state, session, now, { reason: "failed", outcome: "failed" });
}
