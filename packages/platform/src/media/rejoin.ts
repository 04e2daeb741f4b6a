import type { GoneReason, RefusalCode } from "@sotto/api";

/** How one joining of a room ended. */
export type PeerLoss =
	| { readonly kind: "unreachable" }
	| { readonly kind: "refused"; readonly code: RefusalCode }
	| { readonly kind: "gone"; readonly reason: GoneReason }
	| { readonly kind: "transport" }
	/** Frames went out that the worker had not sealed: nothing may be sent any more. */
	| { readonly kind: "unprotected" };

/** Why a session ended for good. Everything else is mended by joining again. */
export type EndReason = "left" | "notAdmitted" | "outdated" | "unprotected";

/** Times in ms of one monotonic clock. */
export type RejoinState =
	| {
			readonly phase: "joining";
			readonly attempt: number;
			readonly brokenSince: number | undefined;
			readonly giveUpAt: number;
	  }
	| { readonly phase: "connected"; readonly since: number }
	| { readonly phase: "waiting"; readonly attempt: number; readonly brokenSince: number; readonly until: number }
	| { readonly phase: "ended"; readonly reason: EndReason };

export type RejoinInput =
	| { readonly kind: "connected" }
	| { readonly kind: "lost"; readonly loss: PeerLoss }
	/** The network came back or is another; the room or the keys are others. */
	| { readonly kind: "changed" }
	| { readonly kind: "wake" }
	| { readonly kind: "leave" };

export type RejoinEffect =
	/** Close what there is and join once. */
	| { readonly kind: "join" }
	| { readonly kind: "close" }
	/** Give `wake` then; replaces the one before. */
	| { readonly kind: "wakeAt"; readonly at: number };

export type RejoinStep = { readonly state: RejoinState; readonly effects: readonly RejoinEffect[] };

/** A joining that takes longer than this is begun anew: by attempt, so that a line on which it takes long is joined in the end. */
const joinTimeoutsMs = [8_000, 8_000, 12_000, 18_000, 30_000] as const;
/** After a loss: at once, then ever more patiently. */
const waitsMs = [0, 300, 700, 1_500, 3_000, 5_000] as const;
/** A connection that lasted this long was a good one: the next loss starts from the first wait again. */
const goodAfterMs = 10_000;

export function startJoining(now: number): RejoinStep {
	return join(0, undefined, now);
}

/** The reconnecting of one session, pure: what to do next. `chance` is 0 to 1, so that a room's clients do not come all at once. */
export function stepRejoin(state: RejoinState, input: RejoinInput, now: number, chance: number): RejoinStep {
	if (state.phase === "ended") return { state, effects: [] };
	switch (input.kind) {
		case "leave":
			return end("left");
		case "changed":
			return join(0, brokenSince(state) ?? (state.phase === "connected" ? now : undefined), now);
		case "connected":
			return state.phase === "joining"
				? { state: { phase: "connected", since: now }, effects: [] }
				: { state, effects: [] };
		case "lost":
			return lost(state, input.loss, now, chance);
		case "wake":
			return woken(state, now, chance);
	}
}

/** Timers may fire a little early: then the wait goes on. */
function woken(state: Exclude<RejoinState, { phase: "ended" }>, now: number, chance: number): RejoinStep {
	switch (state.phase) {
		case "connected":
			return { state, effects: [] };
		case "waiting":
			if (now >= state.until) return join(state.attempt, state.brokenSince, now);
			return { state, effects: [{ kind: "wakeAt", at: state.until }] };
		case "joining":
			if (now >= state.giveUpAt) return wait(state, now, chance);
			return { state, effects: [{ kind: "wakeAt", at: state.giveUpAt }] };
	}
}

function brokenSince(state: RejoinState): number | undefined {
	return state.phase === "joining" || state.phase === "waiting" ? state.brokenSince : undefined;
}

function lost(state: RejoinState, loss: PeerLoss, now: number, chance: number): RejoinStep {
	if (loss.kind === "unprotected") return end("unprotected");
	if (loss.kind === "refused" && isFinal(loss.code))
		return end(loss.code === "unknownVersion" ? "outdated" : "notAdmitted");
	return state.phase === "waiting" ? { state, effects: [] } : wait(state, now, chance);
}

/** A full room may be full of our own last connection, a missing one is made anew: only these two cannot change. */
function isFinal(code: RefusalCode): boolean {
	return code === "badSignature" || code === "unknownVersion";
}

function wait(state: RejoinState, now: number, chance: number): RejoinStep {
	const wasGood = state.phase === "connected" && now - state.since >= goodAfterMs;
	const attempt = state.phase === "joining" ? state.attempt + 1 : wasGood ? 0 : 1;
	const base = waitsMs[Math.min(attempt, waitsMs.length - 1)] as number;
	const until = now + base * (0.75 + chance / 2);
	const since = brokenSince(state) ?? now;
	if (base === 0) return join(attempt, since, now);
	return {
		state: { phase: "waiting", attempt, brokenSince: since, until },
		effects: [{ kind: "close" }, { kind: "wakeAt", at: until }],
	};
}

function join(attempt: number, since: number | undefined, now: number): RejoinStep {
	const giveUpAt = now + (joinTimeoutsMs[Math.min(attempt, joinTimeoutsMs.length - 1)] as number);
	return {
		state: { phase: "joining", attempt, brokenSince: since, giveUpAt },
		effects: [{ kind: "join" }, { kind: "wakeAt", at: giveUpAt }],
	};
}

function end(reason: EndReason): RejoinStep {
	return { state: { phase: "ended", reason }, effects: [{ kind: "close" }] };
}
