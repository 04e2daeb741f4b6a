// npm run crash:client -- [--kills 50] [--seed N]: kill -9 of command-line clients while they write to each other.
import { parseArgs } from "node:util";
import { seeded } from "../seeded.ts";
import { runClientCrashes } from "./client-run.ts";

const { values } = parseArgs({
	options: {
		kills: { type: "string", default: "50" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
	},
});
const report = await runClientCrashes({
	kills: Number(values.kills),
	chance: seeded(Number(values.seed)),
	onKill: (done) => done % 10 === 0 && console.log(`${done} kills`),
});
console.log(
	`seed ${values.seed}: ${report.commands} commands, ${report.kills} killed before their end, ` +
		`${report.acknowledged} messages acknowledged, ${report.wentOut} more went out after their command was killed`,
);
for (const fault of report.faults.slice(0, 20)) console.error(fault);
console.log(report.faults.length === 0 ? "nothing lost, nothing doubled" : "FAILED");
process.exitCode = report.faults.length === 0 ? 0 : 1;
