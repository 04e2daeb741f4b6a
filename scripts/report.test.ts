import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readReport } from "./report.ts";

let folder = "";
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("names each red test by its last failure's first line, and a file that could not be loaded", async () => {
	const path = join(folder, "report.json");
	const assertionResults = [
		{ fullName: "adds", status: "passed", failureMessages: [] },
		{ fullName: "subtracts", status: "failed", failureMessages: ["expected 1\nat line 2", "expected 3\nat line 2"] },
	];
	const testResults = [
		{ name: resolve("lab/sum.test.ts"), status: "failed", message: "", assertionResults },
		{
			name: resolve("lab/gone.test.ts"),
			status: "failed",
			message: "Cannot find module\nat all",
			assertionResults: [],
		},
	];
	await writeFile(path, JSON.stringify({ numPassedTests: 1, numFailedTests: 1, testResults }));
	const red = ["lab/sum.test.ts: subtracts: expected 3", "lab/gone.test.ts: Cannot find module"];
	expect(await readReport(path)).toEqual({ passed: 1, failed: 1, red });
});

test("a runner without a readable report has failed", async () => {
	expect(await readReport(join(folder, "none.json"))).toMatchObject({ passed: 0, failed: 1 });
});
