// npm run crash:server -- [--kills 50] [--writers 4] [--seed N]: kill -9 of the server while clients write.
import { parseArgs } from "node:util";
import { seeded } from "../seeded.ts";
import { runCrashes } from "./crash-run.ts";

const { values } = parseArgs({
	options: {
		kills: { type: "string", default: "50" },
		writers: { type: "string", default: "4" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
	},
});
const report = await runCrashes({
	kills: Number(values.kills),
	writers: Number(values.writers),
	chance: seeded(Number(values.seed)),
	onKill: (done) => done % 10 === 0 && console.log(`${done} kills`),
});
console.log(
	`seed ${values.seed}: ${report.kills} kills (${report.killsWhileStarting} while starting), ${report.logs} logs, ` +
		`${report.acknowledged} acknowledged appends, ${report.repeated} sent again`,
);
for (const fault of report.faults.slice(0, 20)) console.error(fault);
console.log(report.faults.length === 0 ? "every acknowledged record is there, once, under its head" : "FAILED");
process.exitCode = report.faults.length === 0 ? 0 : 1;
