import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@sotto/bytes";
import { capHash, deriveLogId, newAppendCap, newOwnerCap, newReadCap, randomBytes, recordHash } from "@sotto/crypto";
import { expect, test } from "vitest";
import { tables } from "../schema.ts";
import { openTestStore, temporaryFolder } from "../store.test-kit.ts";
import { disclose, type DisclosureScope } from "./disclose.ts";

function disclosed(folder: string, scope: DisclosureScope = { kind: "all" }) {
	const lines: string[] = [];
	const done = disclose(folder, scope, (line) => lines.push(line));
	if (!done.ok) throw new Error(done.error.kind);
	expect(done.value.lines).toBe(lines.length);
	return { lines, rows: lines.map((line) => JSON.parse(line) as { [key: string]: unknown }) };
}

async function filled(folder: string) {
	const store = await openTestStore(folder);
	const hashes = { read: capHash(newReadCap()), append: capHash(newAppendCap()), owner: capHash(newOwnerCap()) };
	const logId = deriveLogId(hashes);
	const rights = { readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
	await store.createLog({ logId, ...rights, hour: 500_000, mayCreate: true });
	const record = randomBytes(2048);
	await store.append({ logId, dedupeId: recordHash(record), record, hour: 500_001 });
	const blobId = randomBytes(32);
	const chunk = randomBytes(100);
	await store.putChunk({ blobId, index: 0, chunkCount: 1, chunk, hour: 500_002, mayCreate: true });
	return { store, logId, record, blobId, chunk };
}

test("everything that is stored is disclosed, while the server runs: every table, every column, every byte", async () => {
	const folder = temporaryFolder();
	const { logId, record, blobId, chunk } = await filled(folder);
	const { rows } = disclosed(folder);
	for (const { name, columns } of tables) {
		const row = rows.find(({ table }) => table === name);
		expect(Object.keys(row ?? {}).toSorted()).toEqual(["table", ...columns.map((column) => column.name)].toSorted());
	}
	expect(rows.find(({ table }) => table === "records")).toMatchObject({
		log_id: bytesToHex(logId),
		seq: 1,
		hour: 500_001,
		record: bytesToHex(record),
	});
	expect(rows.find(({ table }) => table === "chunks")).toMatchObject({
		blob_id: bytesToHex(blobId),
		chunk: bytesToHex(chunk),
	});
	expect(rows.filter(({ file }) => file !== undefined).map(({ file }) => file)).toContain("home.db");
});

test("one id, or how it begins, gives what is stored under it and nothing else", async () => {
	const folder = temporaryFolder();
	const { logId, blobId } = await filled(folder);
	const id = bytesToHex(logId);
	const ofLog = disclosed(folder, { kind: "log", idPrefix: id.slice(0, 8) });
	expect(ofLog.rows.map(({ table }) => table)).toEqual(["logs", "appends", "records"]);
	expect(new Set(ofLog.rows.map(({ log_id: found }) => found))).toEqual(new Set([id]));
	expect(disclosed(folder, { kind: "log", idPrefix: id.toUpperCase() }).lines).toEqual(ofLog.lines);
	const ofBlob = disclosed(folder, { kind: "blob", idPrefix: bytesToHex(blobId) });
	expect(ofBlob.rows.map(({ table }) => table)).toEqual(["blobs", "chunks"]);
	expect(disclosed(folder, { kind: "log", idPrefix: bytesToHex(blobId) }).lines).toEqual([]);
});

test("a line is canonical: keys in order, no spaces, the same every time", async () => {
	const folder = temporaryFolder();
	const { store } = await filled(folder);
	const { lines, rows } = disclosed(folder, { kind: "log", idPrefix: "" });
	for (const [index, row] of rows.entries()) {
		expect(Object.keys(row)).toEqual(Object.keys(row).toSorted());
		expect(lines[index]).toBe(JSON.stringify(row));
	}
	await store.close();
	expect(disclosed(folder, { kind: "log", idPrefix: "" }).lines).toEqual(lines);
});

test("a folder without a database, or with something else in its place, is told apart from an empty one", () => {
	const folder = temporaryFolder();
	const nothing = disclose(folder, { kind: "all" }, () => undefined);
	expect(nothing).toEqual({ ok: false, error: { kind: "noData" } });
	writeFileSync(join(folder, "home.db"), "a letter to a friend ".repeat(1_000));
	expect(disclose(folder, { kind: "all" }, () => undefined)).toMatchObject({
		ok: false,
		error: { kind: "cannotOpen" },
	});
});
