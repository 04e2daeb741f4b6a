import { describe, expect, test } from "vitest";
import { seeded } from "../seeded.ts";
import { judgeHistories, runClientCrashes } from "./client-run.ts";

describe("kill -9 of a command-line client at random moments", { timeout: 180_000 }, () => {
	test("C5 nothing is lost and nothing is doubled", async () => {
		const report = await runClientCrashes({ kills: 5, chance: seeded(11) });
		expect(report.faults).toEqual([]);
		expect(report.kills).toBe(5);
	});

	test("a lost message, a doubled one and histories that differ would be noticed", () => {
		const acknowledged = new Map([["Ada", ["message 1 of Ada"]]]);
		const judge = (one: readonly string[], other: readonly string[]) => judgeHistories([one, other], acknowledged);
		const one = "message 1 of Ada";
		expect(judge([one], [one]).faults).toEqual([]);
		expect(judge([], []).faults).toEqual([`'${one}' was acknowledged and is lost`]);
		expect(judge([one, one], [one, one]).faults).toEqual([`'${one}' is there 2 times`]);
		expect(judge([one, "message 2 of Bob"], [one]).faults).toEqual(["the histories differ: message 2 of Bob | "]);
		expect(judge([one, "message 2 of Bob"], [one, "message 2 of Bob"]).wentOut).toBe(1);
	});
});
