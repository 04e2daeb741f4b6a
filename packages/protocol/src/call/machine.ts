import { unreachable } from "@sotto/bytes";
import { mediaConnected, mediaFailed, mediaLost, probed } from "./media.ts";
import { said } from "./said.ts";
import type { CallInput, CallState, CallStep } from "./state.ts";
import { entered, membership, stopped, tip } from "./tip.ts";
import { answer, decline, hangUp, joinOngoing, start } from "./user.ts";
import { nextWakeAt, restarted, wake } from "./waking.ts";

/**
 * Rules K1 and K2 for all conversations of one client, of which at most one is in a call: pure, synchronous, total. `now` is
 * this device's clock in milliseconds. Effects are to be carried out in their order; "takeBase" before the log goes on.
 */
export function stepCalls(state: CallState, input: CallInput, now: number): CallStep {
	const next = handle(state, input, now);
	const before = nextWakeAt(state);
	const after = nextWakeAt(next.state);
	// After a wake too early or a restart the timer is gone: it is set again even if nothing changed.
	const isTimerGone = input.kind === "wake" || input.kind === "restarted";
	if (after === undefined || (after === before && !isTimerGone)) return next;
	return { ...next, effects: [...next.effects, { kind: "wakeAt", at: after }] };
}

function handle(state: CallState, input: CallInput, now: number): CallStep {
	switch (input.kind) {
		case "start":
			return start(state, input, now);
		case "join":
			return joinOngoing(state, input, now);
		case "answer":
			return answer(state, input, now);
		case "decline":
			return decline(state, input, now);
		case "hangUp":
			return hangUp(state, input, now);
		case "said":
			return said(state, input, now);
		case "membership":
			return membership(state, input);
		case "entered":
			return entered(state, input, now);
		case "tip":
			return tip(state, input, now);
		case "connected":
			return mediaConnected(state, input, now);
		case "lost":
			return mediaLost(state, input, now);
		case "mediaFailed":
			return mediaFailed(state, input, now);
		case "probed":
			return probed(state, input, now);
		case "stopped":
			return stopped(state, input, now);
		case "wake":
			return wake(state, now);
		case "restarted":
			return restarted(state, now);
		default:
			return unreachable(input);
	}
}
