import type { Crash, GroupAct, Plan, Step } from "./plan.ts";
import { type Report, runWorld } from "./run-world.ts";
import { calm } from "./wire.ts";

/** A change of a group, what came before it, and how many of the three people it concerns. */
type Scene = {
	readonly name: string;
	readonly before: readonly GroupAct[];
	readonly act: GroupAct;
	readonly concerns: number;
};

const founded: GroupAct = { do: "found", who: 0, others: [1] };
const added: GroupAct = { do: "add", who: 0, whom: 2, group: 0 };

const people = 3;

const scenes: readonly Scene[] = [
	{ name: "founding", before: [], act: founded, concerns: 2 },
	{ name: "adding", before: [founded], act: added, concerns: people },
	{ name: "removing", before: [founded, added], act: { do: "remove", who: 0, whom: 2, group: 0 }, concerns: people },
	{ name: "leaving", before: [founded, added], act: { do: "leave", who: 2, group: 0 }, concerns: people },
	{
		name: "naming",
		before: [founded, added],
		act: { do: "nameGroup", who: 0, group: 0, name: "Renamed" },
		concerns: people,
	},
];

/** In which change whose device dies, and on which side of an effect. */
export type Course = { readonly name: string; readonly who: number; readonly moment: Crash["moment"] };

/** Every change with everybody's device dying in it. */
export const courses: readonly Course[] = scenes.flatMap(({ name, concerns }) =>
	Array.from({ length: concerns }, (_, who) => who).flatMap((who) =>
		(["before", "after"] as const).map((moment) => ({ name, who, moment })),
	),
);

/**
 * Lives through a course once for every `stride`-th effect from `first` on, until the device outlives the change. Yields the
 * worlds in which it died, and at which effect.
 */
export async function* dieThrough(
	course: Course,
	{ first = 1, stride = 1 }: { readonly first?: number; readonly stride?: number } = {},
): AsyncGenerator<{ readonly effects: number; readonly plan: Plan; readonly report: Report }> {
	for (let effects = first; ; effects += stride) {
		const plan = deathIn(course, effects);
		const report = await runWorld(plan);
		if (report.sums["client crashes"] === 0) return;
		yield { effects, plan, report };
	}
}

/** A calm world of three people in which a device dies at its n-th effect from a change of a group on, and comes back. */
function deathIn({ name, who, moment }: Course, effects: number): Plan {
	const { before, act } = scenes.find((scene) => scene.name === name) as Scene;
	const steps: Step[] = [
		{ at: 2_000, do: "ask", who: 1, whom: 0, greets: false },
		{ at: 2_500, do: "ask", who: 2, whom: 0, greets: false },
	];
	let at = 60_000;
	for (const one of before) {
		steps.push({ at, ...one });
		at += 30_000;
	}
	steps.push({ at: at - 1, do: "crash", who, effects, moment, downMs: 3_000 }, { at, ...act });
	steps.push({ at: at + 40_000, do: "sayInGroup", who: 0, group: 0, count: 1 });
	return {
		seed: effects,
		people,
		weather: calm,
		diskMs: 0,
		skewMs: 0,
		rules: { maxLogRecords: 4096, maxCommitsInLog: 32, maxOwnInEpoch: 100 },
		xWing: false,
		steps,
		endAt: at + 60_000,
	};
}
