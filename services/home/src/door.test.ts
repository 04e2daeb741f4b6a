import { appendRoute, createLogRoute, encodeRequest, parseRefusal, readRoute } from "@sotto/api";
import { encodeCbor } from "@sotto/bytes";
import { describe, expect, test } from "vitest";
import { describeFault } from "@sotto/door";
import { defaultCaps } from "./caps.ts";
import { createHome } from "./home.ts";
import { appendTo, createTestLog, newLogCaps, openTestHome, post } from "./home.test-kit.ts";
import { sweepOnce, startSweeping } from "./sweeping.ts";

async function refusalOf(response: Response) {
	expect(response.headers.get("content-type")).toBe("application/cbor");
	const refusal = parseRefusal(new Uint8Array(await response.arrayBuffer()));
	if (!refusal.ok) throw new Error("not a refusal");
	return { status: response.status, ...refusal.value };
}

describe("what is not a request of the contract gets a typed refusal", () => {
	test("wrong route, wrong method, wrong content type", async () => {
		const { app } = await openTestHome();
		const body = encodeRequest(createLogRoute, newLogCaps().creation);
		expect(await refusalOf(await post(app, "/v1/log/nothing", body))).toEqual({ status: 404, code: "unknownRoute" });
		expect(await refusalOf(await app.request(createLogRoute.path))).toMatchObject({ status: 404, at: "method" });
		const text = await post(app, createLogRoute.path, body, { "content-type": "text/plain" });
		expect(await refusalOf(text)).toEqual({ status: 400, code: "malformed", at: "contentType" });
	});

	test("bytes that are no CBOR, an unknown version, a missing and an unknown field", async () => {
		const { app } = await openTestHome();
		const { creation } = newLogCaps();
		const send = async (body: Uint8Array<ArrayBuffer>) => refusalOf(await post(app, createLogRoute.path, body));
		expect(await send(new Uint8Array([255, 0, 1]))).toMatchObject({ status: 400, code: "malformed" });
		expect(await send(new Uint8Array())).toMatchObject({ code: "malformed" });
		expect(await send(encodeCbor({ v: 2, ...creation }))).toEqual({ status: 400, code: "unknownVersion" });
		expect(await send(encodeCbor({ v: 1, logId: creation.logId }))).toMatchObject({ at: "body.readHash" });
		expect(await send(encodeCbor({ v: 1, ...creation, more: 1 }))).toMatchObject({ at: "body.more" });
		expect(await send(encodeCbor({ v: 1, ...creation, logId: new Uint8Array(31) }))).toMatchObject({
			at: "body.logId",
		});
	});

	test("a body that is too large is refused by its declared length, before it is read", async () => {
		const { app } = await openTestHome();
		let pulled = 0;
		const endless = new ReadableStream({
			pull(controller) {
				pulled++;
				controller.enqueue(new Uint8Array(1024));
			},
		});
		const headers = { "content-type": "application/cbor", "content-length": "1000000" };
		const options = { method: "POST", body: endless, headers, duplex: "half" };
		expect(await refusalOf(await app.request(readRoute.path, options))).toEqual({ status: 413, code: "tooLarge" });
		expect(pulled).toBeLessThan(3);
	});

	test("a body without a declared length is counted while it comes, and cut off", async () => {
		const { app } = await openTestHome();
		let pulled = 0;
		const endless = new ReadableStream({
			pull(controller) {
				pulled++;
				controller.enqueue(new Uint8Array(65_536));
			},
		});
		const options = { method: "POST", body: endless, headers: { "content-type": "application/cbor" }, duplex: "half" };
		expect(await refusalOf(await app.request(appendRoute.path, options))).toEqual({ status: 413, code: "tooLarge" });
		expect(pulled).toBeLessThan(20);
	});
});

