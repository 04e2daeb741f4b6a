// The thread that owns the database. Everything SQLite does is synchronous and waits for the disk; here nobody waits with it.
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "@sotto/bytes";
import { type Job, openBatchRunner } from "./batch.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";

const port = parentPort;
invariant(port !== null, "this file runs as a worker");
const database = openDatabase(workerData as DatabaseOptions);
const runBatch = openBatchRunner(database);

port.on("message", (message: readonly Job[] | "close") => {
	if (message === "close") {
		// Closing the last connection moves the log of changes into the database and removes it.
		database.close();
		port.close();
		return;
	}
	port.postMessage(runBatch(message));
	// What was removed must not stay readable in the log of changes. A reader elsewhere may delay it until the next time.
	if (message.some((job) => job.op === "sweep")) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
});
port.postMessage("ready");
