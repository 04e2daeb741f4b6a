import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebApp } from "./web-app.ts";

const folder = mkdtempSync(join(tmpdir(), "sotto-web-"));
const script = `console.log("${"sotto ".repeat(500)}")`;

beforeAll(() => {
	mkdirSync(join(folder, "assets"));
	mkdirSync(join(folder, ".vite"));
	writeFileSync(join(folder, "index.html"), "<!doctype html><title>Sotto</title>");
	writeFileSync(join(folder, "assets", "main-abc123.js"), script);
	writeFileSync(join(folder, ".vite", "manifest.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const app = () => createWebApp(folder, { "content-security-policy": "default-src 'none'" });

test("the page is asked for again each time, and is not sent again when it is the same", async () => {
	const first = await app().request("/");
	expect(first.status).toBe(200);
	expect(first.headers.get("content-type")).toBe("text/html; charset=utf-8");
	expect(first.headers.get("cache-control")).toBe("no-cache");
	const again = await app().request("/", { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
	expect(again.status).toBe(304);
});

test("a file whose name holds its hash is kept for ever", async () => {
	const response = await app().request("/assets/main-abc123.js");
	expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
	expect(await response.text()).toBe(script);
});

test("scripts are compressed as the browser likes it", async () => {
	const get = async (accepted: string) => {
		const response = await app().request("/assets/main-abc123.js", { headers: { "accept-encoding": accepted } });
		return { coding: response.headers.get("content-encoding"), body: Buffer.from(await response.arrayBuffer()) };
	};
	const brotli = await get("gzip, deflate, br, zstd");
	expect(brotli.coding).toBe("br");
	expect(brotliDecompressSync(brotli.body).toString()).toBe(script);
	const zipped = await get("gzip;q=1.0");
	expect(zipped.coding).toBe("gzip");
	expect(gunzipSync(zipped.body).toString()).toBe(script);
	expect((await get("")).coding).toBeNull();
});

test("the policy is on everything, what is not there included", async () => {
	for (const path of ["/", "/assets/main-abc123.js", "/nothing"]) {
		const response = await app().request(path);
		expect(response.headers.get("content-security-policy")).toBe("default-src 'none'");
	}
});

test("only files of the build are served: no path leads out of it, and none to the builder's own", async () => {
	for (const path of [
		"/../package.json",
		"/%2e%2e/package.json",
		"/assets/..%2f..%2fpackage.json",
		"/.vite/manifest.json",
	]) {
		expect((await app().request(path)).status).toBe(404);
	}
	expect((await app().request("/", { method: "POST" })).status).toBe(404);
});
