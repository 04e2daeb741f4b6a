import type { Plan } from "./plan.ts";

/** Leaves out of a list what is not needed for it to fail, larger pieces first; none of what is left can be left out alone. */
export async function shrink<T>(
	all: readonly T[],
	fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
	let kept = all;
	for (let size = Math.ceil(all.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
		for (let from = 0; from < kept.length; ) {
			const without = kept.toSpliced(from, size);
			if (await fails(without)) kept = without;
			else from += size;
		}
	return kept;
}

/** The shortest plan found that breaks the same property as `plan`. */
export async function shrinkPlan(
	plan: Plan,
	faults: readonly string[],
	run: (plan: Plan) => Promise<{ readonly faults: readonly string[] }>,
): Promise<Plan> {
	const broken = new Set(faults.map(propertyOf));
	const steps = await shrink(plan.steps, async (some) => {
		const report = await run({ ...plan, steps: some });
		return report.faults.some((fault) => broken.has(propertyOf(fault)));
	});
	return { ...plan, steps };
}

function propertyOf(fault: string): string | undefined {
	return fault.split(":")[0];
}
