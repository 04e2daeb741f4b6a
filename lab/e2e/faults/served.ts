import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const program = new URL("../../../apps/cli/src/main.ts", import.meta.url).pathname;
const updated = new URL("./updated-serve.ts", import.meta.url).pathname;

// A run that is broken off leaves no server behind.
const running = new Set<ChildProcess>();
process.once("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/** `sotto serve` with the web app, a process of its own, that can be killed and started again where it was. */
export type Served = {
	/** Such as `http://localhost:41234`; the same after each start. */
	readonly url: string;
	readonly port: number;
	/** Everything it has written to stderr. */
	readonly complaints: () => string;
	/** kill -9: nothing is flushed, nobody is told. */
	readonly kill: () => Promise<void>;
	/** Starts it again on the same data and port; with the web app of `webFolder` instead of this one's, as after an update. */
	readonly start: (webFolder?: string) => Promise<void>;
	/** Kills it and removes its data. */
	readonly end: () => Promise<void>;
};

export async function serve(): Promise<Served> {
	const data = await mkdtemp(join(tmpdir(), "sotto-faults-"));
	let complaints = "";
	const launch = async (atPort: number, webFolder?: string) => {
		const given =
			webFolder === undefined
				? [program, "serve", "--json", "--port", String(atPort), "--data", data]
				: [updated, data, String(atPort), webFolder];
		const child = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "pipe"] });
		running.add(child);
		child.once("exit", () => running.delete(child));
		child.stderr.on("data", (text) => {
			complaints += text;
		});
		return { child, port: await portOf(child, () => complaints) };
	};
	let { child, port } = await launch(0);
	const kill = () => {
		const gone = new Promise<void>((resolve) => {
			if (child.exitCode !== null || child.signalCode !== null) resolve();
			else child.once("exit", () => resolve());
		});
		child.kill("SIGKILL");
		return gone;
	};
	return {
		url: `http://localhost:${port}`,
		port,
		complaints: () => complaints,
		kill,
		async start(webFolder) {
			({ child, port } = await launch(port, webFolder));
		},
		async end() {
			await kill();
			await rm(data, { recursive: true, force: true });
		},
	};
}

function portOf(child: ChildProcess, complaints: () => string): Promise<number> {
	const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
	return new Promise((resolve, reject) => {
		lines.on("line", (line) => {
			const listening = /"type":"listening".*"port":(\d+)/.exec(line);
			if (listening !== null) resolve(Number(listening[1]));
		});
		child.once("exit", () => reject(new Error(`the server did not start: ${complaints()}`)));
	});
}
