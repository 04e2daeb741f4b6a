import { expect, test } from "vitest";
import { type CatchUp, mustStop, seenAhead, stepCatchUp } from "./catch-up.ts";

test("who sees frames of a higher m and cannot follow for 5 s stops sending", () => {
	let state: CatchUp | undefined;
	for (let now = 0; now <= 5_000; now += 500) {
		state = stepCatchUp(seenAhead(state, 3, now), 2, now);
		expect(mustStop(state, now)).toBe(now >= 5_000);
	}
});

test("who has read on sends on", () => {
	const state = seenAhead(seenAhead(undefined, 3, 0), 4, 100);
	expect(stepCatchUp(state, 3, 200)).toEqual(state);
	expect(stepCatchUp(state, 4, 300)).toBeUndefined();
	expect(mustStop(undefined, 10_000)).toBe(false);
});

test("a single forged hint stops nobody", () => {
	let state: CatchUp | undefined = seenAhead(undefined, 60_000, 0);
	for (let now = 0; now <= 6_000; now += 333) {
		state = stepCatchUp(state, 0, now);
		expect(mustStop(state, now)).toBe(false);
	}
});
