import { defineConfig } from "vitest/config";

// End to end, with real browsers and processes: one file after another, because sound and picture need the machine's time.
export default defineConfig({
	test: {
		include: ["{packages,services,apps,lab,test}/**/*.e2e.test.ts"],
		exclude: ["**/node_modules/**"],
		testTimeout: 180_000,
		hookTimeout: 180_000,
		// Sound and picture in real time on a machine that others may be using: what fails twice has failed.
		retry: 1,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
