import { maxLogRecords } from "@sotto/api";
import { type Bytes, equalBytes } from "@sotto/bytes";
import { type Head, nextHead, type RecordHash } from "@sotto/crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Append, AppendAnswer, CreateLog, CreateLogAnswer, LogHashes, Read, ReadAnswer } from "../port.ts";

type TipRow = { seq: number; head: Bytes; hour: number };
type HashRow = { read_hash: Bytes; append_hash: Bytes; owner_hash: Bytes };

export type LogTables = {
	createLog(log: CreateLog): CreateLogAnswer;
	findLog(request: { logId: Bytes }): LogHashes | undefined;
	append(request: Append): AppendAnswer;
	read(request: Read): ReadAnswer;
	trim(request: { logId: Bytes; upTo: number }): boolean;
	deleteLog(request: { logId: Bytes }): boolean;
};

/** The log operations on an open database. The caller runs them inside a transaction. */
export function openLogTables(database: DatabaseSync): LogTables {
	const statements = prepareStatements(database);
	return {
		createLog: (log) => createLog(statements, log),
		findLog({ logId }) {
			const row = statements.hashes.get(logId) as HashRow | undefined;
			return row && { readHash: row.read_hash, appendHash: row.append_hash, ownerHash: row.owner_hash };
		},
		append: (request) => append(statements, request),
		read: (request) => read(statements, request),
		trim({ logId, upTo }) {
			statements.trim.run(logId, upTo);
			return statements.tip.get(logId) !== undefined;
		},
		deleteLog({ logId }) {
			statements.deleteRecords.run(logId);
			statements.deleteAppends.run(logId);
			return statements.deleteLog.run(logId).changes === 1;
		},
	};
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
	const prepare = (sql: string): StatementSync => database.prepare(sql);
	return {
		create: prepare("INSERT INTO logs VALUES (?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING"),
		hashes: prepare("SELECT read_hash, append_hash, owner_hash FROM logs WHERE log_id = ?"),
		tip: prepare("SELECT seq, head, hour FROM logs WHERE log_id = ?"),
		moveTip: prepare("UPDATE logs SET seq = ?, head = ?, hour = ? WHERE log_id = ?"),
		known: prepare("SELECT seq, head FROM appends WHERE log_id = ? AND dedupe_id = ?"),
		remember: prepare("INSERT INTO appends VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"),
		insert: prepare("INSERT INTO records VALUES (?, ?, ?, ?)"),
		firstAfter: prepare("SELECT seq FROM records WHERE log_id = ? AND seq > ? ORDER BY seq LIMIT 1"),
		records: prepare("SELECT record FROM records WHERE log_id = ? AND seq >= ? ORDER BY seq LIMIT ?"),
		trim: prepare("DELETE FROM records WHERE log_id = ? AND seq <= ?"),
		deleteRecords: prepare("DELETE FROM records WHERE log_id = ?"),
		deleteAppends: prepare("DELETE FROM appends WHERE log_id = ?"),
		deleteLog: prepare("DELETE FROM logs WHERE log_id = ?"),
	};
}

function createLog(statements: Statements, log: CreateLog): CreateLogAnswer {
	if (statements.tip.get(log.logId) !== undefined) return { kind: "existed" };
	if (!log.mayCreate) return { kind: "limited" };
	// head(0) is the log's id (L2).
	statements.create.run(log.logId, log.readHash, log.appendHash, log.ownerHash, log.logId, log.hour);
	return { kind: "created" };
}

function append(statements: Statements, request: Append): AppendAnswer {
	const { logId, dedupeId, expectHead, record } = request;
	const tip = statements.tip.get(logId) as TipRow | undefined;
	if (tip === undefined) return { kind: "notFound" };
	const full = tip.seq >= maxLogRecords;
	if (full || (expectHead !== undefined && !equalBytes(expectHead, tip.head))) {
		const known = firstAnswer(statements, request);
		return known ?? { kind: full ? "logFull" : "headMismatch" };
	}
	const seq = tip.seq + 1;
	const head = nextHead(tip.head as Head, seq, dedupeId as RecordHash);
	// Nearly every append is new: inserting first saves looking it up.
	if (statements.remember.run(logId, dedupeId, seq, head).changes === 0)
		return firstAnswer(statements, request) as AppendAnswer;
	// A clock that went back does not bring the log's end nearer.
	statements.moveTip.run(seq, head, Math.max(tip.hour, request.hour), logId);
	statements.insert.run(logId, seq, request.hour, record);
	return { kind: "appended", tip: { seq, head } };
}

function firstAnswer(statements: Statements, { logId, dedupeId }: Append): AppendAnswer | undefined {
	const row = statements.known.get(logId, dedupeId) as { seq: number; head: Bytes } | undefined;
	return row && { kind: "known", tip: { seq: row.seq, head: row.head } };
}

function read(statements: Statements, { logId, after, limit, maxBytes }: Read): ReadAnswer {
	const tip = statements.tip.get(logId) as TipRow | undefined;
	if (tip === undefined) return { kind: "notFound" };
	const firstRow = statements.firstAfter.get(logId, after) as { seq: number } | undefined;
	const first = firstRow?.seq ?? tip.seq + 1;
	const records: Bytes[] = [];
	let bytes = 0;
	if (firstRow !== undefined)
		for (const row of statements.records.iterate(logId, first, limit)) {
			const record = row["record"] as Bytes;
			bytes += record.length;
			if (records.length > 0 && bytes > maxBytes) break;
			records.push(record);
		}
	return { kind: "read", first, records, tip: { seq: tip.seq, head: tip.head } };
}
