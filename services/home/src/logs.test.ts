import { appendRoute, createLogRoute, deleteLogRoute, maxLogRecords, trimRoute } from "@sotto/api";
import { type Bytes, recordSizes } from "@sotto/bytes";
import { type Head, nextHead, randomBytes, recordHash } from "@sotto/crypto";
import { describe, expect, test } from "vitest";
import { appendTo, createTestLog, newLogCaps, openTestHome, readFrom, type TestHome } from "./home.test-kit.ts";

const refused = (code: string) => ({ ok: false, error: { code } });

async function tipOf(home: TestHome, log: Parameters<typeof readFrom>[1]) {
	const answer = await readFrom(home, log);
	if (!answer.ok) throw new Error(answer.error.code);
	return answer.value.tip;
}

describe("L1 capabilities", () => {
	test("L1 knowing a log's id and append capability gives no right to read", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		expect(await readFrom(home, { ...log, readCap: log.appendCap })).toEqual(refused("wrongCapability"));
		expect(await readFrom(home, { ...log, readCap: log.logId })).toEqual(refused("wrongCapability"));
		expect(await readFrom(home, { ...log, readCap: log.creation.readHash })).toEqual(refused("wrongCapability"));
		expect((await readFrom(home, log)).ok).toBe(true);
	});

	test("L1 each capability gives one right: no other is taken for it", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const { logId, readCap, appendCap, ownerCap } = log;
		for (const other of [readCap, ownerCap, randomBytes(32)])
			expect(await appendTo(home, { ...log, appendCap: other })).toEqual(refused("wrongCapability"));
		for (const other of [readCap, appendCap, randomBytes(32)]) {
			expect(await home.call(trimRoute, { logId, ownerCap: other, upTo: 1 })).toEqual(refused("wrongCapability"));
			expect(await home.call(deleteLogRoute, { logId, ownerCap: other })).toEqual(refused("wrongCapability"));
		}
		expect((await tipOf(home, log)).seq).toBe(0);
	});

	test("L1 an append that shows a wrong read capability is refused and appends nothing", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		expect(await appendTo(home, { ...log, readCap: randomBytes(32) })).toEqual(refused("wrongCapability"));
		expect((await tipOf(home, log)).seq).toBe(0);
	});

	test("L1 creating is idempotent, and changes nothing in a log that is there", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		await appendTo(home, log);
		expect((await home.call(createLogRoute, log.creation)).ok).toBe(true);
		expect((await tipOf(home, log)).seq).toBe(1);
	});

	test("L1 nobody can create a log under an id that does not follow from its hashes", async () => {
		const home = await openTestHome();
		const [mine, theirs] = [newLogCaps(), newLogCaps()];
		expect(await home.call(createLogRoute, { ...mine.creation, logId: theirs.logId })).toEqual(
			refused("wrongCapability"),
		);
		expect(await readFrom(home, theirs)).toEqual(refused("notFound"));
	});

	test("L1 a log that is not there is notFound to everybody", async () => {
		const home = await openTestHome();
		const log = newLogCaps();
		expect(await readFrom(home, log)).toEqual(refused("notFound"));
		expect(await appendTo(home, log)).toEqual(refused("notFound"));
	});

	test("L1 the owner deletes a log with everything in it", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		await appendTo(home, log);
		expect((await home.call(deleteLogRoute, log)).ok).toBe(false); // more fields than the request has
		const { logId, ownerCap } = log;
		expect((await home.call(deleteLogRoute, { logId, ownerCap })).ok).toBe(true);
		expect(await readFrom(home, log)).toEqual(refused("notFound"));
		expect(await appendTo(home, log)).toEqual(refused("notFound"));
		expect(await home.call(deleteLogRoute, { logId, ownerCap })).toEqual(refused("notFound"));
	});
});

