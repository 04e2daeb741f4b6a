import { maxLogRecords, type Tip } from "@sotto/api";
import { type Bytes, equalBytes, ok, type Result } from "@sotto/bytes";
import { type Head, nextHead, recordHash, type RecordHash } from "@sotto/crypto";
import {
	type Append,
	type AppendAnswer,
	type CreateLog,
	type CreateLogAnswer,
	type GetChunkAnswer,
	type Hour,
	lifetimeHours,
	type LogHashes,
	type PutChunk,
	type PutChunkAnswer,
	type Read,
	type ReadAnswer,
	type Store,
	type StoreFault,
	type StoreOp,
	type StoreOps,
	type Swept,
} from "@sotto/storage";

type Log = LogHashes & {
	tip: Tip;
	hour: Hour;
	/** By seq; trimmed and expired ones are gone. */
	readonly records: Map<number, { readonly record: Bytes; readonly hour: Hour }>;
	readonly appends: Map<string, Tip>;
};
type Blob = { readonly chunkCount: number; readonly hour: Hour; readonly chunks: Map<number, Bytes> };

/** Everything that the home holds. */
export type Disk = { readonly logs: ReadonlyMap<string, Log>; readonly blobs: ReadonlyMap<string, Blob> };

type Waiting = { readonly job: () => unknown; readonly answer: (value: unknown) => void };

/**
 * The home's storage in memory, with the promise of the real one: operations that come together are committed together, and
 * nobody is answered before that. A crash forgets the batch under way, or commits it and answers nobody.
 */
export class MemoryHomeStore implements Store {
	#logs = new Map<string, Log>();
	#blobs = new Map<string, Blob>();
	/** Calls a function once the disk has turned. */
	readonly #afterwards: (commit: () => void) => void;
	#batch: Waiting[] = [];
	#isClosed = false;
	#sums = { operations: 0, commits: 0, starts: 1 };

	readonly #maxRecords: number;

	constructor(afterwards: (commit: () => void) => void = (commit) => setImmediate(commit), maxRecords = maxLogRecords) {
		this.#afterwards = afterwards;
		this.#maxRecords = maxRecords;
	}

