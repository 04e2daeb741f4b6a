import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTimerClock, watchForResume } from "./timer-clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a wait ends not before its time, and once, however long it is", () => {
	const { clock } = createTimerClock();
	const day = 24 * 3_600_000;
	let called = 0;
	clock.wakeAt(clock.now() + 40 * day, () => called++);
	vi.advanceTimersByTime(40 * day - 1);
	expect(called).toBe(0);
	vi.advanceTimersByTime(1);
	expect(called).toBe(1);
	vi.advanceTimersByTime(40 * day);
	expect(called).toBe(1);
});

test("a wait for the past ends soon, and never inside the call that asked for it", () => {
	const { clock } = createTimerClock();
	let called = false;
	clock.wakeAt(clock.now() - 1_000, () => {
		called = true;
	});
	expect(called).toBe(false);
	vi.advanceTimersByTime(0);
	expect(called).toBe(true);
});

test("a wait that was cancelled never ends, not even by a resume", () => {
	const { clock, resumed } = createTimerClock();
	let called = false;
	const cancel = clock.wakeAt(clock.now() + 100, () => {
		called = true;
	});
	cancel();
	vi.advanceTimersByTime(200);
	resumed();
	expect(called).toBe(false);
});

test("when the machine has slept, what is due comes at once on resume, and within 30 s without", () => {
	const { clock, resumed } = createTimerClock();
	const called: string[] = [];
	clock.wakeAt(clock.now() + 3_600_000, () => called.push("first"));
	vi.setSystemTime(clock.now() + 3_600_000);
	resumed();
	expect(called).toEqual(["first"]);

	clock.wakeAt(clock.now() + 3_600_000, () => called.push("second"));
	vi.setSystemTime(clock.now() + 3_600_000);
	vi.advanceTimersByTime(30_000);
	expect(called).toEqual(["first", "second"]);
});

test("a tick that comes far too late is a resume; ordinary ticks are not", () => {
	let resumes = 0;
	const stop = watchForResume(() => resumes++);
	vi.advanceTimersByTime(60_000);
	expect(resumes).toBe(0);
	vi.setSystemTime(Date.now() + 60_000);
	vi.advanceTimersByTime(5_000);
	expect(resumes).toBe(1);
	stop();
});
