import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextDownlinkLimit, unlimitedBitsPerSecond, uplinkLimit } from "./bandwidth.ts";

describe("what a receiver can take", () => {
	test("a young estimate, as high as what is received, limits nothing", () => {
		expect(nextDownlinkLimit(unlimitedBitsPerSecond, undefined, 800_000)).toBe(unlimitedBitsPerSecond);
		expect(nextDownlinkLimit(unlimitedBitsPerSecond, 790_000, 800_000)).toBe(unlimitedBitsPerSecond);
	});

	test("an estimate clearly below what is sent is the limit, and it is lifted bit by bit when the trouble is over", () => {
		let limit = nextDownlinkLimit(unlimitedBitsPerSecond, 400_000, 800_000);
		expect(limit).toBe(400_000);
		const course = Array.from({ length: 5 }, () => (limit = nextDownlinkLimit(limit, 410_000, 400_000)));
		expect(course.every((value, k) => k === 0 || value > (course[k - 1] as number))).toBe(true);
		expect(limit).toBeLessThan(900_000);
		for (let k = 0; k < 60; k++) limit = nextDownlinkLimit(limit, 410_000, 400_000);
		expect(limit).toBe(unlimitedBitsPerSecond);
	});

	test("whatever is reported, a limit leaves room for a picture and never exceeds the greatest", () => {
		fc.assert(
			fc.property(
				fc.double({ min: 0, max: 1e9, noNaN: true }),
				fc.double({ min: 0, max: 1e9, noNaN: true }),
				(estimate, sent) => {
					const limit = nextDownlinkLimit(1_000_000, estimate, sent);
					expect(limit).toBeGreaterThanOrEqual(150_000);
					expect(limit).toBeLessThanOrEqual(unlimitedBitsPerSecond);
				},
			),
		);
	});
});

test("a sender follows its slowest receiver, which shares its line among the pictures it gets", () => {
	expect(uplinkLimit([])).toBe(150_000);
	expect(
		uplinkLimit([
			{ limit: 3_000_000, videoStreams: 1 },
			{ limit: 900_000, videoStreams: 3 },
		]),
	).toBe(300_000);
});
