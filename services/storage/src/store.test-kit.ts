import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Store } from "./port.ts";
import { openSqliteStore } from "./sqlite/open-store.ts";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "sotto-test-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** The real store on a real file, closed when the test ends. */
export async function openTestStore(folder = temporaryFolder(), maxBytes = 2 ** 30): Promise<Store> {
	const opened = await openSqliteStore({ path: join(folder, "home.db"), maxBytes });
	if (!opened.ok) throw new Error(opened.error.message);
	onTestFinished(() => opened.value.close());
	return opened.value;
}
