import {
	appendRoute,
	createLogRoute,
	encodeRequest,
	parseRefusal,
	parseResponse,
	readRoute,
	type Refusal,
	type Route,
} from "@sotto/api";
import { type Bytes, type Result, err, ok } from "@sotto/bytes";
import { capHash, deriveLogId, newAppendCap, newOwnerCap, newReadCap, randomBytes, recordHash } from "@sotto/crypto";
import type { LogLine, Store } from "@sotto/storage";
import type { Hono } from "hono";
import { testClock } from "../../door/src/clock.test-kit.ts";
import { openTestStore } from "../../storage/src/store.test-kit.ts";
import type { HomeCaps } from "./caps.ts";
import { createHome } from "./home.ts";

export type TestHome = {
	readonly app: Hono;
	readonly store: Store;
	readonly clock: ReturnType<typeof testClock>;
	readonly lines: LogLine[];
	readonly call: <Q extends object, A>(route: Route<Q, A>, request: Q) => Promise<Result<A, Refusal>>;
};

/** The home role on the real store, and a clock that the test moves. */
export async function openTestHome(caps?: HomeCaps): Promise<TestHome> {
	const [store, clock, lines] = [await openTestStore(), testClock(), [] as LogLine[]];
	const app = createHome({ store, clock, log: (line) => lines.push(line), ...(caps && { caps }) });
	return { app, store, clock, lines, call: (route, request) => callRoute(app, route, request) };
}

/** Sends one request to an app in this process, and parses what it answers. */
export async function callRoute<Q extends object, A>(
	app: Hono,
	route: Route<Q, A>,
	request: Q,
): Promise<Result<A, Refusal>> {
	const response = await post(app, route.path, encodeRequest(route, request));
	const body = new Uint8Array(await response.arrayBuffer());
	if (response.status !== 200) {
		const refusal = parseRefusal(body);
		if (!refusal.ok) throw new Error("a refusal must parse");
		return err(refusal.value);
	}
	const answer = parseResponse(route as Route<never, A>, body);
	if (!answer.ok) throw new Error(`a ${route.path} answer must parse: ${answer.error.kind}`);
	return ok(answer.value);
}

export async function post(
	app: Hono,
	path: string,
	body: Bytes,
	headers: { readonly [name: string]: string } = {},
): Promise<Response> {
	return app.request(path, { method: "POST", body, headers: { "content-type": "application/cbor", ...headers } });
}

/** The capabilities of a log, and the request that creates it. */
export function newLogCaps() {
	const [read, append, owner] = [newReadCap(), newAppendCap(), newOwnerCap()];
	const hashes = { read: capHash(read), append: capHash(append), owner: capHash(owner) };
	const logId = deriveLogId(hashes);
	const bytes = (cap: typeof read | typeof append | typeof owner): Bytes => cap.use((value) => value.slice());
	const creation = { logId, readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
	return { logId, readCap: bytes(read), appendCap: bytes(append), ownerCap: bytes(owner), creation };
}

export type LogCaps = ReturnType<typeof newLogCaps>;

/** Creates a new log at `home`. */
export async function createTestLog(home: TestHome): Promise<LogCaps> {
	const log = newLogCaps();
	const created = await home.call(createLogRoute, log.creation);
	if (!created.ok) throw new Error(created.error.code);
	return log;
}

/** Appends `record` (random by default), showing the read capability too. */
export function appendTo(home: TestHome, log: LogCaps, record: Bytes = randomBytes(2048), expectHead?: Bytes) {
	const { logId, appendCap, readCap } = log;
	const request = { logId, appendCap, readCap, dedupeId: recordHash(record), record };
	return home.call(appendRoute, expectHead === undefined ? request : { ...request, expectHead });
}

export function readFrom(home: TestHome, { logId, readCap }: LogCaps, after = 0, limit = 512) {
	return home.call(readRoute, { logId, readCap, after, limit });
}
