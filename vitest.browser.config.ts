import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { fakeDevices, findBrowser, quietChromium } from "./lab/browsers.ts";

const executablePath = findBrowser("chromium");
if (executablePath === undefined)
	throw new Error("no Chromium on this machine; on Debian: apt-get install -y chromium");

const args = [...quietChromium, ...fakeDevices];

/** Tests in real Chromium: what only a browser has (IndexedDB, SharedWorker, Web Locks, WebRTC). */
export default defineConfig({
	test: {
		include: ["{packages,apps,lab}/**/*.browser.test.{ts,tsx}"],
		exclude: ["**/node_modules/**"],
		testTimeout: 60_000,
		globalSetup: ["test/home-for-browsers.ts"],
		browser: {
			enabled: true,
			headless: true,
			screenshotFailures: false,
			provider: playwright({ launchOptions: { executablePath, args } }),
			instances: [{ browser: "chromium" }],
		},
	},
	// Workers of the engine are modules.
	worker: { format: "es" },
	// What workers import is found before they start: a dependency that is found later breaks the worker that asked for it.
	// The same for the app's screens, which load in parts.
	optimizeDeps: {
		entries: ["packages/platform/src/browser/**/*worker*.ts", "packages/client/src/index.ts", "apps/web/src/main.tsx"],
		include: ["react/jsx-dev-runtime"],
	},
	define: { __SOTTO_BUILD__: JSON.stringify("test") },
});
