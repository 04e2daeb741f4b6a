import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bytes } from "@sotto/bytes";
import { utf8 } from "@sotto/bytes";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { createNodeTransport } from "./transport.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

async function serve(answer: RequestListener): Promise<{ url: string; server: Server }> {
	const server = createServer(answer);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const limits = { maxResponseBytes: 1_000, timeoutMs: 2_000 };

test("a body arrives as it was sent, as CBOR, without a cookie or a referrer", async () => {
	const seen: { body?: Buffer; headers?: object } = {};
	const { url } = await serve(async (request, response) => {
		seen.body = Buffer.concat(await request.toArray());
		seen.headers = request.headers;
		response.writeHead(201).end(Buffer.from([1, 2, 3]));
	});
	const answer = await createNodeTransport().post(`${url}/v1/x`, utf8("sealed"), limits);
	expect(answer).toMatchObject({ ok: true, value: { status: 201, body: new Uint8Array([1, 2, 3]) } });
	const { serverTime } = answer.ok ? answer.value : {};
	expect(Math.abs((serverTime ?? 0) - Date.now())).toBeLessThan(5_000);
	expect(seen.body?.toString()).toBe("sealed");
	expect(seen.headers).toMatchObject({ "content-type": "application/cbor" });
	expect(Object.keys(seen.headers ?? {})).not.toContain("cookie");
	expect(Object.keys(seen.headers ?? {})).not.toContain("referer");
});

test("an answer that is too long is given up, whether it says its length or not", async () => {
	const { url: stated } = await serve((_request, response) => response.end(Buffer.alloc(1_001)));
	const { url: streamed } = await serve((_request, response) => {
		response.write(Buffer.alloc(600));
		setTimeout(() => response.end(Buffer.alloc(600)), 20);
	});
	const transport = createNodeTransport();
	expect(await transport.post(stated, utf8(""), limits)).toEqual({ ok: false, error: { kind: "tooLarge" } });
	expect(await transport.post(streamed, utf8(""), limits)).toEqual({ ok: false, error: { kind: "tooLarge" } });
});

test("a redirect is not followed", async () => {
	let followed = false;
	const { url: elsewhere } = await serve((_request, response) => {
		followed = true;
		response.end();
	});
	const { url } = await serve((_request, response) => response.writeHead(307, { location: elsewhere }).end());
	expect(await createNodeTransport().post(url, utf8("x"), limits)).toEqual({
		ok: false,
		error: { kind: "unreachable" },
	});
	expect(followed).toBe(false);
});

test("silence ends at the time limit, also in the middle of a body, and nobody there is told at once", async () => {
	const { url: silent } = await serve(() => undefined);
	const { url: halfway } = await serve((_request, response) => response.write("a"));
	const transport = createNodeTransport();
	const short = { ...limits, timeoutMs: 150 };
	expect(await transport.post(silent, utf8(""), short)).toEqual({ ok: false, error: { kind: "unreachable" } });
	expect(await transport.post(halfway, utf8(""), short)).toEqual({ ok: false, error: { kind: "unreachable" } });
	expect((await transport.post("http://127.0.0.1:1", utf8(""), limits)).ok).toBe(false);
	expect((await transport.post("not a url", utf8(""), limits)).ok).toBe(false);
});

test("closing the transport ends requests under way", async () => {
	const { url } = await serve(() => undefined);
	const transport = createNodeTransport();
	const waiting = transport.post(url, utf8(""), { ...limits, timeoutMs: 60_000 });
	transport.close();
	expect(await waiting).toEqual({ ok: false, error: { kind: "unreachable" } });
});

function record() {
	const closed = Promise.withResolvers<void>();
	const opened = Promise.withResolvers<void>();
	const frames: Bytes[] = [];
	let closedTimes = 0;
	const handler = {
		opened: opened.resolve,
		received: (frame: Bytes) => frames.push(frame),
		closed: () => {
			closedTimes++;
			closed.resolve();
		},
	};
	return { handler, frames, opened: opened.promise, closed: closed.promise, closedTimes: () => closedTimes };
}

test("a socket carries binary frames both ways, and its end is told once", async () => {
	const { url, server } = await serve((_request, response) => response.end());
	const sockets = new WebSocketServer({ server });
	sockets.on("connection", (socket) => {
		socket.on("message", (data) => {
			socket.send(data);
			socket.close();
		});
	});
	const heard = record();
	const socket = createNodeTransport().connect(url.replace("http", "ws"), heard.handler);
	await heard.opened;
	socket.send(new Uint8Array([7, 8]));
	await heard.closed;
	expect(heard.frames).toEqual([new Uint8Array([7, 8])]);
	socket.close();
	expect(heard.closedTimes()).toBe(1);
});

test("a socket that cannot open, or that is sent text, is closed and says so", async () => {
	const nobody = record();
	createNodeTransport().connect("ws://127.0.0.1:1", nobody.handler);
	await nobody.closed;
	const nonsense = record();
	createNodeTransport().connect("nonsense", nonsense.handler);
	await nonsense.closed;

	const { url, server } = await serve((_request, response) => response.end());
	new WebSocketServer({ server }).on("connection", (socket) => socket.send("text"));
	const texted = record();
	createNodeTransport().connect(url.replace("http", "ws"), texted.handler);
	await texted.closed;
	expect(texted.frames).toEqual([]);
});
