import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Bytes, utf8 } from "@sotto/bytes";
import { nextHead, randomBytes, recordHash } from "@sotto/crypto";
import { describe, expect, test } from "vitest";
import type { Append, Store } from "./port.ts";
import { lifetimeHours } from "./schema.ts";
import { openSqliteStore } from "./sqlite/open-store.ts";
import { openTestStore, temporaryFolder } from "./store.test-kit.ts";

const hour = 500_000;

async function newLog(store: Store, at = hour): Promise<Bytes> {
	const logId = randomBytes(32);
	const hashes = { readHash: randomBytes(32), appendHash: randomBytes(32), ownerHash: randomBytes(32) };
	const created = await store.createLog({ logId, ...hashes, hour: at, mayCreate: true });
	expect(created).toEqual({ ok: true, value: { kind: "created" } });
	return logId;
}

function appendOf(logId: Bytes, record: Bytes = randomBytes(2048), at = hour): Append {
	return { logId, dedupeId: recordHash(record), record, hour: at };
}

async function readAll(store: Store, logId: Bytes) {
	const answer = await store.read({ logId, after: 0, limit: 512, maxBytes: 1 << 20 });
	if (!answer.ok || answer.value.kind !== "read") throw new Error("the log cannot be read");
	return answer.value;
}

async function valueOf<T>(result: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>): Promise<T> {
	const settled = await result;
	if (!settled.ok) throw new Error(JSON.stringify(settled.error));
	return settled.value;
}

describe("group commit", () => {
	test("L4 many appends that come at once share few transactions, and each has its own place", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		const before = store.counters();
		const answers = await Promise.all(Array.from({ length: 400 }, () => valueOf(store.append(appendOf(logId)))));
		const commits = store.counters().commits - before.commits;
		expect(commits).toBeGreaterThan(0);
		expect(commits).toBeLessThan(20);
		const places = answers.map((answer) => (answer.kind === "appended" ? answer.tip.seq : 0));
		expect(new Set(places).size).toBe(400);
		expect(Math.max(...places)).toBe(400);
	});

	test("reading alone commits nothing", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		const before = store.counters().commits;
		await readAll(store, logId);
		expect(store.counters().commits).toBe(before);
	});

	test("an acknowledged record is in the file, whoever opens it next", async () => {
		const folder = temporaryFolder();
		const store = await openTestStore(folder);
		const logId = await newLog(store);
		const request = appendOf(logId);
		await valueOf(store.append(request));
		// A second connection sees only what was committed.
		const other = new DatabaseSync(join(folder, "home.db"), { readOnly: true });
		const row = other.prepare("SELECT record FROM records WHERE log_id = ?").get(logId);
		other.close();
		expect(row?.["record"]).toEqual(request.record);
	});

	test("one operation that cannot be carried out takes none of its neighbours with it", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		const blobId = randomBytes(32);
		const [before, broken, after] = await Promise.all([
			store.append(appendOf(logId)),
			// A value that SQLite refuses to bind, after the blob's row was written.
			store.putChunk({ blobId, index: 0, chunkCount: 1, chunk: [] as unknown as Bytes, hour, mayCreate: true }),
			store.append(appendOf(logId)),
		]);
		expect(before.ok && after.ok).toBe(true);
		expect(broken).toEqual({ ok: false, error: { kind: "unavailable" } });
		expect((await readAll(store, logId)).tip.seq).toBe(2);
		expect(await valueOf(store.getChunk({ blobId, index: 0 }))).toEqual({ kind: "notFound" });
	});

	test("a closed store says unavailable instead of waiting for ever", async () => {
		const store = await openTestStore();
		await store.close();
		expect(await store.findLog({ logId: randomBytes(32) })).toEqual({ ok: false, error: { kind: "unavailable" } });
	});

	test("a file of another schema version is not opened", async () => {
		const folder = temporaryFolder();
		await (await openTestStore(folder)).close();
		const database = new DatabaseSync(join(folder, "home.db"));
		database.exec("PRAGMA user_version=99");
		database.close();
		const opened = await openSqliteStore({ path: join(folder, "home.db"), maxBytes: 2 ** 30 });
		expect(opened.ok).toBe(false);
	});

	test("a disk that is full refuses the record, keeps what it had, and goes on reading", async () => {
		const store = await openTestStore(temporaryFolder(), 4 * 2 ** 20);
		const logId = await newLog(store);
		let kept = 0;
		let refused: unknown;
		while (refused === undefined && kept < 100) {
			const answer = await store.append(appendOf(logId, new Uint8Array(131072).fill(kept + 1)));
			if (answer.ok) kept++;
			else refused = answer.error;
		}
		expect(refused).toEqual({ kind: "storageFull" });
		const { tip, records } = await readAll(store, logId);
		expect(tip.seq).toBe(kept);
		expect(records.length).toBeGreaterThan(0);
	});
});

