import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const program = new URL("./tapped-serve.ts", import.meta.url).pathname;

// A run that is broken off leaves no server behind.
const running = new Set<ChildProcess>();
process.once("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/** The server of an end-to-end test, a process of its own, with everything that its operator could have kept. */
export type TappedServer = {
	readonly url: string;
	readonly dataFolder: string;
	readonly tapPath: string;
	readonly bodiesPath: string;
	/** Everything it has printed. */
	readonly logs: () => string;
	/** The processes of its rooms. */
	readonly roomProcesses: () => Promise<readonly number[]>;
	/** Ends the whole server and starts another on the same port and data. */
	readonly restart: () => Promise<void>;
	readonly stop: () => Promise<void>;
};

/** Starts it on the data folder `folder`/data; tap and bodies lie beside it. */
export async function startTappedServer(folder: string): Promise<TappedServer> {
	const dataFolder = join(folder, "data");
	const tapPath = join(folder, "media.tap");
	const bodiesPath = join(folder, "requests.tap");
	let logs = "";
	const start = async (port: number) => {
		const child = spawn(process.execPath, [program, dataFolder, tapPath, bodiesPath, String(port)], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		running.add(child);
		child.once("exit", () => running.delete(child));
		for (const stream of [child.stdout, child.stderr])
			stream.on("data", (data) => {
				logs += data;
			});
		return { child, port: await portOf(child, () => logs) };
	};
	let { child, port } = await start(0);
	const stop = async () => {
		const exited = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		await exited;
	};
	return {
		url: `http://localhost:${port}`,
		dataFolder,
		tapPath,
		bodiesPath,
		logs: () => logs,
		roomProcesses: () => childrenOf(child.pid ?? 0, "tapped-room"),
		async restart() {
			await stop();
			({ child, port } = await start(port));
		},
		stop,
	};
}

function portOf(child: ChildProcess, logs: () => string): Promise<number> {
	const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
	return new Promise((resolve, reject) => {
		lines.on("line", (line) => {
			const listening = /"type":"listening","port":(\d+)/.exec(line);
			if (listening !== null) resolve(Number(listening[1]));
		});
		child.once("exit", () => reject(new Error(`the server did not start: ${logs()}`)));
	});
}

async function childrenOf(parent: number, program: string): Promise<readonly number[]> {
	const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid=,args="]);
	return stdout.split("\n").flatMap((line) => {
		const [pid, ppid, ...words] = line.trim().split(/\s+/);
		return Number(ppid) === parent && words.join(" ").includes(program) ? [Number(pid)] : [];
	});
}

/** Every file below `folder`, whole. */
export async function filesBelow(
	folder: string,
): Promise<readonly { readonly path: string; readonly bytes: Buffer }[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	return Promise.all(files.map(async (path) => ({ path, bytes: await readFile(path) })));
}