describe("caps on what anybody may create", () => {
	const caps = { ...defaultCaps, logs: { burst: 2, perSecond: 1 / 60 }, storedBytes: { burst: 4096, perSecond: 1 } };

	test("beyond the cap creating is refused; what exists stays free; time brings it back", async () => {
		const home = await openTestHome(caps);
		const first = await createTestLog(home);
		await createTestLog(home);
		const third = newLogCaps();
		expect(await home.call(createLogRoute, third.creation)).toEqual({ ok: false, error: { code: "tooManyLogs" } });
		expect((await home.call(createLogRoute, first.creation)).ok).toBe(true);
		expect((await home.call(createLogRoute, first.creation)).ok).toBe(true);
		home.clock.advance(60_000);
		expect((await home.call(createLogRoute, third.creation)).ok).toBe(true);
	});

	test("beyond the cap of bytes appends are refused; a repeated one costs nothing", async () => {
		const home = await openTestHome(caps);
		const log = await createTestLog(home);
		const record = new Uint8Array(2048).fill(1);
		await appendTo(home, log, record);
		expect((await appendTo(home, log, record)).ok).toBe(true);
		expect((await appendTo(home, log, new Uint8Array(2048).fill(2))).ok).toBe(true);
		expect(await appendTo(home, log)).toEqual({ ok: false, error: { code: "tooManyRequests" } });
	});

	test("a cap that was reached is logged once an hour, without saying by whom", async () => {
		const home = await openTestHome({ ...caps, logs: { burst: 0, perSecond: 0 } });
		for (let i = 0; i < 5; i++) await home.call(createLogRoute, newLogCaps().creation);
		expect(home.lines).toEqual([{ event: "limited", role: "home", what: "logs" }]);
		home.clock.advance(3_600_000);
		await home.call(createLogRoute, newLogCaps().creation);
		expect(home.lines).toHaveLength(2);
	});
});

describe("what home logs", () => {
	test("a bug is unavailable to the client, and a line without anything of the request to the operator", async () => {
		const home = await openTestHome();
		const broken = { ...home.store, createLog: () => Promise.reject(new Error("a message with a secret in it")) };
		const lines: unknown[] = [];
		const app = createHome({ store: broken, clock: home.clock, log: (line) => lines.push(line) });
		const response = await post(app, createLogRoute.path, encodeRequest(createLogRoute, newLogCaps().creation));
		expect(await refusalOf(response)).toEqual({ status: 503, code: "unavailable" });
		expect(lines).toEqual([
			{
				event: "fault",
				role: "home",
				route: createLogRoute.path,
				error: "Error",
				at: expect.stringMatching(/\.ts:\d+$/),
			},
		]);
		expect(JSON.stringify(lines)).not.toContain("secret");
		expect(describeFault("text")).toEqual({ error: "string", at: "unknown" });
	});

	test("requests that are answered or refused leave no line", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		await appendTo(home, log);
		await appendTo(home, { ...log, appendCap: log.readCap });
		await post(home.app, "/nowhere", new Uint8Array(3));
		expect(home.lines).toEqual([]);
	});
});

describe("sweeping", () => {
	test("L4 expired records go by themselves, within the hour, and sums of them are logged", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		await appendTo(home, log);
		home.clock.advance(90 * 24 * 3_600_000 + 2 * 3_600_000);
		await sweepOnce({ ...home, log: (line) => home.lines.push(line) });
		expect(home.lines).toEqual([{ event: "swept", records: 1, logs: 0, blobs: 0 }]);
	});

	test("the sweeper comes again every hour until it is stopped", async () => {
		const home = await openTestHome();
		let sweeps = 0;
		const store = {
			...home.store,
			sweep: (request: Parameters<typeof home.store.sweep>[0]) => {
				sweeps++;
				return home.store.sweep(request);
			},
		};
		const stop = startSweeping({ ...home, store, log: () => {} });
		home.clock.advance(3_600_000);
		home.clock.advance(3_600_000);
		stop();
		home.clock.advance(3_600_000);
		expect(sweeps).toBe(3);
	});
});
