import { expect, test } from "vitest";
import { planOf } from "./plan.ts";
import { shrink, shrinkPlan } from "./shrink.ts";

test("of many things those are left that have to be there together", async () => {
	const all = Array.from({ length: 40 }, (_, i) => i);
	let runs = 0;
	const left = await shrink(all, async (some) => {
		runs++;
		return [3, 17, 31].every((needed) => some.includes(needed));
	});
	expect(left).toEqual([3, 17, 31]);
	expect(runs).toBeLessThan(80);
});

test("a plan shrinks only as long as the same property is broken", async () => {
	const plan = planOf(3);
	const needed = plan.steps.filter((step) => step.do === "ask");
	expect(needed.length).toBeGreaterThan(0);
	const left = await shrinkPlan(plan, ["who asked has a conversation: P0"], async ({ steps }) => {
		const isBroken = needed.every((step) => steps.includes(step));
		return { faults: [isBroken ? "who asked has a conversation: P0 and P1" : "another property: P0"] };
	});
	expect(left.steps).toEqual(needed);
});
