/** The time, and being woken at one. Services take it as an argument, so that a test can be a year in a moment. */
export type Clock = {
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Calls `work` once, not before `at`; returns how to cancel. */
	readonly wakeAt: (at: number, work: () => void) => () => void;
};

/** The system's clock. What waits on it does not keep the process alive. */
export const systemClock: Clock = {
	now: () => Date.now(),
	wakeAt(at, work) {
		const timer = setTimeout(work, Math.max(0, at - Date.now()));
		timer.unref();
		return () => clearTimeout(timer);
	},
};