describe("L2 records", () => {
	test("L2 place and head are told only to whoever shows the read capability", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const record = randomBytes(2048);
		const { logId, appendCap } = log;
		const blind = await home.call(appendRoute, { logId, appendCap, dedupeId: recordHash(record), record });
		expect(blind).toEqual({ ok: true, value: {} });
		const head = nextHead(logId, 1, recordHash(record));
		expect(await appendTo(home, log, record)).toEqual({ ok: true, value: { tip: { seq: 1, head } } });
	});

	test("L2 heads chain from the log's id over every record, and a reader can recompute them", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		for (let i = 0; i < 5; i++) await appendTo(home, log);
		const answer = await readFrom(home, log);
		if (!answer.ok) throw new Error(answer.error.code);
		let head: Head | typeof log.logId = log.logId;
		for (const [index, record] of answer.value.records.entries()) head = nextHead(head, index + 1, recordHash(record));
		expect(answer.value.first).toBe(1);
		expect(answer.value.tip).toEqual({ seq: 5, head });
	});

	test("L2 a repeated append gets the first answer, wherever the log is by now", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const record = randomBytes(2048);
		const first = await appendTo(home, log, record);
		await appendTo(home, log);
		expect(await appendTo(home, log, record)).toEqual(first);
		expect(await appendTo(home, log, record, log.logId)).toEqual(first);
		expect((await tipOf(home, log)).seq).toBe(2);
	});

	test("L2 a dedupe id that is not the record's hash is refused", async () => {
		const home = await openTestHome();
		const { logId, appendCap } = await createTestLog(home);
		const request = { logId, appendCap, dedupeId: randomBytes(32), record: randomBytes(2048) };
		expect(await home.call(appendRoute, request)).toEqual(refused("wrongDedupeId"));
	});

	test("L2 expectHead refuses once the log has moved on, and admits one of two writers", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const both = await Promise.all([1, 2].map(() => appendTo(home, log, randomBytes(2048), log.logId)));
		expect(both.filter(({ ok }) => ok)).toHaveLength(1);
		expect(both).toContainEqual(refused("headMismatch"));
		const { head } = await tipOf(home, log);
		expect((await appendTo(home, log, randomBytes(2048), head)).ok).toBe(true);
	});

	test("L2 a record has one of nine sizes, and any other is refused", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		for (const size of recordSizes) expect((await appendTo(home, log, filled(size))).ok, String(size)).toBe(true);
		for (const size of [1, 2047, 2049, 6144, 524287]) {
			const answer = await appendTo(home, log, filled(size));
			expect(answer).toEqual({ ok: false, error: { code: "wrongSize", at: "body.record" } });
		}
	});
});

// 4,096 appends one after the other or at once: seconds on an idle machine, more on a busy one.
describe("L3 bounds", { timeout: 120_000 }, () => {
	test("L3 a log ends at exactly 4,096 records; a full one still answers what it knows", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const first = randomBytes(2048);
		const firstAnswer = await appendTo(home, log, first);
		for (let done = 1; done < maxLogRecords - 1; done += 315) {
			const count = Math.min(315, maxLogRecords - 1 - done);
			const answers = await Promise.all(Array.from({ length: count }, () => appendTo(home, log)));
			expect(answers.every(({ ok }) => ok)).toBe(true);
		}
		const last = randomBytes(2048);
		expect(await appendTo(home, log, last)).toMatchObject({ ok: true, value: { tip: { seq: maxLogRecords } } });
		expect(await appendTo(home, log)).toEqual(refused("logFull"));
		expect(await appendTo(home, log, randomBytes(2048), log.logId)).toEqual(refused("logFull"));
		expect(await appendTo(home, log, first)).toEqual(firstAnswer);
		expect(await appendTo(home, log, last)).toMatchObject({ ok: true, value: { tip: { seq: maxLogRecords } } });
		const end = await readFrom(home, log, maxLogRecords);
		expect(end).toMatchObject({ ok: true, value: { first: maxLogRecords + 1, records: [] } });
	});

	test("L3 writers that come at once fill a log to its end and not beyond", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		let accepted = 0;
		for (let round = 0; round < 14; round++) {
			const answers = await Promise.all(Array.from({ length: 300 }, () => appendTo(home, log)));
			accepted += answers.filter(({ ok }) => ok).length;
		}
		expect(accepted).toBe(maxLogRecords);
		expect((await tipOf(home, log)).seq).toBe(maxLogRecords);
	});
});

describe("reading and trimming", () => {
	test("reading goes on where it stopped, and says where the log ends", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const records: Bytes[] = [];
		for (let i = 0; i < 7; i++) {
			records.push(randomBytes(2048));
			await appendTo(home, log, records[i] as Bytes);
		}
		const read: Bytes[] = [];
		for (let after = 0; after < 7; after = read.length) {
			const answer = await readFrom(home, log, after, 3);
			if (!answer.ok) throw new Error(answer.error.code);
			expect(answer.value.first).toBe(after + 1);
			read.push(...answer.value.records);
		}
		expect(read).toEqual(records);
		expect(await readFrom(home, log, 7)).toMatchObject({ ok: true, value: { first: 8, records: [], tip: { seq: 7 } } });
		expect(await readFrom(home, log, 2, 0)).toMatchObject({ ok: true, value: { first: 3, records: [] } });
	});

	test("the largest records come in answers of about a mebibyte", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		for (let i = 1; i <= 4; i++) await appendTo(home, log, filled(524288, i));
		const answer = await readFrom(home, log);
		expect(answer.ok && answer.value.records.length).toBe(2);
	});

	test("trimming forgets records; the tip, and what was appended, stay known", async () => {
		const home = await openTestHome();
		const log = await createTestLog(home);
		const record = randomBytes(2048);
		const first = await appendTo(home, log, record);
		await appendTo(home, log);
		await appendTo(home, log);
		const tip = await tipOf(home, log);
		const { logId, ownerCap } = log;
		expect(await home.call(trimRoute, { logId, ownerCap, upTo: 2 })).toEqual({ ok: true, value: {} });
		const left = await readFrom(home, log);
		expect(left).toMatchObject({ ok: true, value: { first: 3, tip } });
		expect(left.ok && left.value.records.length).toBe(1);
		expect(await appendTo(home, log, record)).toEqual(first);
	});
});

function filled(size: number, value = 7): Bytes {
	return new Uint8Array(size).fill(value);
}
