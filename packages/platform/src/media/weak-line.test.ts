import { describe, expect, test } from "vitest";
import {
	type HeardSound,
	isOtherWeak,
	isOwnWeak,
	type LineSecond,
	noWeakLines,
	stepWeakLines,
	type WeakLines,
} from "./weak-line.ts";

const ada = (madeUp: number, saysWeak = false): HeardSound => ({ participantId: "ada", madeUp, saysWeak });
const bo = (madeUp: number, saysWeak = false): HeardSound => ({ participantId: "bo", madeUp, saysWeak });
const second = (heard: readonly HeardSound[], more: Partial<LineSecond> = {}): LineSecond => ({
	sentLoss: 0,
	roundTripMs: 40,
	heard,
	...more,
});
const after = (seconds: number, what: LineSecond, from: WeakLines = noWeakLines): WeakLines =>
	Array.from({ length: seconds }, () => what).reduce(stepWeakLines, from);

describe("one's own line is called weak", () => {
	test("after 3 s in which the room misses our sound, or answers take very long", () => {
		for (const trouble of [{ sentLoss: 0.1 }, { roundTripMs: 900 }]) {
			expect(isOwnWeak(after(2, second([ada(0)], trouble)))).toBe(false);
			expect(isOwnWeak(after(3, second([ada(0)], trouble)))).toBe(true);
		}
		expect(isOwnWeak(after(60, second([ada(0.04)], { sentLoss: 0.05, roundTripMs: 600 })))).toBe(false);
	});

	test("after 6 s in which the other one's sound comes with gaps, and they do not say that it is theirs", () => {
		expect(isOwnWeak(after(5, second([ada(0.2)])))).toBe(false);
		const weak = after(6, second([ada(0.2)]));
		expect(isOwnWeak(weak)).toBe(true);
		expect(isOtherWeak(weak, "ada")).toBe(false);
		expect(isOwnWeak(after(60, second([ada(0.2, true)])))).toBe(false);
	});

	test("not by what nobody has measured yet, nor with nobody there", () => {
		expect(isOwnWeak(after(60, { sentLoss: undefined, roundTripMs: undefined, heard: [] }))).toBe(false);
	});
});

test("of several whose sound comes with gaps from one alone, that one's line is weak and not ours; from most of them, ours", () => {
	const one = after(6, second([ada(0.2), bo(0)]));
	expect([isOwnWeak(one), isOtherWeak(one, "ada"), isOtherWeak(one, "bo")]).toEqual([false, true, false]);
	const both = after(6, second([ada(0.2), bo(0.2)]));
	expect([isOwnWeak(both), isOtherWeak(both, "ada"), isOtherWeak(both, "bo")]).toEqual([true, false, false]);
});

test("the word does not flicker: it comes by trouble that goes on or comes again, and goes after 8 calm seconds in a row", () => {
	const [trouble, calm] = [second([ada(0)], { sentLoss: 0.2 }), second([ada(0)])];
	const everySecond = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? trouble : calm));
	expect(isOwnWeak(everySecond.reduce(stepWeakLines, noWeakLines))).toBe(false);
	const twoOfThree = Array.from({ length: 11 }, (_, index) => (index % 3 === 2 ? calm : trouble));
	const weak = twoOfThree.reduce(stepWeakLines, noWeakLines);
	expect(isOwnWeak(weak)).toBe(true);
	expect(isOwnWeak(after(7, calm, weak))).toBe(true);
	expect(isOwnWeak(after(7, calm, stepWeakLines(after(7, calm, weak), trouble)))).toBe(true);
	expect(isOwnWeak(after(8, calm, weak))).toBe(false);
});

test("who left and comes back begins anew", () => {
	const weak = after(6, second([ada(0.2), bo(0)]));
	expect(isOtherWeak(after(1, second([bo(0)]), weak), "ada")).toBe(false);
});
