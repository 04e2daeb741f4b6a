import { createServer } from "node:net";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createLogRoute, encodeRequest, parseRefusal } from "@sotto/api";
import { files } from "@sotto/storage";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Running, sotto, startSotto, startTestServer, temporaryFolder } from "./sotto.test-kit.ts";

let folder = temporaryFolder();
const started: Running[] = [];
beforeEach(() => {
	folder = temporaryFolder();
});
afterEach(async () => {
	for (const running of started.splice(0)) await running.stop();
	folder.remove();
});
afterAll(() => folder.remove());

async function serve(...options: readonly string[]) {
	const server = await startTestServer(folder.path, ...options);
	started.push(server);
	return server;
}

test("it says where it is and where its data is, and stops on SIGTERM with exit code 0", async () => {
	const server = await serve();
	const [line] = server.lines;
	expect(line).toMatchObject({ type: "listening", roles: ["home", "notifier"], data: join(folder.path, "data") });
	expect(server.url).toMatch(/^http:\/\/localhost:\d+$/);
	const { code, stderr } = await server.stop();
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("an open WebSocket does not keep it from stopping", async () => {
	const server = await serve();
	const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/attach`);
	await new Promise((resolve) => socket.once("open", resolve));
	const closed = new Promise((resolve) => socket.once("close", resolve));
	expect((await server.stop()).code).toBe(0);
	await closed;
});

test("for people it says plainly what one operator of all roles can put together", async () => {
	const server = startSotto("serve", "--no-web", "--port", "0", "--data", join(folder.path, "data"));
	started.push(server);
	let text = "";
	server.child.stdout.on("data", (chunk: Buffer) => {
		text += chunk.toString();
	});
	await expect.poll(() => text, { timeout: 20_000 }).toContain("It cannot read or hear anything.");
	expect(text).toContain("One operator runs home, notifier, sfu");
	expect(text).toMatch(/Sotto is at {3}http:\/\/localhost:\d+/);
	expect(text).toContain(`Data folder   ${join(folder.path, "data")}`);
});

test("pages of any origin may call it, without credentials", async () => {
	const { url } = await serve();
	const preflight = await fetch(`${url}/v1/log/create`, {
		method: "OPTIONS",
		headers: {
			origin: "https://other.example",
			"access-control-request-method": "POST",
			"access-control-request-headers": "content-type",
		},
	});
	expect(preflight.status).toBe(204);
	expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
	expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
	expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
	const refused = await fetch(`${url}/v1/log/create`, {
		method: "POST",
		body: new Uint8Array([1, 2, 3]),
		headers: { "content-type": "application/cbor", origin: "https://other.example" },
	});
	expect(refused.status).toBe(400);
	expect(refused.headers.get("access-control-allow-origin")).toBe("*");
	expect(parseRefusal(new Uint8Array(await refused.arrayBuffer()))).toMatchObject({ value: { code: "malformed" } });
});

test("what it does not know is refused: routes by code, upgrades by 404, and a role that it does not play", async () => {
	const { url } = await serve("--roles", "notifier");
	const unknown = await fetch(`${url}/v1/nothing`, { method: "POST" });
	expect(parseRefusal(new Uint8Array(await unknown.arrayBuffer()))).toMatchObject({ value: { code: "unknownRoute" } });
	const body = encodeRequest(createLogRoute, {} as never);
	const home = await fetch(`${url}${createLogRoute.path}`, { method: "POST", body });
	expect(home.status).toBe(404);
	const socket = new WebSocket(`${url.replace("http", "ws")}/v1/elsewhere`);
	const failed = await new Promise<Error>((resolve) => socket.once("error", resolve));
	expect(failed.message).toContain("404");
});

test("its data folder is this user's alone and holds nothing but the declared files", async () => {
	const server = await serve();
	const data = join(folder.path, "data");
	expect(statSync(data).mode & 0o777).toBe(0o700);
	const declared = files.map(({ name }) => name);
	const present = readdirSync(data);
	expect(present.length).toBeGreaterThan(1);
	for (const name of present) {
		expect(declared).toContain(name);
		expect(statSync(join(data, name)).mode & 0o077).toBe(0);
	}
	await server.stop();
});

test("without a public address it listens on this machine alone", async () => {
	const { url } = await serve();
	const port = new URL(url).port;
	expect((await fetch(`http://127.0.0.1:${port}/v1/x`, { method: "POST" })).status).toBe(404);
	const { networkInterfaces } = await import("node:os");
	const outward = Object.values(networkInterfaces())
		.flatMap((entries) => entries ?? [])
		.find((entry) => !entry.internal && entry.family === "IPv4");
	if (outward === undefined) return;
	await expect(fetch(`http://${outward.address}:${port}/v1/x`, { method: "POST" })).rejects.toThrow();
	const open = await serve("--media-address", outward.address, "--data", join(folder.path, "other"));
	expect((await fetch(`${open.url}/v1/x`, { method: "POST" })).status).toBe(404);
	expect(new URL(open.url).hostname).toBe(outward.address);
});

test("a taken port and an unusable folder are refused in words", async () => {
	const holder = createServer();
	await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
	const { port } = holder.address() as { port: number };
	const taken = await sotto("serve", "--no-web", "--port", `${port}`, "--data", join(folder.path, "data"));
	holder.close();
	expect(taken).toMatchObject({ code: 1, stderr: `Port ${port} is in use. Choose another with --port.\n` });
	const unusable = await sotto("serve", "--no-web", "--port", "0", "--data", join(import.meta.filename, "data"));
	expect(unusable.code).toBe(1);
	expect(unusable.stderr).toContain("data folder cannot be made");
	const noKey = await sotto(
		"serve",
		"--no-web",
		"--port",
		"0",
		"--data",
		join(folder.path, "d"),
		"--tls-cert",
		"/no",
		"--tls-key",
		"/no",
	);
	expect(noKey.code).toBe(1);
	expect(noKey.stderr).toContain("certificate cannot be read");
});
