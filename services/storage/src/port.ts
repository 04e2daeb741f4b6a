import type { Tip } from "@sotto/api";
import type { Bytes, Result } from "@sotto/bytes";

/** Hours since 1970: no table knows a time more exactly. */
export type Hour = number;

/** The hour that a time in milliseconds since 1970 lies in. */
export function hourOf(now: number): Hour {
	return Math.floor(now / 3_600_000);
}

/** Nothing was stored. `unavailable` may also mean that it was and the answer got lost: asking again is always safe. */
export type StoreFault = { readonly kind: "storageFull" | "unavailable" };

/** The hashes of a log's capabilities (L1), 32 bytes each. */
export type LogHashes = { readonly readHash: Bytes; readonly appendHash: Bytes; readonly ownerHash: Bytes };

export type CreateLog = LogHashes & { readonly logId: Bytes; readonly hour: Hour; readonly mayCreate: boolean };
/** `limited`: it is not there, and `mayCreate` was false. */
export type CreateLogAnswer = { readonly kind: "created" | "existed" | "limited" };

export type Append = {
	readonly logId: Bytes;
	/** `recordHash(record)`; the caller has checked it. */
	readonly dedupeId: Bytes;
	readonly expectHead?: Bytes | undefined;
	readonly record: Bytes;
	readonly hour: Hour;
};
/** `known`: this record is in the log already, here is its first answer (also if the log is full by now). */
export type AppendAnswer =
	| { readonly kind: "appended" | "known"; readonly tip: Tip }
	| { readonly kind: "notFound" | "logFull" | "headMismatch" };

export type Read = {
	readonly logId: Bytes;
	readonly after: number;
	readonly limit: number;
	/** At least one record is returned if there is one and `limit` is not 0. */
	readonly maxBytes: number;
};
/** `first`: the earliest record after `after` that is still held, or the one after the tip. `records` start there. */
export type ReadAnswer =
	| { readonly kind: "read"; readonly first: number; readonly records: readonly Bytes[]; readonly tip: Tip }
	| { readonly kind: "notFound" };

export type PutChunk = {
	readonly blobId: Bytes;
	readonly index: number;
	readonly chunkCount: number;
	readonly chunk: Bytes;
	readonly hour: Hour;
	readonly mayCreate: boolean;
};
/** `created`: the blob's first chunk. `conflict`: other bytes, or another number of chunks, stand there. */
export type PutChunkAnswer = { readonly kind: "created" | "written" | "known" | "conflict" | "limited" };

/** `chunk` is empty if it has not been written. */
export type GetChunkAnswer =
	| { readonly kind: "got"; readonly chunkCount: number; readonly complete: boolean; readonly chunk: Bytes }
	| { readonly kind: "notFound" };

/** How many rows one sweep has removed. `more`: it stopped at its bound, and there is more to remove now. */
export type Swept = {
	readonly records: number;
	readonly logs: number;
	readonly blobs: number;
	readonly more: boolean;
};

/** Every operation of the port: what goes in, what comes out. */
export type StoreOps = {
	/** Creates a log with nothing in it, unless it is there. */
	createLog: { readonly request: CreateLog; readonly answer: CreateLogAnswer };
	/** The hashes that a log was created with; they never change. */
	findLog: { readonly request: { readonly logId: Bytes }; readonly answer: LogHashes | undefined };
	/** Puts a record behind the tip and moves the tip (L2, L3). Durable when it resolves (L4). */
	append: { readonly request: Append; readonly answer: AppendAnswer };
	/** Records after a place, oldest first, and the tip. */
	read: { readonly request: Read; readonly answer: ReadAnswer };
	/** Forgets the records up to a place; the tip and what was appended stay known. */
	trim: { readonly request: { readonly logId: Bytes; readonly upTo: number }; readonly answer: boolean };
	/** Forgets a log with everything in it. */
	deleteLog: { readonly request: { readonly logId: Bytes }; readonly answer: boolean };
	putChunk: { readonly request: PutChunk; readonly answer: PutChunkAnswer };
	getChunk: { readonly request: { readonly blobId: Bytes; readonly index: number }; readonly answer: GetChunkAnswer };
	/** Removes what has outlived its lifetime, at most `limit` rows of a kind, and leaves no copy of it behind. */
	sweep: { readonly request: { readonly hour: Hour; readonly limit: number }; readonly answer: Swept };
};

export type StoreOp = keyof StoreOps;

/** Sums since the store was opened; nothing in them belongs to anybody. */
export type StoreCounters = {
	readonly operations: number;
	/** Transactions that wrote, each with one fsync: far fewer than operations when many come at once. */
	readonly commits: number;
	/** Times that the worker was started. */
	readonly starts: number;
};

/**
 * Durable storage of the home role. Operations that arrive together are committed together; each of them is atomic,
 * and a write is on disk when its promise resolves.
 */
export type Store = {
	readonly [K in StoreOp]: (request: StoreOps[K]["request"]) => Promise<Result<StoreOps[K]["answer"], StoreFault>>;
} & {
	counters(): StoreCounters;
	/** Finishes what has arrived, refuses what comes later with `unavailable`, and closes the files. */
	close(): Promise<void>;
};
