import { err, ok, type Result } from "@sotto/bytes";
import type { DatabaseSync } from "node:sqlite";
import type { StoreFault, StoreOp, StoreOps } from "../port.ts";
import { openBlobTables } from "./blobs.ts";
import { openLogTables } from "./logs.ts";
import { openSweeper } from "./sweep.ts";

/** One operation on its way to the worker. */
export type Job = { [K in StoreOp]: { readonly op: K; readonly request: StoreOps[K]["request"] } }[StoreOp];
/** Its answer on the way back. */
export type JobAnswer = Result<StoreOps[StoreOp]["answer"], StoreFault>;
/** The answers in the order of the jobs, and how many transactions wrote. */
export type BatchAnswer = { readonly answers: readonly JobAnswer[]; readonly commits: number };

const readOnly: ReadonlySet<StoreOp> = new Set<StoreOp>(["findLog", "read", "getChunk"]);

/**
 * Runs many operations in one transaction: one fsync for all of them (group commit). Nobody is answered before the
 * commit has returned. If an operation throws, everything is rolled back and each runs in a transaction of its own, so that
 * one cannot take its neighbours with it.
 */
export function openBatchRunner(database: DatabaseSync): (jobs: readonly Job[]) => BatchAnswer {
	const run = openOperations(database);
	const changes = database.prepare("SELECT total_changes() AS total");
	const total = () => (changes.get() as { total: number }).total;
	const transact = (jobs: readonly Job[]): BatchAnswer => {
		const before = total();
		database.exec(jobs.every((job) => readOnly.has(job.op)) ? "BEGIN" : "BEGIN IMMEDIATE");
		try {
			const answers = jobs.map((job) => ok(run(job)));
			const wrote = total() !== before;
			database.exec("COMMIT");
			return { answers, commits: wrote ? 1 : 0 };
		} catch (thrown) {
			if (database.isTransaction) database.exec("ROLLBACK");
			throw thrown;
		}
	};
	return (jobs) => {
		try {
			return transact(jobs);
		} catch (thrown) {
			if (jobs.length === 1) return { answers: [err(faultOf(thrown))], commits: 0 };
			return jobs.map((job) => runAlone(transact, job)).reduce(joinAnswers);
		}
	};
}

function runAlone(transact: (jobs: readonly Job[]) => BatchAnswer, job: Job): BatchAnswer {
	try {
		return transact([job]);
	} catch (thrown) {
		return { answers: [err(faultOf(thrown))], commits: 0 };
	}
}

function joinAnswers(a: BatchAnswer, b: BatchAnswer): BatchAnswer {
	return { answers: [...a.answers, ...b.answers], commits: a.commits + b.commits };
}

function openOperations(database: DatabaseSync): (job: Job) => StoreOps[StoreOp]["answer"] {
	const operations: { [K in StoreOp]: (request: StoreOps[K]["request"]) => StoreOps[K]["answer"] } = {
		...openLogTables(database),
		...openBlobTables(database),
		sweep: openSweeper(database),
	};
	// The pair of name and request belongs together by the type of Job, which the call cannot express.
	return (job) => (operations[job.op] as (request: unknown) => StoreOps[StoreOp]["answer"])(job.request);
}

/** SQLITE_FULL is 13 (sqlite.org/rescode.html); its extended codes share the low byte. */
function faultOf(thrown: unknown): StoreFault {
	const code = (thrown as { errcode?: number }).errcode ?? 0;
	return { kind: (code & 0xff) === 13 ? "storageFull" : "unavailable" };
}
