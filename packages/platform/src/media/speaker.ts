/** Who speaks, by how loud each participant is at this decoder: no server is asked, and no packet tells it. Pure. */
export type Levels = {
	/** Smoothed loudness by participant, 0 to 1. */
	readonly levels: ReadonlyMap<string, number>;
	/** Who speaks, or spoke last. */
	readonly active: string | undefined;
	/** Who is louder than the active one, and since when. */
	readonly challenger: { readonly participant: string; readonly since: number } | undefined;
};

export const silentLevels: Levels = { levels: new Map(), active: undefined, challenger: undefined };

/** Rises at once, falls slowly, so that pauses between words do not count. Per second. */
const fallPerSecond = 0.25;
/** Root mean square of what is taken for speech and not for breath or noise. */
const speech = 0.01;
/** Whoever takes the floor is this much louder than who has it, for this long. */
const clearlyLouder = 1.6;
const takesFloorMs = 600;

/**
 * Takes what was measured `ms` after the measurement before (root mean square by participant; who is missing has left). Nobody takes
 * the floor by a cough, and whoever spoke last keeps it through pauses.
 */
export function stepLevels(state: Levels, measured: ReadonlyMap<string, number>, now: number, ms: number): Levels {
	const kept = fallPerSecond ** (ms / 1000);
	const levels = new Map(
		[...measured].map(([name, loud]) => [name, Math.max(loud, (state.levels.get(name) ?? 0) * kept)]),
	);
	const active = state.active !== undefined && levels.has(state.active) ? state.active : undefined;
	const [loudest, level] = [...levels].reduce<readonly [string | undefined, number]>(
		(best, [name, value]) => (value > best[1] ? [name, value] : best),
		[undefined, 0],
	);
	if (loudest === undefined || level < speech || loudest === active) return { levels, active, challenger: undefined };
	if (active === undefined) return { levels, active: loudest, challenger: undefined };
	if (level < (levels.get(active) ?? 0) * clearlyLouder) return { levels, active, challenger: undefined };
	const since = state.challenger?.participant === loudest ? state.challenger.since : now;
	if (now - since >= takesFloorMs) return { levels, active: loudest, challenger: undefined };
	return { levels, active, challenger: { participant: loudest, since } };
}

/** For a picture of loudness: 0 is silence, 1 a raised voice; in between as ears hear it. */
export function shownLevel(loudness: number): number {
	if (loudness <= 0) return 0;
	return Math.max(0, Math.min(1, 1 + (20 * Math.log10(loudness / 0.2)) / 40));
}
