import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startServer } from "../lab/server-process.ts";

/** Runs one server for all tests in the browser; `inject("home")` is its address. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = mkdtempSync(join(tmpdir(), "sotto-browser-tests-"));
	const server = await startServer(folder);
	if (server === undefined) throw new Error("nobody killed the server");
	project.provide("home", server.url);
	return async () => {
		await server.kill();
		rmSync(folder, { recursive: true, force: true });
	};
}
