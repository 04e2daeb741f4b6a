import { err, ok, type Result } from "@sotto/bytes";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Store, StoreFault, StoreOp, StoreOps } from "../port.ts";
import type { BatchAnswer, Job, JobAnswer } from "./batch.ts";
import type { DatabaseOptions } from "./database.ts";

type Waiting = { readonly job: Job; readonly resolve: (answer: JobAnswer) => void };

/** At most this many operations share a transaction, so that the first of them does not wait long. */
const maxBatch = 512;
/** The same in bytes of records and chunks. */
const maxBatchBytes = 8 << 20;
/** What waits beyond this is refused: a queue that only grows helps nobody. */
const maxWaiting = 8192;
const maxWaitingBytes = 128 << 20;
/** One batch is with the worker and the next lies ready, so that the worker never waits for this thread. */
const maxInFlight = 2;

export type OpenStoreError = { readonly kind: "cannotOpen"; readonly message: string };

/**
 * Opens the store on an SQLite file, with its folder if that is missing, in a thread of its own. What arrives while a
 * transaction runs goes into the next one together (group commit). Error: `cannotOpen` if the file cannot be used.
 */
export async function openSqliteStore(options: DatabaseOptions): Promise<Result<Store, OpenStoreError>> {
	mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
	const queue = new GroupCommit(options);
	const started = await queue.start();
	return started.ok ? ok(storeOver(queue)) : started;
}

function storeOver(queue: GroupCommit): Store {
	const operation =
		<K extends StoreOp>(op: K) =>
		(request: StoreOps[K]["request"]) =>
			queue.enqueue({ op, request } as Job) as Promise<Result<StoreOps[K]["answer"], StoreFault>>;
	return {
		createLog: operation("createLog"),
		findLog: operation("findLog"),
		append: operation("append"),
		read: operation("read"),
		trim: operation("trim"),
		deleteLog: operation("deleteLog"),
		putChunk: operation("putChunk"),
		getChunk: operation("getChunk"),
		sweep: operation("sweep"),
		counters: () => queue.counters(),
		close: () => queue.close(),
	};
}

type Phase =
	| { readonly name: "stopped" }
	| { readonly name: "running"; readonly worker: Worker }
	| { readonly name: "closed" };

/** Gathers operations into batches for the worker, and starts a new worker if one has died. */
class GroupCommit {
	readonly #options: DatabaseOptions;
	#phase: Phase = { name: "stopped" };
	#waiting: Waiting[] = [];
	#waitingBytes = 0;
	#inFlight: Waiting[][] = [];
	#flushPlanned = false;
	#counters = { operations: 0, commits: 0, starts: 0 };

	constructor(options: DatabaseOptions) {
		this.#options = options;
	}

	counters() {
		return { ...this.#counters };
	}

	/** Resolves once the worker has the database open, or could not open it. */
	start(): Promise<Result<void, OpenStoreError>> {
		const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: this.#options });
		this.#phase = { name: "running", worker };
		this.#counters.starts++;
		return new Promise((resolve) => {
			worker.on("message", (message: BatchAnswer | "ready") => {
				if (message === "ready") resolve(ok());
				else this.#settle(message);
			});
			worker.on("error", (fault: Error) => resolve(err({ kind: "cannotOpen", message: fault.message })));
			worker.on("exit", () => this.#stopped(worker));
		});
	}

	enqueue(job: Job): Promise<JobAnswer> {
		const full = this.#waiting.length >= maxWaiting || this.#waitingBytes >= maxWaitingBytes;
		if (this.#phase.name === "closed" || full) return Promise.resolve(err({ kind: "unavailable" }));
		return new Promise((resolve) => {
			this.#waiting.push({ job, resolve });
			this.#waitingBytes += bytesOf(job);
			if (this.#flushPlanned) return;
			this.#flushPlanned = true;
			// After what else this turn of the event loop brings: requests arrive in bursts.
			setImmediate(() => {
				this.#flushPlanned = false;
				this.#flush();
			});
		});
	}

	async close(): Promise<void> {
		while (this.#waiting.length + this.#inFlight.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
		const phase = this.#phase;
		this.#phase = { name: "closed" };
		if (phase.name !== "running") return;
		const exited = new Promise((resolve) => phase.worker.once("exit", resolve));
		phase.worker.postMessage("close");
		await exited;
	}

	#flush(): void {
		if (this.#phase.name === "closed" || this.#waiting.length === 0) return;
		if (this.#phase.name === "stopped") void this.start();
		while (this.#waiting.length > 0 && this.#inFlight.length < maxInFlight && this.#phase.name === "running") {
			const batch = this.#takeBatch();
			this.#inFlight.push(batch);
			this.#phase.worker.postMessage(batch.map(({ job }) => job));
		}
	}

	#takeBatch(): Waiting[] {
		let bytes = 0;
		let count = 0;
		for (const { job } of this.#waiting) {
			bytes += bytesOf(job);
			if (count > 0 && (count === maxBatch || bytes > maxBatchBytes)) break;
			count++;
		}
		const batch = this.#waiting.splice(0, count);
		for (const { job } of batch) this.#waitingBytes -= bytesOf(job);
		return batch;
	}

	#settle({ answers, commits }: BatchAnswer): void {
		const batch = this.#inFlight.shift() ?? [];
		this.#counters.operations += batch.length;
		this.#counters.commits += commits;
		for (const [index, { resolve }] of batch.entries()) resolve(answers[index] ?? err({ kind: "unavailable" }));
		this.#flush();
	}

	/** The worker is gone: whether what it had was written is unknown, and asking again is safe. */
	#stopped(worker: Worker): void {
		if (this.#phase.name !== "running" || this.#phase.worker !== worker) return;
		this.#phase = { name: "stopped" };
		const lost = [...this.#inFlight.flat(), ...this.#waiting];
		this.#inFlight = [];
		this.#waiting = [];
		this.#waitingBytes = 0;
		for (const { resolve } of lost) resolve(err({ kind: "unavailable" }));
	}
}

/** What an operation carries, in bytes; the rest of it is small. */
function bytesOf(job: Job): number {
	if (job.op === "append") return job.request.record.length;
	return job.op === "putChunk" ? job.request.chunk.length : 0;
}
