// Runs checks and test runners one after the other, and adds up what they counted.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readReport } from "./report.ts";

/** A check passes or fails as a whole; a vitest step also says how many tests passed and failed. */
export type Step =
	| { readonly kind: "check"; readonly name: string; readonly command: string; readonly args: readonly string[] }
	| { readonly kind: "vitest"; readonly name: string; readonly args: readonly string[] };

type Outcome = {
	readonly name: string;
	readonly ok: boolean;
	readonly passed: number;
	readonly failed: number;
	readonly red: readonly string[];
	readonly seconds: number;
};

/**
 * Runs all steps, also after a failure, prints a table, names what is red, and prints as its last line the sum over all test runners.
 * A failed check counts as one failure, so the line never looks green when something was red.
 */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
	const outcomes: Outcome[] = [];
	for (const step of steps) {
		console.log(`\n▸ ${step.name}`);
		outcomes.push(await runStep(step));
	}
	console.log("\n");
	for (const { name, ok, passed, failed, seconds } of outcomes) {
		const counts = passed + failed > 0 ? `${passed} passed, ${failed} failed` : "";
		console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(28)} ${seconds.toFixed(0).padStart(4)} s  ${counts}`);
	}
	for (const { name, red } of outcomes) for (const line of red) console.log(`red in ${name}: ${line}`);
	const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
	const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
	if (passed + failed > 0) console.log(`\n${passed} passed, ${failed} failed`);
	return outcomes.every((outcome) => outcome.ok) && failed === 0;
}

async function runStep(step: Step): Promise<Outcome> {
	const started = performance.now();
	const seconds = () => (performance.now() - started) / 1000;
	if (step.kind === "check") {
		const ok = (await run(step.command, step.args)) === 0;
		return { name: step.name, ok, passed: 0, failed: ok ? 0 : 1, red: [], seconds: seconds() };
	}
	const folder = await mkdtemp(join(tmpdir(), "sotto-test-"));
	try {
		const report = join(folder, "report.json");
		const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
		const code = await run("vitest", ["run", ...reporters, ...step.args]);
		const counts = await readReport(report);
		// A runner that found no test has failed: a broken pattern must not look like success.
		const failed = Math.max(counts.failed, code === 0 && counts.passed > 0 ? 0 : 1);
		return { name: step.name, ok: failed === 0, passed: counts.passed, failed, red: counts.red, seconds: seconds() };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function run(command: string, args: readonly string[]): Promise<number> {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
		child.on("error", (error) => {
			console.error(`${command} cannot be started: ${error.message}`);
			resolve(1);
		});
		child.on("exit", (code) => resolve(code ?? 1));
	});
}
