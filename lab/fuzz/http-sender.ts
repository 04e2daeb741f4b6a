import { Agent, request } from "node:http";
import { connect } from "node:net";
import { parseRefusal, parseResponse, refusals, type Route } from "@sotto/api";
import type { Bytes } from "@sotto/bytes";
import type { HttpCase } from "./http-cases.ts";
import { below, type Chance, pick, someBytes } from "./mutate.ts";

export type HttpAnswer =
	| { readonly kind: "answered"; readonly status: number; readonly body: Bytes }
	| { readonly kind: "broken"; readonly code: string };

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends a case as it is, valid HTTP around whatever body. */
export function sendHttp(url: string, { method, path, headers, body, declaresLength }: HttpCase): Promise<HttpAnswer> {
	return new Promise((resolve) => {
		const framing = declaresLength ? { "content-length": String(body.length) } : { "transfer-encoding": "chunked" };
		const { hostname, port } = new URL(url);
		const options = { hostname, port, path, method, agent, headers: { ...headers, ...framing } };
		const sent = request(options, (response) => {
			const parts: Buffer[] = [];
			response.on("data", (part: Buffer) => parts.push(part));
			response.on("error", () => resolve({ kind: "broken", code: "response" }));
			const status = response.statusCode ?? 0;
			response.on("end", () => resolve({ kind: "answered", status, body: new Uint8Array(Buffer.concat(parts)) }));
		});
		sent.on("error", (error: NodeJS.ErrnoException) => resolve({ kind: "broken", code: error.code ?? "error" }));
		sent.end(body);
	});
}

/** What is wrong with an answer; undefined if it is a typed refusal or a valid answer of its route. */
export function faultOfAnswer(
	routes: readonly Route<object, unknown>[],
	path: string,
	answer: HttpAnswer,
): string | undefined {
	if (answer.kind === "broken") {
		// A server that has refused a body need not read the rest of it.
		return ["EPIPE", "ECONNRESET"].includes(answer.code) ? undefined : `no answer: ${answer.code}`;
	}
	if (answer.status === 200) {
		const route = routes.find((candidate) => candidate.path === path);
		if (route === undefined) return "an answer where no route is";
		return parseResponse(route as Route<never, unknown>, answer.body).ok ? undefined : "an answer that does not parse";
	}
	const refusal = parseRefusal(answer.body);
	if (!refusal.ok) return `status ${answer.status} without a typed refusal`;
	const { status } = refusals[refusal.value.code];
	if (refusal.value.code === "unavailable") return "unavailable: a request has met a bug";
	return status === answer.status ? undefined : `${refusal.value.code} with status ${answer.status}`;
}

/** Bytes that are not even HTTP, or promise a body that does not come. The connection may end in any way. */
export function sendGarbage(url: string, chance: Chance): Promise<void> {
	const { hostname, port } = new URL(url);
	const start = pick(chance, [
		"",
		"POST /v1/log/append HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\nContent-Length: 3000\r\n\r\n",
		"POST /v1/log/append HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
		"POST /v1/log/read HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"GET /v1/attach HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"GET /v1/attach HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	]);
	const rest = someBytes(chance, below(chance, 300));
	return new Promise((resolve) => {
		const socket = connect({ host: hostname, port: Number(port) });
		socket.on("error", () => socket.destroy());
		socket.on("close", () => resolve());
		socket.resume();
		socket.end(Buffer.concat([Buffer.from(start, "latin1"), rest]));
		setTimeout(() => socket.destroy(), 300);
	});
}

/** Ends the connections that were kept open. */
export function closeSender(): void {
	agent.destroy();
}
