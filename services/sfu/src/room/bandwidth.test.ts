import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DownlinkLimit, unlimitedBitsPerSecond, uplinkLimit } from "./bandwidth.ts";

/** A receiver that says each second what it estimates and how much it misses of what it is sent. */
class Receiver {
	readonly limit = new DownlinkLimit();
	now = 0;

	second(sent: number, estimate?: number, loss = 0): number {
		this.now += 1_000;
		if (estimate !== undefined) this.limit.estimateArrived(estimate, this.now);
		this.limit.lossArrived(loss);
		this.limit.measure(sent, this.now);
		return this.limit.bitsPerSecond;
	}
}

describe("what a receiver can take", () => {
	test("an estimate that is below what is sent but rises, as a browser's does at each start and at each larger layer, limits nothing", () => {
		const receiver = new Receiver();
		expect(receiver.second(800_000)).toBe(unlimitedBitsPerSecond);
		for (let estimate = 100_000; estimate < 1_200_000; estimate *= 1.08)
			expect(receiver.second(1_200_000, estimate)).toBe(unlimitedBitsPerSecond);
	});

	test("one that falls below what is sent is the limit at once, and it is lifted bit by bit when the trouble is over", () => {
		const receiver = new Receiver();
		receiver.second(800_000, 790_000);
		expect(receiver.limit.estimateArrived(400_000, 1_200)).toBe(true);
		expect(receiver.limit.bitsPerSecond).toBe(400_000);
		const course = Array.from({ length: 8 }, () => receiver.second(390_000, 410_000));
		expect(course[0]).toBe(400_000);
		expect(course.every((limit, k) => k === 0 || limit >= (course[k - 1] as number))).toBe(true);
		expect(course.at(-1)).toBeGreaterThan(500_000);
		expect(course.at(-1)).toBeLessThan(900_000);
		for (let k = 0; k < 60; k++) receiver.second(390_000, 410_000);
		expect(receiver.limit.bitsPerSecond).toBe(unlimitedBitsPerSecond);
	});

	test("one that falls but is still above what is sent limits nothing", () => {
		const receiver = new Receiver();
		receiver.second(100_000, 900_000);
		expect(receiver.second(100_000, 500_000)).toBe(unlimitedBitsPerSecond);
	});

	test("one that stands still below what is sent does so because packets queue up", () => {
		const receiver = new Receiver();
		receiver.second(100_000, 150_000);
		receiver.second(350_000, 160_000);
		expect(receiver.second(350_000, 160_000)).toBe(unlimitedBitsPerSecond);
		expect(receiver.second(350_000, 160_000)).toBeLessThan(300_000);
	});

	test("each time that trouble comes back nothing is tried for longer, until it stayed away", () => {
		const receiver = new Receiver();
		/** Seconds until more than before is tried. */
		const quiet = () => {
			const limited = receiver.limit.bitsPerSecond;
			let seconds = 1;
			while (receiver.second(200_000, 260_000) <= limited) seconds++;
			return seconds;
		};
		const trouble = () => {
			receiver.second(400_000, 380_000);
			receiver.second(400_000, 250_000);
		};
		trouble();
		const waits = [quiet()];
		for (let k = 0; k < 3; k++) {
			for (let more = 0; more < 5; more++) receiver.second(200_000, 260_000);
			trouble();
			waits.push(quiet());
		}
		expect(waits).toEqual([3, 6, 12, 12]);
		for (let k = 0; k < 60; k++) receiver.second(200_000, 260_000);
		trouble();
		expect(quiet()).toBe(3);
	});

	test("a line that loses many packets is taken for full; a little loss is no reason", () => {
		const receiver = new Receiver();
		for (let k = 0; k < 20; k++) expect(receiver.second(800_000, undefined, 0.05)).toBe(unlimitedBitsPerSecond);
		for (let k = 0; k < 10; k++)
			receiver.second(receiver.limit.bitsPerSecond > 800_000 ? 800_000 : 400_000, undefined, 0.3);
		expect(receiver.limit.bitsPerSecond).toBeLessThan(400_000);
	});

	test("whatever is reported, a limit leaves room for a picture and never exceeds the greatest", () => {
		const rate = fc.double({ min: 0, max: 1e9, noNaN: true });
		fc.assert(
			fc.property(
				fc.array(fc.tuple(rate, rate, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 20 }),
				(seconds) => {
					const receiver = new Receiver();
					for (const [sent, estimate, loss] of seconds) {
						const limit = receiver.second(sent, estimate, loss);
						expect(limit).toBeGreaterThanOrEqual(50_000);
						expect(limit).toBeLessThanOrEqual(unlimitedBitsPerSecond);
					}
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
