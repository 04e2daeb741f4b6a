// What a test runner says in its JSON report: how many tests passed and failed, and which are red, with the first line of why.
import { readFile } from "node:fs/promises";
import { relative } from "node:path";

export type Report = { readonly passed: number; readonly failed: number; readonly red: readonly string[] };

type Json = {
	readonly numPassedTests: number;
	readonly numFailedTests: number;
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly message?: string;
		readonly assertionResults: readonly {
			readonly fullName: string;
			readonly status: string;
			readonly failureMessages: readonly string[] | null;
		}[];
	}[];
};

/** The counts and the red tests of vitest's JSON report at `path`; one failure when there is no readable report. */
export async function readReport(path: string): Promise<Report> {
	try {
		const json = JSON.parse(await readFile(path, "utf8")) as Json;
		return { passed: json.numPassedTests, failed: json.numFailedTests, red: json.testResults.flatMap(redOfFile) };
	} catch {
		return { passed: 0, failed: 1, red: ["the runner left no report"] };
	}
}

function redOfFile(file: Json["testResults"][number]): string[] {
	const path = relative(process.cwd(), file.name);
	const red = file.assertionResults
		.filter(({ status }) => status === "failed")
		.map(({ fullName, failureMessages }) => `${path}: ${fullName}: ${firstLine(failureMessages?.at(-1))}`);
	// A file that could not be loaded, or a hook that failed, has no red test of its own.
	return red.length === 0 && file.status === "failed" ? [`${path}: ${firstLine(file.message)}`] : red;
}

const firstLine = (text: string | undefined): string => (text ?? "").trim().split("\n", 1)[0] ?? "";
