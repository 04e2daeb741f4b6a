import { frameOf, isActive, isJoined, join, leave, leaveJoined, remember } from "./leaving.ts";
import { andThen, changeCall, lineCallOf, lineOf, stay, takeForOver, withEffects, withLine } from "./line.ts";
import type { CallWords } from "./messages.ts";
import {
	type ActiveSession,
	type CallInput,
	type CallSession,
	type CallState,
	type CallStep,
	type LineCall,
	ringingMs,
} from "./state.ts";

type Said = Extract<CallInput, { kind: "said" }>;
type SaidOf<K extends CallWords["type"]> = Said & { readonly content: Extract<CallWords, { type: K }> };

/** A record about calls, in the log's order. What names a call that does not count is void. */
export function said(state: CallState, input: Said, now: number): CallStep {
	const { content } = input;
	switch (content.type) {
		case "callStarted":
			return saidStarted(state, { ...input, content }, now);
		case "callAnswered":
			return saidAnswered(state, { ...input, content }, now);
		case "callDeclined":
			return saidDeclined(state, { ...input, content }, now);
		case "callEnded":
			return saidEnded(state, { ...input, content }, now);
	}
}

/** K1: a start becomes the call iff it names the current one as its predecessor. Otherwise it is glare. */
function saidStarted(state: CallState, input: SaidOf<"callStarted">, now: number): CallStep {
	const line = lineOf(state, input.conversation);
	const { callId, previous } = input.content;
	if (previous !== line.current?.callId || callId === line.current?.callId) return lostStart(state, input, now);
	const call: LineCall = {
		callId,
		caller: input.author,
		video: input.content.video,
		at: now,
		sentAt: input.sentAt,
		live: input.live,
		ring: input.author.device === "other" ? "waiting" : "decided",
		quiet: input.content.quiet,
		answered: false,
		over: "no",
		m: 0,
		roomM: 0,
		hasKeys: true,
		nobodySince: undefined,
	};
	return andThen(succeed(state, input, now), (next) =>
		andThen(
			withEffects(withLine(next, { conversation: input.conversation, direct: input.direct, current: call }), {
				kind: "takeBase",
				conversation: input.conversation,
				callId,
				m: 0,
				room: true,
			}),
			(counted) => startCounts(counted, input, now),
		),
	);
}

/** What the call before this one leaves behind: its author took it for over. */
function succeed(state: CallState, input: SaidOf<"callStarted">, now: number): CallStep {
	const line = lineOf(state, input.conversation);
	const before = line.current;
	if (before === undefined) return stay(state);
	const { session } = state;
	// Somebody I hear now cannot be the one who took our call for over: this call goes on, the new one finds me busy.
	const keeps = session.phase === "connected" && session.callId === before.callId;
	if (keeps) return stay(state);
	const unrung = before.ring === "waiting" ? missed(state, line.conversation, before) : stay(state);
	return andThen(
		andThen(unrung, (next) => endFor(next, before, now)),
		(next) => takeForOver(next, before.callId),
	);
}

function endFor(state: CallState, before: LineCall, now: number): CallStep {
	const { session } = state;
	if (!isActive(session) || session.callId !== before.callId) return stay(state);
	switch (session.phase) {
		case "ringingIn":
			return leave(state, session, now, { reason: "missed", outcome: "missed" });
		case "joining":
		case "reconnecting":
			return leaveJoined(state, session, now, "remoteHungUp", false);
		// Each took the other for gone and called: both want to talk, so on the tip this device joins the new call.
		case "ringingOut":
		case "checking":
		case "starting":
		case "connected":
			return stay(state);
	}
}

/** The start counts. Whose is it, and what was this device doing? What somebody else started is looked at on the tip. */
function startCounts(state: CallState, input: SaidOf<"callStarted">, now: number): CallStep {
	const { session } = state;
	const { conversation, author, content } = input;
	if (author.device === "other") return stay(state);
	if (author.device === "ownOther") {
		const asks = session.phase === "checking" || session.phase === "starting";
		const ours = asks && session.conversation === conversation;
		return ours ? leave(state, session, now, { reason: "elsewhere", outcome: "cancelled" }) : stay(state);
	}
	if (session.phase === "starting" && session.callId === content.callId)
		return ringOut(state, session, input.people, now);
	// Given up before it counted: said so at once, so that it rings nowhere for long.
	return andThen(
		withEffects(state, { kind: "send", conversation, content: { type: "callEnded", callId: content.callId } }),
		(next) => takeForOver(next, content.callId),
	);
}

function ringOut(
	state: CallState,
	session: Extract<CallSession, { phase: "starting" }>,
	called: readonly string[],
	now: number,
): CallStep {
	// Nobody is rung: its author is in it, and waits for whoever joins.
	if (session.quiet) return join(state, session, now, false);
	const ringing: ActiveSession = {
		phase: "ringingOut",
		...frameOf(session),
		since: now,
		giveUpAt: now + ringingMs,
		called,
		refusals: [],
	};
	const { callId, conversation, video, startedAt } = session;
	return withEffects(
		{ ...state, session: ringing, rang: remember(state, callId) },
		{
			kind: "record",
			record: { callId, conversation, direction: "outgoing", outcome: "ongoing", video, startedAt, durationMs: 0 },
		},
	);
}

/** K1: the author of a losing start joins the current call, and everybody knows that it does. */
function lostStart(state: CallState, input: SaidOf<"callStarted">, now: number): CallStep {
	const { session } = state;
	const current = lineOf(state, input.conversation).current;
	if (input.author.device === "other") {
		const isAnswer = session.phase === "ringingOut" && session.callId === current?.callId;
		return isAnswer ? theyJoin(state, session, now) : stay(state);
	}
	const isOurs = session.phase === "starting" && session.callId === input.content.callId;
	if (!isOurs || input.author.device !== "thisDevice" || current?.callId === session.callId) return stay(state);
	// What it lost to may be over by the tip: there it is decided, see `settleGlare`.
	return stay({ ...state, session: { ...session, lost: true } });
}

