import type { AttachEvent, AttachRequest, Urgency } from "@sotto/api";
import { type Bytes, unreachable } from "@sotto/bytes";

/** Clients ping this often; the notifier closes who is silent for a minute. */
export const pingEveryMs = 20_000;
/** How long an answer to a ping, or to the attach itself, may take before the line counts as dead. */
export const answerWithinMs = 10_000;
/** The same after the network changed or the process slept: the line is probably dead, and waiting costs a call. */
export const answerAfterChangeMs = 4_000;
const backoff = { firstMs: 500, lastMs: 30_000 };

/** A device's line to the notifier: heartbeat, backoff and resume. Nothing of it is stored. */
export type AttachState =
	| { readonly phase: "stopped" }
	| { readonly phase: "waiting"; readonly failures: number; readonly retryAt: number; readonly since: number }
	| { readonly phase: "connecting"; readonly failures: number; readonly giveUpAt: number; readonly since: number }
	| { readonly phase: "attached"; readonly pingAt: number; readonly answerBy: number | undefined };

export type AttachInput =
	| { readonly kind: "start" }
	| { readonly kind: "opened" }
	| { readonly kind: "event"; readonly event: AttachEvent }
	| { readonly kind: "closed" }
	| { readonly kind: "woke" }
	| { readonly kind: "network"; readonly change: "online" | "offline" | "resumed" }
	| { readonly kind: "stop" };

export type AttachEffect =
	| { readonly kind: "connect" }
	| { readonly kind: "close" }
	| { readonly kind: "send"; readonly request: AttachRequest }
	| { readonly kind: "wakeAt"; readonly at: number }
	/** The line stands: everything that may have come while it did not is read now (R3). */
	| { readonly kind: "attached" }
	| { readonly kind: "lost" }
	| { readonly kind: "rung"; readonly hint: Bytes; readonly urgency: Urgency };

export type AttachStep = { readonly state: AttachState; readonly effects: readonly AttachEffect[] };

export const startAttach: AttachState = { phase: "stopped" };

/**
 * One step of the line. `wakeCap` is what `attach` shows; `chance` (0 to 1) spreads the reconnects of many clients after a
 * server's restart.
 */
export function stepAttach(
	state: AttachState,
	input: AttachInput,
	now: number,
	context: { readonly wakeCap: Bytes; readonly chance: number },
): AttachStep {
	switch (input.kind) {
		case "start":
			return state.phase === "stopped" ? connect(now, 0, now) : { state, effects: [] };
		case "stop":
			return { state: { phase: "stopped" }, effects: state.phase === "stopped" ? [] : [{ kind: "close" }] };
		case "opened":
			if (state.phase !== "connecting") return { state, effects: [] };
			return { state, effects: [{ kind: "send", request: { type: "attach", wakeCap: context.wakeCap, denied: [] } }] };
		case "event":
			return onEvent(state, input.event, now, context.chance);
		case "closed":
			return state.phase === "stopped" || state.phase === "waiting"
				? { state, effects: [] }
				: retry(state, now, context.chance, []);
		case "woke":
			return onWoke(state, now, context.chance);
		case "network":
			return onNetwork(state, input.change, now);
		default:
			return unreachable(input);
	}
}

function connect(now: number, failures: number, since: number): AttachStep {
	const giveUpAt = now + answerWithinMs;
	const state = { phase: "connecting" as const, failures, giveUpAt, since };
	return { state, effects: [{ kind: "connect" }, { kind: "wakeAt", at: giveUpAt }] };
}

function retry(state: AttachState, now: number, chance: number, effects: readonly AttachEffect[]): AttachStep {
	const failures = state.phase === "connecting" || state.phase === "waiting" ? state.failures + 1 : 0;
	const since = state.phase === "connecting" || state.phase === "waiting" ? state.since : now;
	const limit = Math.min(backoff.lastMs, backoff.firstMs * 2 ** Math.min(failures, 10));
	const retryAt = now + Math.round(limit / 2 + (limit / 2) * chance);
	const lost: AttachEffect[] = state.phase === "attached" ? [{ kind: "lost" }] : [];
	return {
		state: { phase: "waiting", failures, retryAt, since },
		effects: [...effects, ...lost, { kind: "wakeAt", at: retryAt }],
	};
}

function onEvent(state: AttachState, event: AttachEvent, now: number, chance: number): AttachStep {
	switch (event.type) {
		case "attached": {
			if (state.phase !== "connecting") return { state, effects: [] };
			const pingAt = now + pingEveryMs;
			const attached = { phase: "attached" as const, pingAt, answerBy: undefined };
			return { state: attached, effects: [{ kind: "attached" }, { kind: "wakeAt", at: pingAt }] };
		}
		case "ring":
			if (state.phase !== "attached") return { state, effects: [] };
			return {
				state: { ...state, answerBy: undefined },
				effects: [{ kind: "rung", hint: event.hint, urgency: event.urgency }],
			};
		case "pong":
			return { state: state.phase === "attached" ? { ...state, answerBy: undefined } : state, effects: [] };
		case "refused":
			return state.phase === "stopped" || state.phase === "waiting"
				? { state, effects: [] }
				: retry(state, now, chance, [{ kind: "close" }]);
	}
}

function onWoke(state: AttachState, now: number, chance: number): AttachStep {
	switch (state.phase) {
		case "stopped":
			return { state, effects: [] };
		case "waiting":
			return now < state.retryAt
				? { state, effects: [{ kind: "wakeAt", at: state.retryAt }] }
				: connect(now, state.failures, state.since);
		case "connecting":
			return now < state.giveUpAt
				? { state, effects: [{ kind: "wakeAt", at: state.giveUpAt }] }
				: retry(state, now, chance, [{ kind: "close" }]);
		case "attached":
			if (state.answerBy !== undefined && now >= state.answerBy) return retry(state, now, chance, [{ kind: "close" }]);
			return now < state.pingAt
				? { state, effects: [{ kind: "wakeAt", at: Math.min(state.pingAt, state.answerBy ?? state.pingAt) }] }
				: ping(now, answerWithinMs, state.answerBy);
	}
}

function ping(now: number, withinMs: number, pending: number | undefined): AttachStep {
	const answerBy = Math.min(pending ?? Number.POSITIVE_INFINITY, now + withinMs);
	const state = { phase: "attached" as const, pingAt: now + pingEveryMs, answerBy };
	return {
		state,
		effects: [
			{ kind: "send", request: { type: "ping" } },
			{ kind: "wakeAt", at: answerBy },
		],
	};
}

/**
 * A network that came back, or a process that slept: try at once instead of waiting for a timer (protocol rule R3). One that is
 * said to be gone leaves connections that look alive: whether this one is, an answer shows.
 */
function onNetwork(state: AttachState, change: "online" | "offline" | "resumed", now: number): AttachStep {
	if (state.phase === "attached") return ping(now, answerAfterChangeMs, state.answerBy);
	if (change === "offline" || state.phase === "stopped") return { state, effects: [] };
	if (state.phase === "waiting") return connect(now, 0, state.since);
	// What was begun over the network before may never be answered.
	const giveUpAt = Math.min(state.giveUpAt, now + answerAfterChangeMs);
	return { state: { ...state, failures: 0, giveUpAt }, effects: [{ kind: "wakeAt", at: giveUpAt }] };
}
