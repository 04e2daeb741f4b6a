import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { build } from "vite";

type Chunk = { readonly file: string; readonly isEntry?: boolean; readonly imports?: readonly string[] };

const mostBytes = 250 * 1024;

describe("the product's build", () => {
	let folder = "";
	let chunks: Readonly<Record<string, Chunk>> = {};

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "sotto-first-load-"));
		// The test runner calls itself "test", and React would come in its development form.
		vi.stubEnv("NODE_ENV", "production");
		const configFile = join(import.meta.dirname, "../../vite.config.ts");
		await build({ configFile, build: { outDir: folder }, logLevel: "error" });
		chunks = JSON.parse(await readFile(join(folder, ".vite/manifest.json"), "utf8"));
	}, 120_000);
	afterAll(() => {
		vi.unstubAllEnvs();
		return rm(folder, { recursive: true, force: true });
	});

	/** The scripts that must be there before the first paint: the entry and all that it imports without being asked. */
	async function firstLoad(): Promise<ReadonlyMap<string, Buffer>> {
		const wanted = Object.keys(chunks).filter((name) => chunks[name]?.isEntry === true);
		const found = new Map<string, Buffer>();
		for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
			const chunk = chunks[name];
			if (chunk === undefined || found.has(chunk.file)) continue;
			found.set(chunk.file, await readFile(join(folder, chunk.file)));
			wanted.push(...(chunk.imports ?? []));
		}
		return found;
	}

	test("paints first with at most 250 KiB of gzip JavaScript", async () => {
		const sizes = [...(await firstLoad()).values()].map((bytes) => gzipSync(bytes).length);
		const sum = sizes.reduce((total, size) => total + size, 0);
		console.log(`first load: ${(sum / 1024).toFixed(1)} KiB gzip in ${sizes.length} scripts`);
		expect(sizes.length).toBeGreaterThan(1);
		expect(sum).toBeGreaterThan(60 * 1024);
		expect(sum).toBeLessThanOrEqual(mostBytes);
	});

	test("leaves calls, codes, settings and the panel for when they are wanted", async () => {
		const lazy = ["call/call-layer.tsx", "share/qr-code.tsx", "share/scanner.tsx", "settings/settings-room.tsx"];
		const first = await firstLoad();
		for (const name of [...lazy, "ledger/ledger-pane.tsx", "call/call-session.ts"]) {
			const chunk = chunks[`src/${name}`];
			expect(chunk, name).toBeDefined();
			expect(first.has(chunk?.file ?? ""), name).toBe(false);
		}
	});

	test("has no fixture of the tests, no address of another host and no inline script in it", async () => {
		const page = await readFile(join(folder, "index.html"), "utf8");
		expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|style=/);
		const scripts = await Promise.all(
			Object.values(chunks)
				.filter(({ file }) => file.endsWith(".js"))
				.map(({ file }) => readFile(join(folder, file), "utf8")),
		);
		const all = scripts.join("\n");
		expect(all).toContain("Create account");
		expect(all).not.toContain("Grandmother scanned it");
		// Addresses that are names (XML namespaces) or words for people (links in error messages) are never fetched; the policy sees to it.
		expect(all).not.toMatch(/(?:src|href|action)\s*[:=]\s*["'`]https?:\/\//);
	});
});
