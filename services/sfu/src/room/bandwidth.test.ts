import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DownlinkLimit, unlimitedBitsPerSecond, uplinkLimit } from "./bandwidth.ts";

/** A receiver that says each second what it estimates and how much it misses of what it is sent. */
class Receiver {
	readonly limit = new DownlinkLimit();
	now = 0;
	#report = { ssrc: 1, lost: 0, highest: 0xffff_ffff - 250 };

	second(sent: number, estimate?: number, loss = 0): number {
		this.now += 1_000;
		if (estimate !== undefined) this.limit.estimateArrived(estimate, this.now);
		this.limit.reportArrived(this.#report);
		const { lost, highest } = this.#report;
		this.#report = { ssrc: 1, lost: lost + 100 * loss, highest: (highest + 100) >>> 0 };
		this.limit.reportArrived(this.#report);
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

	/** Seconds of a sender that sends as much as it may, up to 800 kbit/s, over a line that takes `takes` and loses `share` besides. */
	function course(receiver: Receiver, seconds: number, takes: number, share = 0): readonly number[] {
		let [sent, allowed] = [800_000, 800_000];
		return Array.from({ length: seconds }, () => {
			// It follows what it is told a second later.
			[sent, allowed] = [allowed, Math.min(800_000, receiver.limit.bitsPerSecond)];
			const arrives = Math.min(1, takes / sent) * (1 - share);
			return receiver.second(sent, undefined, 1 - arrives);
		});
	}

	test("a line that drops what it cannot carry is found by what arrives, however narrow it became, and followed up again", () => {
		for (const takes of [400_000, 150_000, 40_000]) {
			const receiver = new Receiver();
			expect(course(receiver, 10, 2_000_000).at(-1)).toBe(unlimitedBitsPerSecond);
			const narrow = course(receiver, 20, takes);
			expect(narrow[4]).toBeLessThanOrEqual(takes * 1.2);
			expect(Math.min(...narrow)).toBeGreaterThan(Math.max(29_999, takes * 0.5));
			expect(Math.max(...narrow.slice(4))).toBeLessThanOrEqual(takes * 1.6);
			expect(course(receiver, 60, 2_000_000).at(-1)).toBeGreaterThan(800_000);
		}
	});

	test("one that loses packets by itself is not starved: cutting that mends nothing ends, and is lifted again", () => {
		for (const share of [0.05, 0.1, 0.2, 0.3]) {
			const limits = course(new Receiver(), 60, 2_000_000, share);
			expect(Math.min(...limits)).toBeGreaterThan(250_000);
			expect(limits.at(-1)).toBeGreaterThan(800_000);
		}
	});

	test("too few packets tell nothing", () => {
		const limit = new DownlinkLimit();
		limit.reportArrived({ ssrc: 1, lost: 0, highest: 0 });
		limit.reportArrived({ ssrc: 1, lost: 9, highest: 9 });
		for (let now = 1_000; now < 9_000; now += 1_000) limit.measure(500_000, now);
		expect(limit.bitsPerSecond).toBe(unlimitedBitsPerSecond);
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
						expect(limit).toBeGreaterThanOrEqual(30_000);
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
