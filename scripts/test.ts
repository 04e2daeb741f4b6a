// npm test: verify, then the end-to-end tests in real browsers.
import { runSteps } from "./steps.ts";
import { ensureTools } from "./tools.ts";
import { verifySteps } from "./verify.ts";

const endToEnd = { kind: "vitest", name: "end to end", args: ["--config", "vitest.e2e.config.ts"] } as const;

process.exitCode = ensureTools() && (await runSteps([...verifySteps, endToEnd])) ? 0 : 1;
