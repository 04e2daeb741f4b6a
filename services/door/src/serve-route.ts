import { encodeRefusal, parseRequest, type Refusal, refusals, type Route } from "@sotto/api";
import { type Bytes, type CborValue, concat, encodeCbor, err, ok, type Result } from "@sotto/bytes";
import { Hono } from "hono";

/** What a service does with a parsed request. An expected failure is a refusal; what it throws is a bug. */
export type Handler<Request, Response> = (request: Request) => Promise<Result<Response, Refusal>>;

/** Where a bug showed, without anything of the request in it. */
export type Fault = { readonly route: string; readonly error: string; readonly at: string };

export const bodyType = "application/cbor";

/** A service's app: whatever no route of it answers is refused with `unknownRoute`. */
export function createApp(): Hono {
	const app = new Hono();
	app.notFound(() => refuse({ code: "unknownRoute" }));
	return app;
}

/**
 * Answers one route of the contract: POST, application/cbor, a body that is measured before it is kept, parsed before
 * anything is done. Everything else gets a typed refusal, and a bug in `handle` is `unavailable` and told to `onFault`.
 */
export function serveRoute<Request extends object, Response>(
	app: Hono,
	route: Route<Request, Response>,
	handle: Handler<Request, Response>,
	onFault: (fault: Fault) => void,
): void {
	app.all(route.path, async (context) => {
		try {
			if (context.req.method !== "POST") return refuse({ code: "unknownRoute", at: "method" });
			if (context.req.header("content-type") !== bodyType) return refuse({ code: "malformed", at: "contentType" });
			const body = await readBody(context.req.raw, route.maxRequestBytes);
			if (!body.ok) return refuse(body.error);
			const request = parseRequest(route, body.value);
			if (!request.ok) return refuse(request.error);
			const answer = await handle(request.value);
			return answer.ok ? reply(200, encodeCbor(answer.value as CborValue)) : refuse(answer.error);
		} catch (thrown) {
			onFault({ route: route.path, ...describeFault(thrown) });
			return refuse({ code: "unavailable" });
		}
	});
}

/** A refusal as an HTTP response: its status and its body, docs/spec/errors.md. */
export function refuse(refusal: Refusal): Response {
	return reply(refusals[refusal.code].status, encodeRefusal(refusal));
}

function reply(status: number, body: Bytes): Response {
	return new Response(body, { status, headers: { "content-type": bodyType, "cache-control": "no-store" } });
}

/**
 * Reads a body of at most `maxBytes`. A declared length above that is refused before a byte is read; without a declared
 * length the bytes are counted as they come. Errors: `tooLarge`; `malformed` if the body breaks off.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Result<Bytes, Refusal>> {
	const declared = request.headers.get("content-length");
	if (declared !== null && !(Number(declared) <= maxBytes)) return err({ code: "tooLarge" });
	try {
		// The HTTP parser holds a sender to the length it declared, so this reads no more than that.
		const body = declared === null ? await readStream(request.body, maxBytes) : await request.arrayBuffer();
		if (body === undefined || body.byteLength > maxBytes) return err({ code: "tooLarge" });
		return ok(new Uint8Array(body));
	} catch {
		// The sender went away or broke the framing: bad input, whatever the stream calls it.
		return err({ code: "malformed", at: "body" });
	}
}

async function readStream(stream: Request["body"], maxBytes: number): Promise<ArrayBuffer | undefined> {
	if (stream === null) return new ArrayBuffer(0);
	const reader = stream.getReader();
	const parts: Uint8Array[] = [];
	let length = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return concat(...parts).buffer;
		length += value.length;
		if (length > maxBytes) {
			await reader.cancel();
			return undefined;
		}
		parts.push(value);
	}
}

/** The kind of an error and the line of ours it came from: never its message, which may hold something of a request. */
export function describeFault(thrown: unknown): { readonly error: string; readonly at: string } {
	if (!(thrown instanceof Error)) return { error: typeof thrown, at: "unknown" };
	const line = /([\w.-]+\.ts:\d+)/.exec((thrown.stack ?? "").split("\n").slice(1).join("\n"));
	return { error: thrown.name, at: line?.[1] ?? "unknown" };
}
