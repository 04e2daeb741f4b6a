import { appendRoute, encodeRefusal, notifierKeyRoute } from "@sotto/api";
import { type Bytes, encodeCbor, err, ok } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock, Transport } from "../ports.ts";
import { TestStore } from "../store/memory.test-kit.ts";
import { Ledger, ledgerLength } from "./ledger.ts";
import { Retry } from "./retry.ts";
import { isPassing, Services } from "./services.ts";
import { Troubles } from "./troubles.ts";

/** A clock that moves when told, and wakes in order. */
function testClock() {
	let now = 1000;
	let waiting: { at: number; work: () => void }[] = [];
	const clock: Clock = {
		now: () => now,
		wakeAt(at, work) {
			const entry = { at, work };
			waiting.push(entry);
			return () => {
				waiting = waiting.filter((other) => other !== entry);
			};
		},
	};
	return {
		...clock,
		advance(ms: number) {
			now += ms;
			const due = waiting.filter(({ at }) => at <= now);
			waiting = waiting.filter(({ at }) => at > now);
			for (const { work } of due) work();
		},
	};
}

function services(answer: { status: number; body: Bytes } | "unreachable") {
	const store = new TestStore();
	const clock = testClock();
	const ledger = new Ledger(store, clock, () => undefined);
	const transport: Transport = {
		post: async () => (answer === "unreachable" ? err({ kind: "unreachable" }) : ok(answer)),
		connect: () => ({ send: () => undefined, close: () => undefined }),
	};
	return {
		ledger,
		store,
		clock,
		services: new Services(transport, clock, ledger, new Troubles(() => undefined), "http://home.test"),
	};
}

const purpose = { cause: undefined };

test("an answer is parsed by its contract; refusals keep their code, anything else is a bad answer or no answer", async () => {
	const ask = (answer: Parameters<typeof services>[0]) => services(answer).services.call(notifierKeyRoute, {}, purpose);
	const publicKey = new Uint8Array(32);
	expect(await ask({ status: 200, body: encodeCbor({ publicKey }) })).toEqual({ ok: true, value: { publicKey } });
	expect(await ask({ status: 200, body: encodeCbor({ publicKey, more: 1 }) })).toMatchObject({
		error: { kind: "badAnswer" },
	});
	const refused = await ask({ status: 429, body: encodeRefusal({ code: "tooManyLogs" }) });
	expect(refused).toMatchObject({ error: { kind: "refused", code: "tooManyLogs", retryable: true } });
	expect(await ask({ status: 502, body: new Uint8Array([60]) })).toMatchObject({ error: { kind: "unreachable" } });
	expect(await ask({ status: 404, body: new Uint8Array([60]) })).toMatchObject({ error: { kind: "badAnswer" } });
	expect(await ask("unreachable")).toMatchObject({ error: { kind: "unreachable" } });
	if (!refused.ok) expect(isPassing(refused.error)).toBe(true);
});

test("no bytes and no status make the reader of answers throw", async () => {
	await fc.assert(
		fc.asyncProperty(fc.integer({ min: 100, max: 599 }), fc.uint8Array({ maxLength: 200 }), async (status, body) => {
			const answered = await services({ status, body: new Uint8Array(body) }).services.call(
				notifierKeyRoute,
				{},
				purpose,
			);
			expect(typeof answered.ok).toBe("boolean");
		}),
	);
});

test("the ledger notes ids shortened and sizes, never a capability, a key or content", async () => {
	const { services: door, ledger } = services({
		status: 200,
		body: encodeCbor({ tip: { seq: 1, head: new Uint8Array(32) } }),
	});
	const secret = new Uint8Array(32).fill(0xab);
	const request = {
		logId: new Uint8Array(32).fill(0x11) as never,
		appendCap: secret,
		readCap: secret,
		dedupeId: secret,
		record: new Uint8Array(2048).fill(0xab),
	};
	await door.call(appendRoute, request, { cause: { kind: "message", title: "Ada" }, item: "item" });
	const [line] = ledger.of("item");
	expect(line?.saw).toEqual([
		{ field: "log", value: "11111111…" },
		{ field: "bytes", value: 2048 },
	]);
	expect(JSON.stringify(ledger.newest(10))).not.toMatch(/abab|171,171/);
});

test("the ledger keeps the last 2,000 lines, newest first, over a restart", async () => {
	const { ledger, store, clock } = services("unreachable");
	const line = (at: number) => ({
		at,
		cause: undefined,
		role: "home" as const,
		action: "read" as const,
		saw: [],
		item: undefined,
	});
	for (let batch = 0; batch < 25; batch++) {
		ledger.note(Array.from({ length: 100 }, (_, i) => line(batch * 100 + i)));
		await ledger.flush();
	}
	expect(store.rows.size).toBe(ledgerLength);
	const again = new Ledger(store, clock, () => undefined);
	await again.load();
	expect(again.newest(5000)).toHaveLength(ledgerLength);
	expect(again.newest(3).map(({ at }) => at)).toEqual([2499, 2498, 2497]);
	again.note([line(9999)]);
	expect(again.newest(1)[0]?.at).toBe(9999);
	expect(new Set(again.newest(5000).map(({ id }) => id)).size).toBe(again.newest(5000).length);
});

test("retries wait longer each time up to a minute, at once when told, and not at all after a reset", () => {
	const clock = testClock();
	let tries = 0;
	const retry = new Retry(
		clock,
		() => new Uint8Array([255]),
		() => tries++,
	);
	const waits: number[] = [];
	for (let i = 0; i < 10; i++) {
		retry.later();
		let waited = 0;
		const before = tries;
		while (tries === before) {
			clock.advance(50);
			waited += 50;
		}
		waits.push(waited);
	}
	expect(waits[0]).toBeLessThanOrEqual(500);
	expect(waits.at(-1)).toBeLessThanOrEqual(60_000);
	expect(waits.at(-1)).toBeGreaterThan(29_000);
	expect(waits).toEqual(waits.toSorted((a, b) => a - b));
	retry.later();
	retry.now();
	expect(tries).toBe(11);
	retry.later();
	retry.reset();
	clock.advance(120_000);
	expect(tries).toBe(11);
	retry.now();
	expect(tries).toBe(11);
});
