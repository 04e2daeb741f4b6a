import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** The program itself, not its launcher: what is killed here is what runs. */
const program = resolve(import.meta.dirname, "../src/main.ts");

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type JsonLine = { readonly [key: string]: unknown };

/** A command that runs: its JSON lines as they come, and how to end it. */
export type Running = {
	readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly lines: JsonLine[];
	/** The first line, old or new, that `wanted` accepts; fails after `withinMs`. */
	readonly line: (wanted: (line: JsonLine) => boolean, withinMs?: number) => Promise<JsonLine>;
	readonly ended: Promise<Ended>;
	/** SIGTERM, and how it ended. */
	readonly stop: () => Promise<Ended>;
};

// A run that is broken off leaves nothing running.
const alive = new Set<Running["child"]>();
process.once("exit", () => {
	for (const child of alive) child.kill("SIGKILL");
});

export function startSotto(...args: readonly string[]): Running {
	const running = startAsking(...args);
	running.child.stdin.end();
	return running;
}

/** Starts a command that is going to ask something on stdin. */
export function startAsking(...args: readonly string[]): Running {
	const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
	alive.add(child);
	const lines: JsonLine[] = [];
	let stdout = "";
	let stderr = "";
	const lookers = new Set<() => void>();
	createInterface({ input: child.stdout }).on("line", (line) => {
		stdout += `${line}\n`;
		if (line.startsWith("{")) lines.push(JSON.parse(line) as JsonLine);
		for (const look of Array.from(lookers)) look();
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const ended = new Promise<Ended>((resolveEnded) => {
		child.on("close", (code) => {
			alive.delete(child);
			resolveEnded({ code, stdout, stderr });
			for (const look of Array.from(lookers)) look();
		});
	});
	const line: Running["line"] = (wanted, withinMs = 60_000) => {
		return new Promise((resolveLine, reject) => {
			const stop = () => {
				lookers.delete(look);
				clearTimeout(timer);
			};
			const look = () => {
				const found = lines.find(wanted);
				if (found === undefined && child.exitCode === null) return;
				stop();
				if (found === undefined) reject(new Error(`sotto ${args[0]} ended (${child.exitCode}): ${stdout}${stderr}`));
				else resolveLine(found);
			};
			const timer = setTimeout(() => {
				stop();
				reject(new Error(`sotto ${args[0]} did not print that in ${withinMs} ms: ${stdout}${stderr}`));
			}, withinMs);
			lookers.add(look);
			look();
		});
	};
	const stop = () => {
		child.kill("SIGTERM");
		return ended;
	};
	return { child, lines, line, ended, stop };
}

/** Runs a command to its end. */
export function sotto(...args: readonly string[]): Promise<Ended> {
	return startSotto(...args).ended;
}

/** Runs a command with --json and gives its lines; throws with its reason if it was refused. */
export async function sottoJson(...args: readonly string[]): Promise<readonly JsonLine[]> {
	const running = startSotto(...withJson(args));
	const { code, stderr } = await running.ended;
	if (code !== 0) throw new Error(`sotto ${args.join(" ")}: ${code} ${stderr}`);
	return running.lines;
}

function withJson(args: readonly string[]): readonly string[] {
	const dashes = args.indexOf("--");
	return dashes === -1 ? [...args, "--json"] : [...args.slice(0, dashes), "--json", ...args.slice(dashes)];
}

/** A folder of its own, and how to remove it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
	const path = mkdtempSync(join(tmpdir(), "sotto-cli-"));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server of the roles without media, on a free port, with its data in `folder`. */
export async function startTestServer(folder: string, ...options: readonly string[]) {
	const roles = ["--roles", "home,notifier", "--no-web"];
	const place = ["--port", "0", "--data", join(folder, "data")];
	const running = startSotto("serve", "--json", ...roles, ...place, ...options);
	const { url } = await running.line(({ type }) => type === "listening");
	return { ...running, url: url as string };
}
