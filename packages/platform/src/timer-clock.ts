import type { Clock } from "@sotto/client";

/** Long waits are cut into pieces: timers end at 2^31 ms, are throttled in hidden pages, and do not count a machine's sleep. */
const longestPieceMs = 30_000;

/**
 * A clock on `Date.now` and `setTimeout`. Every piece of a wait looks at the wall clock again, so a wait whose time passed
 * while the machine slept ends within {@link longestPieceMs} of its going on, and at once when `resumed` is called.
 */
export function createTimerClock(now: () => number = () => Date.now()): {
	readonly clock: Clock;
	readonly resumed: () => void;
} {
	const waits = new Set<() => void>();
	const wakeAt = (at: number, work: () => void): (() => void) => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const look = () => {
			clearTimeout(timer);
			const left = at - now();
			if (left <= 0) {
				waits.delete(look);
				work();
			} else {
				timer = setTimeout(look, Math.min(left, longestPieceMs));
			}
		};
		waits.add(look);
		// Never from within wakeAt itself: the caller has not got its cancel function yet.
		timer = setTimeout(look, Math.min(Math.max(at - now(), 0), longestPieceMs));
		return () => {
			clearTimeout(timer);
			waits.delete(look);
		};
	};
	return {
		clock: { now, wakeAt },
		resumed: () => {
			// A copy: work may add waits, and those are for a later look.
			for (const look of Array.from(waits)) look();
		},
	};
}

const tickMs = 5_000;
const sleptMs = 15_000;

/** Calls `resumed` when a tick comes so late that the process must have been suspended; returns how to stop. */
export function watchForResume(resumed: () => void, now: () => number = () => Date.now()): () => void {
	let last = now();
	const timer: unknown = setInterval(() => {
		const slept = now() - last > sleptMs;
		last = now();
		if (slept) resumed();
	}, tickMs);
	unrefTimer(timer);
	return () => clearInterval(timer as ReturnType<typeof setInterval>);
}

/** In Node a watch alone must not keep the process alive; browsers' timers are numbers. */
function unrefTimer(timer: unknown): void {
	if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
}
