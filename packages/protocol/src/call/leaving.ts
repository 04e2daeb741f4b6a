import { andThen, changeCall, lineCallOf, takeForOver, withEffects } from "./line.ts";
import {
	type ActiveSession,
	type CallEffect,
	type CallOutcome,
	type CallRecord,
	type CallSession,
	type CallState,
	type CallStep,
	type EndReason,
	type Frame,
	type JoinedSession,
} from "./state.ts";

export function isActive(session: CallSession): session is ActiveSession {
	return session.phase !== "idle" && session.phase !== "ended";
}

/** Whether a button that names `callId` means this session: by its call, or by the start of ours that was merged into it. */
export function isMeant(session: CallSession, callId: string): session is ActiveSession {
	return isActive(session) && (session.callId === callId || session.asked === callId);
}

/** The lasting part of a session, without what belongs to its phase. */
export function frameOf({ callId, asked, conversation, direction, video, startedAt }: Frame): Frame {
	return { callId, asked, conversation, direction, video, startedAt };
}

/** How long the two could hear each other. A call that was lost counts until it was. */
export function durationOf(session: ActiveSession, now: number): number {
	if (session.phase === "connected") return Math.max(0, now - session.since);
	if (session.phase === "reconnecting") return Math.max(0, session.since - session.connectedAt);
	return 0;
}

export function recordOf(session: ActiveSession, outcome: CallRecord["outcome"], now: number): CallEffect {
	const { callId, conversation, direction, video, startedAt } = session;
	const durationMs = durationOf(session, now);
	return { kind: "record", record: { callId, conversation, direction, outcome, video, startedAt, durationMs } };
}

/**
 * The session ends, once, with one outcome. In a conversation of two the call is over with it; in a group it goes on without
 * this device, which keeps the keys to come back.
 */
export function leave(
	state: CallState,
	session: ActiveSession,
	now: number,
	end: {
		readonly reason: EndReason;
		readonly outcome: CallOutcome;
		/** Says that the call is over. */
		readonly tell?: boolean;
		/** Another own device carries it on: even of two it is not over. */
		readonly isMoved?: boolean;
	},
): CallStep {
	const { callId } = session;
	const durationMs = durationOf(session, now);
	const ended: CallSession = { phase: "ended", ...frameOf(session), at: now, durationMs, reason: end.reason };
	const effects: CallEffect[] = [recordOf(session, end.outcome, now)];
	if (end.tell === true)
		effects.push({ kind: "send", conversation: session.conversation, content: { type: "callEnded", callId } });
	const left = withEffects({ ...state, session: ended }, ...effects);
	const found = lineCallOf(state, callId);
	const endsHere = found?.line.direct !== false && end.isMoved !== true;
	const isOverNow = found === undefined || endsHere || end.tell === true || found.call.over !== "no";
	return isOverNow ? andThen(left, (next) => takeForOver(next, callId)) : left;
}

/** How the end of a call that this device had taken is written down: by its being answered, not by how it was lost. */
export function leaveJoined(
	state: CallState,
	session: Extract<ActiveSession, { phase: "joining" | "connected" | "reconnecting" }>,
	now: number,
	reason: "hungUp" | "remoteHungUp" | "failed",
	tell: boolean,
): CallStep {
	if (session.phase !== "joining") return leave(state, session, now, { reason, outcome: "answered", tell });
	if (reason === "failed") return leave(state, session, now, { reason, outcome: "failed", tell });
	if (reason === "remoteHungUp" && session.direction === "incoming" && !session.counted)
		return leave(state, session, now, { reason: "missed", outcome: "missed", tell });
	return leave(state, session, now, { reason, outcome: "answered", tell });
}

/** Into the room of a call that counts: `asked` is the losing start of ours that becomes part of it (K1). */
export function join(state: CallState, frame: Frame, now: number, answer: boolean): CallStep {
	const { callId, conversation } = frame;
	const joining: ActiveSession = {
		phase: "joining",
		...frameOf(frame),
		since: now,
		aliveAt: now,
		counted: !answer,
	};
	const effects: CallEffect[] = [recordOf(joining, "ongoing", now)];
	if (answer) effects.push({ kind: "send", conversation, content: { type: "callAnswered", callId } });
	const next = changeCall({ ...state, session: joining, rang: remember(state, callId) }, callId, {
		ring: "decided",
		nobodySince: undefined,
	});
	return withEffects(next, ...effects);
}

export function reconnecting(
	session: Extract<JoinedSession, { phase: "connected" }>,
	since: number,
	now: number,
): Extract<JoinedSession, { phase: "reconnecting" }> {
	const { counted } = session;
	return { phase: "reconnecting", ...frameOf(session), since, connectedAt: session.since, aliveAt: now, counted };
}

export function isJoined(session: CallState["session"]): session is JoinedSession {
	return session.phase === "joining" || session.phase === "connected" || session.phase === "reconnecting";
}

export function isInCall(state: CallState, callId: string): boolean {
	const { session } = state;
	return isActive(session) && session.callId === callId;
}

/** The names that rang, were called or settled here: enough of them that nobody can make one ring again. */
export function remember(state: CallState, callId: string): readonly string[] {
	return [...state.rang.filter((known) => known !== callId), callId].slice(-256);
}
