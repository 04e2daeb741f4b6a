import { frameOf, isActive, isInCall, isJoined, leave, leaveJoined, reconnecting } from "./leaving.ts";
import { andThen, isOver, lineCallOf, lineOf, stay, takeForOver } from "./line.ts";
import {
	type ActiveSession,
	aliveMs,
	type CallLine,
	type CallState,
	type CallStep,
	callKeysMs,
	comeBackMs,
	endedMs,
	type JoinedSession,
	joiningMs,
	reconnectingMs,
	roomGoneMs,
	roomProbeMs,
	unansweredMs,
} from "./state.ts";
import { begin, endsForAll, lookFirst } from "./user.ts";

/** Drops the keys of calls that turned out to be over, and begins what waited for that. */
export function settleOver(state: CallState, line: CallLine, now: number): CallStep {
	const call = lineOf(state, line.conversation).current;
	if (call === undefined || call.ring === "waiting" || !isOver(call, now)) return stay(state);
	if (isInCall(state, call.callId)) return stay(state);
	return andThen(takeForOver(state, call.callId), (next) => {
		const { session } = next;
		const isChecking = session.phase === "checking" && session.conversation === line.conversation;
		return isChecking ? begin(next, startingOf(session)) : stay(next);
	});
}

function startingOf(session: Extract<ActiveSession, { phase: "checking" }>) {
	const { quiet, since, giveUpAt } = session;
	return { phase: "starting" as const, ...frameOf(session), quiet, since, giveUpAt, lost: false };
}

export function wake(state: CallState, now: number): CallStep {
	const lines = state.lines.map((line) => line.conversation);
	return lines.reduce(
		(step, conversation) => andThen(step, (next) => settleOver(next, lineOf(next, conversation), now)),
		wakeSession(state, now),
	);
}

function wakeSession(state: CallState, now: number): CallStep {
	const { session } = state;
	switch (session.phase) {
		case "idle":
			return stay(state);
		case "ended":
			return now >= session.at + endedMs ? stay({ ...state, session: { phase: "idle" } }) : stay(state);
		case "checking":
			return now < session.giveUpAt ? lookAgain(state, session, now) : giveUp(state, session, now);
		case "starting":
			return now < session.giveUpAt ? stay(state) : giveUp(state, session, now);
		case "ringingOut":
			if (now < session.giveUpAt) return stay(state);
			return leave(state, session, now, { reason: "noAnswer", outcome: "noAnswer", tell: true });
		case "ringingIn":
			if (now < session.giveUpAt) return stay(state);
			return leave(state, session, now, { reason: "missed", outcome: "missed" });
		case "joining":
		case "connected":
		case "reconnecting":
			return wakeJoined(state, session, now);
	}
}

function giveUp(state: CallState, session: ActiveSession, now: number): CallStep {
	return leave(state, session, now, { reason: "failed", outcome: "failed" });
}

function lookAgain(state: CallState, session: Extract<ActiveSession, { phase: "checking" }>, now: number): CallStep {
	if (now < session.nextProbeAt) return stay(state);
	return lookFirst(state, { ...session, nextProbeAt: now + roomProbeMs });
}

function wakeJoined(state: CallState, session: JoinedSession, now: number): CallStep {
	const call = lineCallOf(state, session.callId)?.call;
	if (call !== undefined && now >= call.at + callKeysMs)
		return leaveJoined(state, session, now, "hungUp", endsForAll(state, session));
	const isLost =
		(session.phase === "joining" && now >= session.since + joiningMs) ||
		(session.phase === "reconnecting" && now >= session.since + reconnectingMs);
	if (isLost) return leaveJoined(state, session, now, "failed", endsForAll(state, session));
	return now >= session.aliveAt + aliveMs ? stay({ ...state, session: { ...session, aliveAt: now } }) : stay(state);
}

/** A reload in mid-call comes back by itself; yesterday's call does not. */
export function restarted(state: CallState, now: number): CallStep {
	const { session } = state;
	if (!isActive(session) || !isJoined(session)) return wake(state, now);
	// A clock that was set back by much says nothing of how long it was.
	if (Math.abs(now - session.aliveAt) > comeBackMs) {
		const lost = session.phase === "connected" ? reconnecting(session, session.aliveAt, now) : session;
		return andThen(leaveJoined(state, lost, now, "failed", endsForAll(state, lost)), (next) => wake(next, now));
	}
	const back: ActiveSession =
		session.phase === "connected"
			? reconnecting(session, session.aliveAt, now)
			: { ...session, since: session.phase === "joining" ? now : session.since, aliveAt: now };
	return wake({ ...state, session: back }, now);
}

/** When "wake" has something to do next; undefined if never. */
export function nextWakeAt(state: CallState): number | undefined {
	const times = [...sessionWakes(state), ...state.lines.flatMap((line) => lineWakes(state, line))];
	return times.length === 0 ? undefined : Math.min(...times);
}

function sessionWakes(state: CallState): readonly number[] {
	const { session } = state;
	switch (session.phase) {
		case "idle":
			return [];
		case "ended":
			return [session.at + endedMs];
		case "checking":
			return [session.giveUpAt, session.nextProbeAt];
		case "starting":
		case "ringingOut":
		case "ringingIn":
			return [session.giveUpAt];
		case "joining":
			return [session.since + joiningMs, session.aliveAt + aliveMs];
		case "connected":
			return [session.aliveAt + aliveMs];
		case "reconnecting":
			return [session.since + reconnectingMs, session.aliveAt + aliveMs];
	}
}

function lineWakes(state: CallState, line: CallLine): readonly number[] {
	const call = line.current;
	if (call === undefined || call.ring === "waiting" || call.over !== "no") return [];
	if (isInCall(state, call.callId)) return [call.at + callKeysMs];
	const wakes = [call.at + (call.answered || call.quiet ? callKeysMs : unansweredMs)];
	if (call.nobodySince !== undefined) wakes.push(call.nobodySince + roomGoneMs);
	return wakes;
}
