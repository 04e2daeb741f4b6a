import { defineConfig } from "vitest/config";

// End to end, with real browsers and processes: one file after another, because sound and picture need the machine's time.
export default defineConfig({
	test: {
		include: ["{packages,services,apps,lab,test}/**/*.e2e.test.ts"],
		exclude: ["**/node_modules/**"],
		testTimeout: 180_000,
		hookTimeout: 180_000,
		// Sound and picture in real time: where two browsers encode and decode on the same two cores, one call in three is heard badly. What fails three
		// times has failed.
		retry: 2,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
