import { describe, expect, test } from "vitest";
import { testClock } from "./clock.test-kit.ts";
import { systemClock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("a token bucket", () => {
	test("gives its burst at once, then what comes back with time, and never more than its burst", () => {
		const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 0);
		expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
		expect(bucket.take(499)).toBe(false);
		expect(bucket.take(500)).toBe(true);
		expect([1, 2, 3, 4].map(() => bucket.take(3_600_000))).toEqual([true, true, true, false]);
	});

	test("takes an amount whole or not at all", () => {
		const bucket = new TokenBucket({ burst: 10, perSecond: 0 }, 0);
		expect(bucket.take(0, 11)).toBe(false);
		expect(bucket.take(0, 10)).toBe(true);
		bucket.giveBack(4);
		expect([bucket.take(0, 5), bucket.take(0, 4)]).toEqual([false, true]);
	});

	test("a clock that goes back neither fills nor empties it", () => {
		const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 10_000);
		bucket.take(10_000);
		expect(bucket.isFull(0)).toBe(false);
		expect([bucket.take(0), bucket.take(0)]).toEqual([true, false]);
	});

	test("is full again after a while, and then no different from a new one", () => {
		const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 0);
		bucket.take(0, 2);
		expect([bucket.isFull(1_999), bucket.isFull(2_000)]).toEqual([false, true]);
	});
});

describe("clocks", () => {
	test("the system's clock wakes once, not before its time, unless it was cancelled", async () => {
		const woken: string[] = [];
		const cancel = systemClock.wakeAt(systemClock.now() + 5, () => woken.push("cancelled"));
		cancel();
		const at = systemClock.now() + 10;
		await new Promise<void>((resolve) => systemClock.wakeAt(at, resolve));
		// Timers of Node may come a millisecond early.
		expect(systemClock.now()).toBeGreaterThanOrEqual(at - 1);
		expect(woken).toEqual([]);
	});

	test("a test's clock wakes everybody in order of their times", () => {
		const clock = testClock(0);
		const order: number[] = [];
		for (const at of [30, 10, 20, 50]) clock.wakeAt(at, () => order.push(at));
		clock.wakeAt(10, () => clock.wakeAt(15, () => order.push(clock.now())));
		clock.advance(40);
		expect(order).toEqual([10, 15, 20, 30]);
		expect(clock.now()).toBe(40);
	});
});
