import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/*.browser.test.ts", "**/*.e2e.test.ts"];

export default defineConfig({
	test: {
		testTimeout: 60_000,
		// Most tests with processes or clients wait more than they compute.
		maxWorkers: availableParallelism() + 1,
		projects: [
			{ extends: true, test: { name: "packages", include: ["packages/**/*.test.ts"], exclude } },
			{
				extends: true,
				test: {
					name: "processes",
					include: ["{services,apps,lab,test,scripts}/**/*.test.ts"],
					exclude,
					// Real processes in real time on a machine that others may be using: what fails twice has failed.
					retry: 1,
					testTimeout: 180_000,
				},
			},
		],
	},
});