function theyJoin(state: CallState, session: Extract<CallSession, { phase: "ringingOut" }>, now: number): CallStep {
	const next = changeCall(state, session.callId, { answered: true });
	return join(next, session, now, false);
}

function saidAnswered(state: CallState, input: SaidOf<"callAnswered">, now: number): CallStep {
	const found = lineCallOf(state, input.content.callId);
	if (found === undefined || found.line.conversation !== input.conversation || found.call.over === "said")
		return stay(state);
	const { call } = found;
	const next = changeCall(state, call.callId, { answered: true });
	const { session } = state;
	if (input.author.device === "ownOther" && call.ring === "waiting")
		return takenElsewhere(next, input.conversation, call, "answered");
	if (!isActive(session) || session.callId !== call.callId) return stay(next);
	if (session.phase === "ringingOut" && input.author.device === "other") return theyJoin(next, session, now);
	if (isJoined(session) && input.author.device === "thisDevice")
		return stay({ ...next, session: { ...session, counted: true } });
	return input.author.device === "ownOther" ? takenOver(next, session, now) : stay(next);
}

/** Another own device answers, or the user moves the call to it: the newest word of an account says where it is. */
function takenOver(state: CallState, session: ActiveSession, now: number): CallStep {
	const end = { reason: "elsewhere", outcome: "answered", isMoved: true } as const;
	switch (session.phase) {
		case "ringingIn":
		case "ringingOut":
			return leave(state, session, now, end);
		case "joining":
		case "connected":
		case "reconnecting":
			return session.counted ? leave(state, session, now, end) : stay(state);
		case "checking":
		case "starting":
			return stay(state);
	}
}

function saidDeclined(state: CallState, input: SaidOf<"callDeclined">, now: number): CallStep {
	const { callId, reason } = input.content;
	const found = lineCallOf(state, callId);
	if (found === undefined || found.line.conversation !== input.conversation || found.call.over === "said")
		return stay(state);
	const { session } = state;
	if (input.author.device === "ownOther") {
		if (found.call.ring === "waiting") return takenElsewhere(state, input.conversation, found.call, reason);
		const rings = session.phase === "ringingIn" && session.callId === callId;
		return rings ? leave(state, session, now, { reason: "elsewhere", outcome: reason }) : stay(state);
	}
	if (session.phase !== "ringingOut" || session.callId !== callId || input.author.device !== "other")
		return stay(state);
	const { account } = input.author;
	if (!session.called.includes(account)) return stay(state);
	const refusals = [...session.refusals.filter((refusal) => refusal.account !== account), { account, reason }];
	const isAll = session.called.every((called) => refusals.some((refusal) => refusal.account === called));
	if (!isAll) return stay({ ...state, session: { ...session, refusals } });
	const why = refusals.some((refusal) => refusal.reason === "declined") ? "declined" : "busy";
	return leave(state, session, now, { reason: why, outcome: why, tell: !found.line.direct });
}

function saidEnded(state: CallState, input: SaidOf<"callEnded">, now: number): CallStep {
	const { callId } = input.content;
	const found = lineCallOf(state, callId);
	const ofLine = found !== undefined && found.line.conversation === input.conversation;
	const unrung = ofLine && found.call.ring === "waiting" ? missed(state, input.conversation, found.call) : stay(state);
	const marked = ofLine
		? andThen(unrung, (next) => takeForOver(changeCall(next, callId, { over: "said" }), callId))
		: unrung;
	return andThen(marked, (next) => theyEnded(next, input, now));
}

function theyEnded(state: CallState, input: SaidOf<"callEnded">, now: number): CallStep {
	const { session } = state;
	const isOurs = isActive(session) && session.callId === input.content.callId;
	if (!isOurs || session.conversation !== input.conversation) return stay(state);
	switch (session.phase) {
		case "ringingIn":
			return leave(state, session, now, { reason: "missed", outcome: "missed" });
		case "ringingOut":
			return leave(state, session, now, { reason: "declined", outcome: "declined" });
		case "joining":
		case "connected":
		case "reconnecting":
			return leaveJoined(state, session, now, "remoteHungUp", false);
		case "checking":
		case "starting":
			return stay(state);
	}
}

/** Over before it was decided whether it rings. */
export function missed(state: CallState, conversation: string, call: LineCall): CallStep {
	return decided(state, conversation, call, "missed");
}

/** Another device of the account settled it before this one had read so far. */
function takenElsewhere(
	state: CallState,
	conversation: string,
	call: LineCall,
	outcome: "answered" | "declined" | "busy",
): CallStep {
	return decided(state, conversation, call, outcome);
}

/** An incoming call that does not ring here: its one record. */
export function decided(
	state: CallState,
	conversation: string,
	call: LineCall,
	outcome: "answered" | "declined" | "busy" | "missed",
): CallStep {
	const { callId, video, sentAt } = call;
	const next = changeCall(state, callId, { ring: "decided" });
	// Nobody was rung by it, so nobody missed it.
	const isUnasked = call.quiet && outcome === "missed";
	if (isUnasked || state.rang.includes(callId)) return stay(next);
	return withEffects(
		{ ...next, rang: remember(state, callId) },
		{
			kind: "record",
			record: { callId, conversation, direction: "incoming", outcome, video, startedAt: sentAt, durationMs: 0 },
		},
	);
}
