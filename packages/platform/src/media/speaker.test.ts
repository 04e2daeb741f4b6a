import fc from "fast-check";
import { expect, test } from "vitest";
import { type Levels, shownLevel, silentLevels, stepLevels } from "./speaker.ts";

const stepMs = 333;

/** Plays loudness by participant, one step a third of a second, and gives who was active after each. */
function play(course: readonly Readonly<Record<string, number>>[], from: Levels = silentLevels) {
	let state = from;
	const active = course.map((measured, k) => {
		state = stepLevels(state, new Map(Object.entries(measured)), (k + 1) * stepMs, stepMs);
		return state.active;
	});
	return { state, active };
}
const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

test("nobody speaks until somebody does, and breath is no speech", () => {
	const { active } = play([...times(3, { ada: 0.002, bo: 0.001 }), { ada: 0.002, bo: 0.05 }]);
	expect(active).toEqual([undefined, undefined, undefined, "bo"]);
});

test("whoever spoke last stays through pauses", () => {
	const { active } = play([{ ada: 0.1, bo: 0 }, ...times(20, { ada: 0, bo: 0 })]);
	expect(new Set(active)).toEqual(new Set(["ada"]));
});

test("a cough does not take the floor, a sentence does", () => {
	const cough = play([{ ada: 0.1, bo: 0 }, { ada: 0.1, bo: 0.3 }, ...times(6, { ada: 0.1, bo: 0 })]);
	expect(cough.active.at(-1)).toBe("ada");
	const sentence = play([{ ada: 0.1, bo: 0 }, ...times(6, { ada: 0, bo: 0.1 })]);
	expect(sentence.active.at(-1)).toBe("bo");
});

test("two who speak alike do not take turns on the screen", () => {
	const talk = Array.from({ length: 60 }, (_, k) => (k % 2 === 0 ? { ada: 0.1, bo: 0.12 } : { ada: 0.12, bo: 0.1 }));
	expect(new Set(play(talk).active).size).toBe(1);
});

test("who left speaks no more", () => {
	const { active } = play([{ ada: 0.1, bo: 0 }, { bo: 0 }, { bo: 0.1 }]);
	expect(active).toEqual(["ada", undefined, "bo"]);
});

test("whatever is measured, the active one is somebody who is there, and levels stay between 0 and 1", () => {
	const level = fc.double({ min: 0, max: 1, noNaN: true });
	const measured = fc.dictionary(fc.constantFrom("a", "b", "c"), level, { maxKeys: 3 });
	fc.assert(
		fc.property(fc.array(measured), (course) => {
			let state = silentLevels;
			for (const [k, one] of course.entries()) {
				state = stepLevels(state, new Map(Object.entries(one)), k * stepMs, stepMs);
				if (state.active !== undefined) expect(Object.keys(one)).toContain(state.active);
				for (const value of state.levels.values()) expect(shownLevel(value)).toBeLessThanOrEqual(1);
			}
		}),
	);
	expect([shownLevel(0), shownLevel(0.2), shownLevel(1)]).toEqual([0, 1, 1]);
});
