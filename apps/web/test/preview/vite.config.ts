import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The preview of scenes, apart from the product's build. `SOTTO_PREVIEW_OUT` says where to put it. */
export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	base: "./",
	plugins: [react()],
	define: { __SOTTO_BUILD__: JSON.stringify("preview") },
	worker: { format: "es" },
	build: {
		outDir: process.env.SOTTO_PREVIEW_OUT ?? "dist",
		emptyOutDir: true,
		target: "es2023",
		// light-dark() as it is: rewritten for older browsers it would not follow the call's own dark stage.
		cssTarget: ["chrome123", "firefox128", "safari17.5"],
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
	},
});
