import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type ServerProcess = {
	/** Where it answers, such as `http://127.0.0.1:41234`. */
	readonly url: string;
	/** What it has written to stderr. */
	readonly complaints: () => string;
	readonly isUp: () => boolean;
	/** kill -9: no handler runs, nothing is flushed. Resolves when the process is gone. */
	readonly kill: () => Promise<void>;
};

const serve = ["serve", "--no-web", "--port", "0"];
const program = new URL("../apps/cli/src/main.ts", import.meta.url).pathname;

// A run that is broken off leaves no server behind.
const running = new Set<ChildProcess>();
process.once("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts `sotto serve` on `dataFolder` as a process of its own, on a port that the system picks. It is this Node binary itself, not
 * a launcher, so that kill -9 hits the server. `undefined` if `killAt` (ms after the start) came before it was up.
 */
export async function startServer(dataFolder: string, killAt?: number): Promise<ServerProcess | undefined> {
	const child = spawn(process.execPath, [program, ...serve, "--data", dataFolder], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	running.add(child);
	let complaints = "";
	child.stderr.on("data", (data) => {
		complaints = `${complaints}${data}`.slice(-20_000);
	});
	const exited = new Promise<void>((resolve) =>
		child.once("exit", () => {
			running.delete(child);
			resolve();
		}),
	);
	const early = killAt === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAt);
	const url = await addressOf(child);
	clearTimeout(early);
	if (url === undefined) {
		await exited;
		if (child.signalCode === "SIGKILL") return undefined;
		throw new Error(`the server did not start: ${complaints}`);
	}
	return {
		url,
		complaints: () => complaints,
		isUp: () => child.exitCode === null && child.signalCode === null,
		async kill() {
			child.kill("SIGKILL");
			await exited;
		},
	};
}

/** The first address that the process prints, or undefined if it ends before. */
function addressOf(child: ChildProcess): Promise<string | undefined> {
	if (child.stdout === null) return Promise.resolve(undefined);
	const lines = createInterface({ input: child.stdout });
	return new Promise((resolve) => {
		lines.on("line", (line) => {
			const found = /http:\/\/[^\s/]+:\d+/.exec(line);
			if (found !== null) resolve(found[0]);
		});
		child.once("exit", () => resolve(undefined));
	});
}
