import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["{packages,services,apps,lab,test,scripts}/**/*.test.ts"],
		exclude: ["**/node_modules/**", "**/*.browser.test.ts", "**/*.e2e.test.ts"],
		testTimeout: 30_000,
	},
});
