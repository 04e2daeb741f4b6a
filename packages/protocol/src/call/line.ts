import type { CallKey } from "./messages.ts";
import {
	type CallEffect,
	type CallLine,
	type CallState,
	type CallStep,
	callKeysMs,
	type LineCall,
	roomGoneMs,
	unansweredMs,
} from "./state.ts";

export const stay = (state: CallState): CallStep => ({ state, effects: [] });

/** Goes on from a step with another one; the effects keep their order. */
export function andThen(first: CallStep, next: (state: CallState) => CallStep): CallStep {
	const second = next(first.state);
	return { state: second.state, effects: [...first.effects, ...second.effects] };
}

export function withEffects(state: CallState, ...effects: readonly CallEffect[]): CallStep {
	return { state, effects };
}

export function lineOf(state: CallState, conversation: string): CallLine {
	const found = state.lines.find((line) => line.conversation === conversation);
	return found ?? { conversation, direct: true, current: undefined };
}

export function withLine(state: CallState, line: CallLine): CallState {
	const others = state.lines.filter((other) => other.conversation !== line.conversation);
	return { ...state, lines: [...others, line] };
}

/** The call of this name, if it is still the one that counts in its conversation. */
export function lineCallOf(
	state: CallState,
	callId: CallKey,
): { readonly line: CallLine; readonly call: LineCall } | undefined {
	const line = state.lines.find((candidate) => candidate.current?.callId === callId);
	return line?.current === undefined ? undefined : { line, call: line.current };
}

export function changeCall(state: CallState, callId: CallKey, change: Partial<LineCall>): CallState {
	const found = lineCallOf(state, callId);
	return found === undefined ? state : withLine(state, { ...found.line, current: { ...found.call, ...change } });
}

/**
 * K1: over by a message; by this client's own judgement; because nobody was in its room for 30 s; because nobody ever
 * answered; or because its keys are gone (K2). A caller that crashed must not block tomorrow's call.
 */
export function isOver(call: LineCall, now: number): boolean {
	if (call.over !== "no") return true;
	if (!call.answered && !call.quiet && now - call.at >= unansweredMs) return true;
	if (call.nobodySince !== undefined && now - call.nobodySince >= roomGoneMs) return true;
	return now - call.at >= callKeysMs;
}

/** This client takes the call for over, and its keys go. */
export function takeForOver(state: CallState, callId: CallKey): CallStep {
	const found = lineCallOf(state, callId);
	if (found === undefined) return withEffects(state, { kind: "dropBases", callId });
	const over = found.call.over === "no" ? ("taken" as const) : found.call.over;
	const next = changeCall(state, callId, { over, hasKeys: false, ring: "decided" });
	return found.call.hasKeys ? withEffects(next, { kind: "dropBases", callId }) : stay(next);
}

/** A call that goes on in this conversation without this device, and that it could join. */
export function ongoingCall(state: CallState, conversation: string, now: number): LineCall | undefined {
	const call = lineOf(state, conversation).current;
	if (call === undefined || isOver(call, now) || !call.hasKeys || !(call.answered || call.quiet)) return undefined;
	const { session } = state;
	return session.phase !== "idle" && session.phase !== "ended" && session.callId === call.callId ? undefined : call;
}
