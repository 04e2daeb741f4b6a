import { expect, test } from "vitest";
import { courses, dieThrough } from "./everywhere.ts";

/** Every effect is tried by `npm run world -- --everywhere`. */
const stride = 9;

test.each(courses.map((course, index) => ({ ...course, first: 1 + (index % 4) })))(
	"C1, C4, C9: device $who dies $moment an effect of $name in a group, and everything is as if it had not",
	{ timeout: 180_000 },
	async ({ first, ...course }) => {
		let [deaths, groups] = [0, 0];
		for await (const { effects, report } of dieThrough(course, { first, stride })) {
			expect(report.faults, `${course.name}, effect ${effects}`).toEqual([]);
			deaths += report.sums["client crashes"] ?? 0;
			// Of a founder that dies at the very first there is none.
			groups += report.looks.get("a group goes on") ?? 0;
		}
		expect(deaths).toBeGreaterThan(0);
		expect(groups).toBeGreaterThan(0);
	},
);
