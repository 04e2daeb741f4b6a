// npm run world -- [--groups] [--villains] [--devices] [--seeds 100] [--first 1] [--shrink]: lives through many worlds and holds what screens show against
// what happened. Ctrl-C ends it with the sums so far; --shrink prints, of each seed that fails, the shortest plan that still does.
// npm run world -- --everywhere: one world for every effect of every change of a group at which a device can die.
import { parseArgs } from "node:util";
import { courses, dieThrough } from "./everywhere.ts";
import { flagsOf, planFor } from "./flavour.ts";
import type { Plan } from "./plan.ts";
import { type Report, runWorld } from "./run-world.ts";
import { shrinkPlan } from "./shrink.ts";

const { values } = parseArgs({
	options: {
		groups: { type: "boolean", default: false },
		villains: { type: "boolean", default: false },
		devices: { type: "boolean", default: false },
		everywhere: { type: "boolean", default: false },
		shrink: { type: "boolean", default: false },
		seeds: { type: "string", default: "100" },
		first: { type: "string", default: "1" },
	},
});
const { groups, villains, devices } = values;
const flavour = { groups, villains, devices };
const [first, count] = [Number(values.first), Number(values.seeds)];
const started = performance.now();
const sums = new Map<string, number>();
const looks = new Map<string, number>();
const add = (to: Map<string, number>, name: string, n: number) => to.set(name, (to.get(name) ?? 0) + n);
let failed = 0;
let lived = 0;
let isOver = false;
process.once("SIGINT", () => {
	isOver = true;
});

type Lived = { readonly what: string; readonly plan: Plan; readonly report: Report };

async function* seeds(): AsyncGenerator<Lived> {
	for (let seed = first; seed < first + count; seed++) {
		const plan = planFor(seed, flavour);
		const what = `seed ${seed}: npm run world -- ${flagsOf(flavour)}--first ${seed} --seeds 1`;
		yield { what, plan, report: await runWorld(plan) };
	}
}

async function* deaths(): AsyncGenerator<Lived> {
	for (const course of courses)
		for await (const { effects, ...lived } of dieThrough(course))
			yield { what: `${course.name}: device ${course.who} dies ${course.moment} effect ${effects}`, ...lived };
}

async function tell(what: string, plan: Plan, report: Report): Promise<void> {
	failed++;
	console.error(what);
	for (const fault of report.faults.slice(0, 10)) console.error(`  ${fault}`);
	if (!values.shrink) return;
	const { steps } = await shrinkPlan(plan, report.faults, runWorld);
	console.error(`  ${steps.length} of ${plan.steps.length} steps are enough:`);
	for (const step of steps) console.error(`    ${JSON.stringify(step)}`);
}

for await (const { what, plan, report } of values.everywhere ? deaths() : seeds()) {
	lived++;
	for (const [name, n] of Object.entries(report.sums)) add(sums, name, n);
	for (const [name, n] of report.looks) add(looks, name, n);
	if (lived % 100 === 0) console.error(`up to ${what}: ${lived} worlds, ${failed} failed`);
	if (report.faults.length > 0) await tell(what, plan, report);
	if (isOver) break;
}
for (const [name, n] of sums) console.log(`${String(n).padStart(9)}  ${name}`);
for (const [name, n] of looks) console.log(`${String(n).padStart(9)}  looks: ${name}`);
console.log(`${failed} of ${lived} worlds failed, in ${Math.round((performance.now() - started) / 1000)} s`);
process.exit(failed === 0 ? 0 : 1);
