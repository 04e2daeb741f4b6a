// npm run fuzz -- [--count 100000] [--seed N]: random and mutated requests, bodies and frames against a running server.
import { parseArgs } from "node:util";
import { runFuzz } from "./fuzz-run.ts";

const { values } = parseArgs({
	options: {
		count: { type: "string", default: "100000" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
	},
});
const started = performance.now();
const report = await runFuzz({
	count: Number(values.count),
	seed: Number(values.seed),
	onProgress: (sent) => sent % 20_000 < 2_000 && console.log(`${sent} sent`),
});
console.log(`seed ${values.seed}: ${report.sent} sent in ${Math.round((performance.now() - started) / 1000)} s`);
for (const [sort, sums] of [["sent", report.kinds] as const, ["answered", report.statuses] as const])
	for (const [name, times] of sums) console.log(`  ${String(times).padStart(7)}  ${sort}: ${name}`);
console.log(`the database was compared ${report.comparisons} times`);
for (const fault of report.faults) console.error(fault);
console.log(report.faults.length === 0 ? "the server stayed up, refused by code, and nothing changed" : "FAILED");
process.exitCode = report.faults.length === 0 ? 0 : 1;
