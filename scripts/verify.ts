// npm run verify: everything a change must pass, in about ten minutes on two cores.
import { runSteps, type Step } from "./steps.ts";
import { ensureTools } from "./tools.ts";

export const verifySteps: readonly Step[] = [
	{ kind: "check", name: "types of the core", command: "tsc", args: ["-p", "tsconfig.core.json"] },
	{ kind: "check", name: "types of Node code", command: "tsc", args: ["-p", "tsconfig.node.json"] },
	{ kind: "check", name: "types of the web app", command: "tsc", args: ["-p", "tsconfig.web.json"] },
	{ kind: "check", name: "lint", command: "oxlint", args: ["--type-aware", "--quiet"] },
	{ kind: "check", name: "format", command: "biome", args: ["format", "."] },
	{ kind: "check", name: "unused code", command: "knip", args: [] },
	{ kind: "vitest", name: "tests in Node", args: [] },
	{ kind: "vitest", name: "tests in Chromium", args: ["--config", "vitest.browser.config.ts"] },
];

if (import.meta.main) {
	process.exitCode = ensureTools() && (await runSteps(verifySteps)) ? 0 : 1;
}
