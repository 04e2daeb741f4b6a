/** Whether others seal under a `callBase(m)` that this device does not have (K5). Pure; times in ms of one clock. */
export type CatchUp = {
	/** The highest m that frames came under. */
	readonly m: number;
	readonly since: number;
	readonly lastAt: number;
};

/** Whoever cannot follow for this long stops sending, and says so. */
const followWithinMs = 5_000;
/** A hint is not authenticated: what is not repeated is forgotten. */
const forgottenAfterMs = 3_000;

export function seenAhead(state: CatchUp | undefined, m: number, now: number): CatchUp {
	return { m: Math.max(m, state?.m ?? 0), since: state?.since ?? now, lastAt: now };
}

/** After a look: `has` is the newest m whose base is here. */
export function stepCatchUp(state: CatchUp | undefined, has: number, now: number): CatchUp | undefined {
	if (state === undefined || state.m <= has || now - state.lastAt >= forgottenAfterMs) return undefined;
	return state;
}

export function mustStop(state: CatchUp | undefined, now: number): boolean {
	return state !== undefined && now - state.since >= followWithinMs;
}