	/** What is durable now. */
	get disk(): Disk {
		return { logs: this.#logs, blobs: this.#blobs };
	}

	readonly createLog = this.#operation("createLog", (request) => this.#createLog(request));
	readonly findLog = this.#operation("findLog", ({ logId }) => {
		const log = this.#logs.get(keyOf(logId));
		return log && { readHash: log.readHash, appendHash: log.appendHash, ownerHash: log.ownerHash };
	});
	readonly append = this.#operation("append", (request) => this.#append(request));
	readonly read = this.#operation("read", (request) => this.#read(request));
	readonly trim = this.#operation("trim", ({ logId, upTo }) => {
		const log = this.#logs.get(keyOf(logId));
		for (const seq of log?.records.keys() ?? []) if (seq <= upTo) log?.records.delete(seq);
		return log !== undefined;
	});
	readonly deleteLog = this.#operation("deleteLog", ({ logId }) => this.#logs.delete(keyOf(logId)));
	readonly putChunk = this.#operation("putChunk", (request) => this.#putChunk(request));
	readonly getChunk = this.#operation("getChunk", ({ blobId, index }): GetChunkAnswer => {
		const blob = this.#blobs.get(keyOf(blobId));
		if (blob === undefined) return { kind: "notFound" };
		const { chunkCount, chunks } = blob;
		const chunk = chunks.get(index) ?? new Uint8Array();
		return { kind: "got", chunkCount, complete: chunks.size === chunkCount, chunk };
	});
	readonly sweep = this.#operation("sweep", ({ hour }) => this.#sweep(hour));

	counters() {
		return { ...this.#sums };
	}

	async close(): Promise<void> {
		this.#commit();
		this.#isClosed = true;
	}

	/** The process dies: what waits is lost, or is on disk without anybody having heard of it. */
	crash(batch: "lost" | "kept"): void {
		const waiting = this.#batch;
		this.#batch = [];
		if (batch === "kept") for (const { job } of waiting) job();
	}

	/** What a backup would hold. */
	backup(): Disk {
		const logs = [...this.#logs].map(([id, log]): [string, Log] => [id, copyLog(log)]);
		const blobs = [...this.#blobs].map(([id, blob]): [string, Blob] => [id, { ...blob, chunks: new Map(blob.chunks) }]);
		return { logs: new Map(logs), blobs: new Map(blobs) };
	}

	restore(backup: Disk): void {
		this.#logs = new Map([...backup.logs].map(([id, log]): [string, Log] => [id, copyLog(log)]));
		this.#blobs = new Map([...backup.blobs].map(([id, blob]) => [id, { ...blob, chunks: new Map(blob.chunks) }]));
	}

	/** Puts a record behind a log's tip, whether it is there already or not: what no honest home does. */
	force(id: string, record: Bytes): boolean {
		const log = this.#logs.get(id);
		if (log === undefined || log.tip.seq >= this.#maxRecords) return false;
		this.#put(log, recordHash(record), record, log.hour);
		return true;
	}

	/** {@link MemoryHomeStore.force} for a record that is not in the log. */
	forceNew(id: string, record: Bytes): boolean {
		return this.#logs.get(id)?.appends.has(keyOf(recordHash(record))) === false && this.force(id, record);
	}

	#operation<K extends StoreOp>(_op: K, run: (request: StoreOps[K]["request"]) => StoreOps[K]["answer"]) {
		return (request: StoreOps[K]["request"]): Promise<Result<StoreOps[K]["answer"], StoreFault>> =>
			new Promise((resolve) => {
				if (this.#isClosed) return resolve({ ok: false, error: { kind: "unavailable" } });
				if (this.#batch.length === 0) this.#afterwards(() => this.#commit());
				this.#batch.push({
					job: () => run(request),
					answer: (value) => resolve(ok(value as StoreOps[K]["answer"])),
				});
			});
	}

	#commit(): void {
		const waiting = this.#batch;
		this.#batch = [];
		if (waiting.length === 0) return;
		this.#sums.operations += waiting.length;
		this.#sums.commits++;
		const answers = waiting.map(({ job }) => job());
		for (const [index, { answer }] of waiting.entries()) answer(answers[index]);
	}

	#createLog({ logId, readHash, appendHash, ownerHash, hour, mayCreate }: CreateLog): CreateLogAnswer {
		if (this.#logs.has(keyOf(logId))) return { kind: "existed" };
		if (!mayCreate) return { kind: "limited" };
		const tip = { seq: 0, head: logId };
		const hashes = { readHash, appendHash, ownerHash };
		this.#logs.set(keyOf(logId), { ...hashes, tip, hour, records: new Map(), appends: new Map() });
		return { kind: "created" };
	}

	#append({ logId, dedupeId, expectHead, record, hour }: Append): AppendAnswer {
		const log = this.#logs.get(keyOf(logId));
		if (log === undefined) return { kind: "notFound" };
		const known = log.appends.get(keyOf(dedupeId));
		if (known !== undefined) return { kind: "known", tip: known };
		if (log.tip.seq >= this.#maxRecords) return { kind: "logFull" };
		if (expectHead !== undefined && !equalBytes(expectHead, log.tip.head)) return { kind: "headMismatch" };
		return { kind: "appended", tip: this.#put(log, dedupeId, record, hour) };
	}

	#put(log: Log, dedupeId: Bytes, record: Bytes, hour: Hour): Tip {
		const seq = log.tip.seq + 1;
		log.tip = { seq, head: nextHead(log.tip.head as Head, seq, dedupeId as RecordHash) };
		log.hour = Math.max(log.hour, hour);
		log.records.set(seq, { record, hour });
		log.appends.set(keyOf(dedupeId), log.tip);
		return log.tip;
	}

	#read({ logId, after, limit, maxBytes }: Read): ReadAnswer {
		const log = this.#logs.get(keyOf(logId));
		if (log === undefined) return { kind: "notFound" };
		const { tip } = log;
		let first = after + 1;
		while (first <= tip.seq && !log.records.has(first)) first++;
		const records: Bytes[] = [];
		let bytes = 0;
		for (let seq = first; seq <= tip.seq && records.length < limit; seq++) {
			const row = log.records.get(seq);
			if (row === undefined) break;
			bytes += row.record.length;
			if (records.length > 0 && bytes > maxBytes) break;
			records.push(row.record);
		}
		return { kind: "read", first: Math.min(first, tip.seq + 1), records, tip };
	}

	#putChunk({ blobId, index, chunkCount, chunk, hour, mayCreate }: PutChunk): PutChunkAnswer {
		const blob = this.#blobs.get(keyOf(blobId));
		if (blob === undefined) {
			if (!mayCreate) return { kind: "limited" };
			this.#blobs.set(keyOf(blobId), { chunkCount, hour, chunks: new Map([[index, chunk]]) });
			return { kind: "created" };
		}
		if (blob.chunkCount !== chunkCount) return { kind: "conflict" };
		const present = blob.chunks.get(index);
		if (present !== undefined) return { kind: equalBytes(present, chunk) ? "known" : "conflict" };
		blob.chunks.set(index, chunk);
		return { kind: "written" };
	}

	#sweep(hour: Hour): Swept {
		const swept = { records: 0, logs: 0, blobs: 0, more: false };
		for (const [id, log] of this.#logs) {
			for (const [seq, row] of log.records)
				if (row.hour < hour - lifetimeHours.record && log.records.delete(seq)) swept.records++;
			if (log.hour < hour - lifetimeHours.tip && this.#logs.delete(id)) swept.logs++;
		}
		for (const [id, blob] of this.#blobs)
			if (blob.hour < hour - lifetimeHours.blob && this.#blobs.delete(id)) swept.blobs++;
		return swept;
	}
}

function copyLog(log: Log): Log {
	return { ...log, records: new Map(log.records), appends: new Map(log.appends) };
}

function keyOf(id: Bytes): string {
	return Buffer.from(id.buffer, id.byteOffset, id.length).toString("latin1");
}
