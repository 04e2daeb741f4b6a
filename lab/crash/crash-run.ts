import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerProcess, startServer } from "../server-process.ts";
import { faultsOfLog } from "./check-logs.ts";
import { readWhole } from "./home-client.ts";
import { startWriters, type Writers, type WrittenLog } from "./writers.ts";

export type CrashReport = {
	readonly kills: number;
	/** Kills while the server was starting, on the files that the last kill had left. */
	readonly killsWhileStarting: number;
	readonly logs: number;
	readonly acknowledged: number;
	/** Appends that got no answer and were sent again. */
	readonly repeated: number;
	readonly faults: readonly string[];
};

export type CrashOptions = {
	readonly kills: number;
	readonly writers: number;
	/** 0 up to 1, for the moments. */
	readonly chance: () => number;
	readonly onKill?: (done: number) => void;
	/** Called with the data folder once the server is gone for good, before it is read back. */
	readonly beforeReading?: (dataFolder: string) => void;
};

/**
 * Kills a server with kill -9 at random moments while clients write, starts it again on the same folder each time, and at
 * the end reads everything back (L4).
 */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
	const folder = mkdtempSync(join(tmpdir(), "sotto-crash-"));
	let server: ServerProcess | undefined;
	let up = Promise.withResolvers<string>();
	const writers = startWriters(options.writers, () => up.promise);
	let killsWhileStarting = 0;
	try {
		for (let done = 0; done < options.kills; ) {
			// One start in five is killed before the server may be up.
			const started = await startServer(folder, options.chance() < 0.2 ? options.chance() * 400 : undefined);
			if (started === undefined) killsWhileStarting++;
			else {
				server = started;
				up.resolve(started.url);
				// On a busy machine a fixed moment would come before the first write: mostly wait for one.
				if (options.chance() < 0.8) await firstAcknowledgement(writers);
				await wait(20 + options.chance() * 300);
				up = Promise.withResolvers<string>();
				await started.kill();
			}
			done++;
			options.onKill?.(done);
		}
		server = await startUndisturbed(folder);
		up.resolve(server.url);
		await firstAcknowledgement(writers);
		await writers.stop();
		await server.kill();
		options.beforeReading?.(folder);
		server = await startUndisturbed(folder);
		const faults = await faultsOf(server.url, writers.logs());
		const sums = { logs: writers.logs().length, acknowledged: acknowledgedBy(writers), repeated: writers.repeated() };
		return { kills: options.kills, killsWhileStarting, ...sums, faults };
	} finally {
		await server?.kill();
		rmSync(folder, { recursive: true, force: true });
	}
}

function acknowledgedBy(writers: Writers): number {
	return writers.logs().reduce((sum, log) => sum + log.acknowledged.length, 0);
}

async function firstAcknowledgement(writers: Writers): Promise<void> {
	const before = acknowledgedBy(writers);
	while (acknowledgedBy(writers) === before) await wait(5);
}

function wait(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

async function startUndisturbed(folder: string): Promise<ServerProcess> {
	const server = await startServer(folder);
	if (server === undefined) throw new Error("nobody killed it");
	return server;
}

async function faultsOf(url: string, logs: readonly WrittenLog[]): Promise<readonly string[]> {
	const faults: string[] = [];
	for (const { log, acknowledged } of logs) {
		const found = await readWhole(url, log);
		faults.push(...faultsOfLog({ logId: log.logId, ...found }, acknowledged));
	}
	return faults;
}