describe("records", () => {
	test("L2 the head chains over every record, starting at the log's id", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		let head = logId;
		for (let seq = 1; seq <= 5; seq++) {
			const request = appendOf(logId);
			head = nextHead(head as never, seq, recordHash(request.record));
			expect(await valueOf(store.append(request))).toEqual({ kind: "appended", tip: { seq, head } });
		}
	});

	test("L2 two copies of one append in one transaction are one record", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		const request = appendOf(logId);
		const answers = await Promise.all([valueOf(store.append(request)), valueOf(store.append(request))]);
		expect(answers.map(({ kind }) => kind)).toEqual(["appended", "known"]);
		expect((await readAll(store, logId)).records).toHaveLength(1);
	});

	test("a read stops at its bound in bytes, and gives at least one record", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		for (let i = 0; i < 3; i++) await valueOf(store.append(appendOf(logId, randomBytes(4096))));
		const few = await valueOf(store.read({ logId, after: 0, limit: 512, maxBytes: 9000 }));
		const one = await valueOf(store.read({ logId, after: 1, limit: 512, maxBytes: 1 }));
		expect(few.kind === "read" && few.records.length).toBe(2);
		expect(one.kind === "read" && [one.first, one.records.length]).toEqual([2, 1]);
	});
});

describe("lifetimes", () => {
	test("L4 records live 90 days, the tip and the first answers 400", async () => {
		const store = await openTestStore();
		const logId = await newLog(store);
		const request = appendOf(logId);
		const { tip } = (await valueOf(store.append(request))) as { tip: unknown };
		const sweep = (at: number) => valueOf(store.sweep({ hour: at, limit: 100 }));

		expect((await sweep(hour + lifetimeHours.record)).records).toBe(0);
		expect((await readAll(store, logId)).records).toHaveLength(1);
		expect((await sweep(hour + lifetimeHours.record + 1)).records).toBe(1);
		expect(await readAll(store, logId)).toEqual({ kind: "read", first: 2, records: [], tip });
		expect(await valueOf(store.append({ ...request, hour: hour + 1 }))).toEqual({ kind: "known", tip });

		expect((await sweep(hour + lifetimeHours.tip)).logs).toBe(0);
		expect((await sweep(hour + lifetimeHours.tip + 1)).logs).toBe(1);
		expect((await valueOf(store.read({ logId, after: 0, limit: 1, maxBytes: 1 }))).kind).toBe("notFound");
	});

	test("an append lets the log live another 400 days; reading it leaves no trace", async () => {
		const store = await openTestStore();
		const [kept, readOnly] = [await newLog(store), await newLog(store)];
		await valueOf(store.append(appendOf(kept, randomBytes(2048), hour + 24)));
		await readAll(store, readOnly);
		expect((await valueOf(store.sweep({ hour: hour + lifetimeHours.tip + 1, limit: 100 }))).logs).toBe(1);
		expect((await readAll(store, kept)).tip.seq).toBe(1);
	});

	test("blobs end 90 days after their first chunk, with all their chunks", async () => {
		const store = await openTestStore();
		const blobId = randomBytes(32);
		const put = (index: number, at: number) =>
			store.putChunk({ blobId, index, chunkCount: 2, chunk: randomBytes(100), hour: at, mayCreate: true });
		await put(0, hour);
		await put(1, hour + 24);
		const swept = await valueOf(store.sweep({ hour: hour + lifetimeHours.blob + 1, limit: 100 }));
		expect(swept.blobs).toBe(1);
		expect((await valueOf(store.getChunk({ blobId, index: 1 }))).kind).toBe("notFound");
	});

	test("a sweep in small steps reaches everything", async () => {
		const store = await openTestStore();
		for (let i = 0; i < 25; i++) await newLog(store);
		let logs = 0;
		for (let more = true; more; ) {
			const swept = await valueOf(store.sweep({ hour: hour + lifetimeHours.tip + 1, limit: 4 }));
			logs += swept.logs;
			more = swept.more;
		}
		expect(logs).toBe(25);
	});

	test("what was swept is in none of the files any more", async () => {
		const folder = temporaryFolder();
		const store = await openTestStore(folder);
		const logId = await newLog(store);
		const record = new Uint8Array(2048);
		record.set(utf8("a line that can be searched for"));
		await valueOf(store.append(appendOf(logId, record)));
		const found = () =>
			["home.db", "home.db-wal"].some((name) =>
				readFileSync(join(folder, name)).includes("a line that can be searched for"),
			);
		expect(found()).toBe(true);
		await valueOf(store.sweep({ hour: hour + lifetimeHours.record + 1, limit: 100 }));
		// The worker empties its log of changes right after it has answered.
		await readAll(store, logId);
		expect(found()).toBe(false);
	});
});
