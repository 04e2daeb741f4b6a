import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@sotto/bytes";
import { afterAll, expect, test } from "vitest";
import { testStore } from "../store.test-kit.ts";
import { openNodeStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "sotto-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(profile: string) {
	const opened = await openNodeStore(join(folder, profile), 100);
	if (!opened.ok) throw new Error(opened.error.kind);
	return opened.value;
}

testStore("SQLite", open);

test("only this user may read a profile", async () => {
	const store = await open("private");
	await store.write([{ op: "put", key: "a", value: utf8("secret") }]);
	expect(statSync(join(folder, "private")).mode & 0o777).toBe(0o700);
	expect(statSync(join(folder, "private", "profile.sqlite")).mode & 0o777).toBe(0o600);
	expect(statSync(join(folder, "private", "profile.sqlite-wal")).mode & 0o777).toBe(0o600);
	await store.close();
});

test("a second process finds the profile locked, and free as soon as the first is killed", async () => {
	const profile = join(folder, "contested");
	const script = join(folder, "holder.ts");
	const module = JSON.stringify(new URL("./store.ts", import.meta.url).href);
	writeFileSync(
		script,
		`import { openNodeStore } from ${module};
		const opened = await openNodeStore(process.argv[2]);
		await opened.value.write([{ op: "put", key: "from", value: new TextEncoder().encode("the holder") }]);
		console.log("held");
		setInterval(() => {}, 1000);`,
	);
	const holder = spawn(process.execPath, [script, profile], { stdio: ["ignore", "pipe", "inherit"] });
	await new Promise((resolve) => holder.stdout.once("data", resolve));
	expect(await openNodeStore(profile, 200)).toEqual({ ok: false, error: { kind: "locked" } });

	const waiting = openNodeStore(profile, 5_000);
	holder.kill("SIGKILL");
	const opened = await waiting;
	if (!opened.ok) throw new Error(opened.error.kind);
	expect(await opened.value.get("from")).toEqual({ ok: true, value: utf8("the holder") });
	await opened.value.close();
});

test("a profile whose file is no database is told as unavailable, not overwritten", async () => {
	const profile = join(folder, "broken");
	await (await open("broken")).close();
	writeFileSync(join(profile, "profile.sqlite"), "this is not a database, it is a letter to a friend".repeat(100));
	expect(await openNodeStore(profile, 100)).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
});
