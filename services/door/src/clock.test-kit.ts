import type { Clock } from "./clock.ts";

export type TestClock = Clock & { readonly advance: (ms: number) => void };

/** A clock that stands still until it is told to go on, and then wakes everybody in order. */
export function testClock(start = 1_800_000_000_000): TestClock {
	let now = start;
	let waiting: { at: number; work: () => void }[] = [];
	return {
		now: () => now,
		wakeAt(at, work) {
			const entry = { at, work };
			waiting.push(entry);
			return () => {
				waiting = waiting.filter((other) => other !== entry);
			};
		},
		advance(ms) {
			const end = now + ms;
			for (;;) {
				const next = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
				if (next === undefined) break;
				waiting = waiting.filter((other) => other !== next);
				now = Math.max(now, next.at);
				next.work();
			}
			now = end;
		},
	};
}
