import { describe, expect, test } from "vitest";
import { byteSize, dayName, daysApart, durationWords, timer } from "./format.ts";
import { pickWords } from "./index.ts";

const day = (date: number, hour = 12) => new Date(2026, 10, date, hour).getTime();

describe("times and sizes as people read them", () => {
	test("a day is the calendar's, not 24 hours", () => {
		expect(daysApart(day(1, 23), day(2, 0))).toBe(1);
		expect(dayName(day(24, 1), day(24, 23))).toBe("Today");
		expect(dayName(day(23, 23), day(24, 0))).toBe("Yesterday");
		expect(dayName(day(20), day(24))).toMatch(/day$/);
		expect(dayName(day(2), day(24))).toMatch(/2/);
	});

	test("durations have their largest one or two units", () => {
		expect(durationWords(999)).toBe("1 second");
		expect(durationWords(42_000)).toBe("42 seconds");
		expect(durationWords(252_000)).toBe("4 minutes");
		expect(durationWords(3_900_000)).toBe("1 hour 5 minutes");
		expect(durationWords(7_200_000)).toBe("2 hours");
	});

	test("the timer counts through hours", () => {
		expect([7_000, 760_000, 3_723_000, -5].map(timer)).toEqual(["0:07", "12:40", "1:02:03", "0:00"]);
	});

	test("sizes are told in powers of two", () => {
		expect([97, 2048, 1_572_864].map(byteSize)).toEqual(["97 B", "2 KiB", "1.5 MiB"]);
	});

	test("an unknown language falls back to English", () => {
		expect(pickWords(["tlh", "en-GB"]).language).toBe("en");
		expect(pickWords([]).language).toBe("en");
	});
});
