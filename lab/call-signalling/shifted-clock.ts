import type { Clock } from "@sotto/client";
import { createTimerClock } from "../../packages/platform/src/timer-clock.ts";

export type ShiftedClock = Clock & {
	/** Lets `ms` pass at once: whatever was to happen until then happens now. */
	readonly advance: (ms: number) => void;
};

/** The machine's clock, `skewMs` off, which can be moved on. */
export function createShiftedClock(skewMs = 0): ShiftedClock {
	let offset = skewMs;
	const { clock, resumed } = createTimerClock(() => Date.now() + offset);
	return {
		...clock,
		advance(ms) {
			offset += ms;
			resumed();
		},
	};
}
