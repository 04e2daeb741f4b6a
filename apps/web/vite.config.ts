import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The build's name in "About": the commit it was made from, where that is known. */
function commit(): string {
	try {
		return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
			cwd: import.meta.dirname,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	} catch {
		return "unknown";
	}
}

const build = process.env.SOTTO_BUILD ?? commit();

export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	base: "/",
	plugins: [react()],
	define: { __SOTTO_BUILD__: JSON.stringify(build) },
	worker: { format: "es" },
	build: {
		outDir: "dist",
		emptyOutDir: true,
		target: "es2023",
		// light-dark() as it is: rewritten for older browsers it would not follow the call's own dark stage.
		cssTarget: ["chrome123", "firefox128", "safari17.5"],
		// No inlined data: the policy allows none, and every file carries its hash.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		manifest: true,
	},
});
