import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../server-process.ts";

export type ClientCrashReport = {
	readonly commands: number;
	/** Commands that were killed before they ended by themselves. */
	readonly kills: number;
	/** Messages whose command ended with 0: these must have arrived. */
	readonly acknowledged: number;
	/** Messages whose command was killed, and that went out nevertheless or later. */
	readonly wentOut: number;
	readonly faults: readonly string[];
};

export type ClientCrashOptions = {
	/** As many commands as it takes until this many were killed before their end. */
	readonly kills: number;
	/** 0 up to 1, for the moments and for who writes. */
	readonly chance: () => number;
	readonly onKill?: (done: number) => void;
	/** Called with both profile folders before they are read back. */
	readonly beforeReading?: (folders: readonly string[]) => void;
};

type Ended = {
	readonly code: number | null;
	readonly lines: readonly { readonly [key: string]: unknown }[];
	readonly stderr: string;
};
type Person = { readonly name: string; readonly other: string; readonly folder: string };

const program = new URL("../../apps/cli/src/main.ts", import.meta.url).pathname;
/** How long a command lasts is learned from those that were not killed; until then it is taken for this. */
const firstGuessMs = 1_500;

/**
 * Two command-line clients write to each other while their commands are killed with kill -9 at random moments: making the
 * account, asking, accepting, sending, fetching, listening. At the end both read everything: what a command had acknowledged is
 * there, what a killed command left in its own history arrived as well, and nothing is there twice (C4, C5).
 */
export async function runClientCrashes(options: ClientCrashOptions): Promise<ClientCrashReport> {
	const root = mkdtempSync(join(tmpdir(), "sotto-crash-client-"));
	const server = await startServer(join(root, "data"));
	if (server === undefined) throw new Error("nobody killed the server");
	const ada: Person = { name: "Ada", other: "Bob", folder: join(root, "ada") };
	const bob: Person = { name: "Bob", other: "Ada", folder: join(root, "bob") };
	const killer = new Killer(options);
	try {
		await meet(killer, server.url, ada, bob);
		const acknowledged = new Map([ada, bob].map((person) => [person.name, [] as string[]]));
		for (let number = 1; killer.kills < options.kills; number++) {
			const writer = options.chance() < 0.5 ? ada : bob;
			const text = `message ${number} of ${writer.name}`;
			const command =
				number % 5 === 0 ? ["listen", "--for", "60"] : number % 3 === 0 ? ["history", writer.other] : undefined;
			if (command !== undefined) await killer.run(writer, command);
			else if ((await killer.run(writer, ["send", writer.other, text])).code === 0)
				acknowledged.get(writer.name)?.push(text);
		}
		options.beforeReading?.([ada.folder, bob.folder]);
		const faults = await faultsOf(ada, bob, acknowledged);
		const sums = [...acknowledged.values()].flat().length;
		return { commands: killer.commands, kills: killer.kills, acknowledged: sums, ...faults };
	} finally {
		await server.kill();
		rmSync(root, { recursive: true, force: true });
	}
}

/** Account, link, add and accept, each killed until it was done once; none may leave a profile that cannot go on. */
async function meet(killer: Killer, home: string, ada: Person, bob: Person): Promise<void> {
	for (const { name, folder } of [ada, bob]) {
		const person = { name, other: "", folder };
		await killer.until(person, ["account", "create", "--name", name, "--home", home], /holds an account already/);
	}
	const link = (await settled(ada, ["link"])).lines[0]?.link as string;
	await killer.until(bob, ["add", link], /in contact already/);
	await killer.until(ada, ["accept", "Bob"], /no request 'Bob'/);
	const known = (await settled(ada, ["contacts"])).lines.map(({ name }) => name);
	if (known.length !== 1 || known[0] !== "Bob")
		throw new Error(`after the kills Ada knows ${known.join() || "nobody"}`);
}

class Killer {
	readonly #options: ClientCrashOptions;
	readonly #durations = new Map<string, number>();
	commands = 0;
	kills = 0;

	constructor(options: ClientCrashOptions) {
		this.#options = options;
	}

	/** Runs a command, and kills it at a random moment of the time that it usually takes. */
	async run(person: Person, args: readonly string[]): Promise<Ended> {
		const name = args[0] as string;
		const usual = this.#durations.get(name) ?? firstGuessMs;
		const started = performance.now();
		const ended = await sotto(person, args, this.#options.chance() * usual * 1.5);
		this.commands++;
		if (ended.code !== null) {
			this.#durations.set(name, (usual + performance.now() - started) / 2);
		} else {
			// Perhaps commands take longer than was thought: later moments must get their share too.
			this.#durations.set(name, usual * 1.08);
			this.kills++;
			this.#options.onKill?.(this.kills);
		}
		return ended;
	}

	/** Twice killed at most, then undisturbed: it is done, or says that it was done before. */
	async until(person: Person, args: readonly string[], wasDone: RegExp): Promise<void> {
		for (let attempt = 0; attempt < 2; attempt++) {
			const { code } = await this.run(person, args);
			if (code === 0) return;
		}
		const { code, stderr } = await sotto(person, args);
		if (code !== 0 && !wasDone.test(stderr)) throw new Error(`${args[0]} does not go on after kill -9: ${stderr}`);
	}
}

/** Runs a command to its end; throws with its reason if it was refused. */
async function settled(person: Person, args: readonly string[]): Promise<Ended> {
	const ended = await sotto(person, args);
	if (ended.code !== 0) throw new Error(`${person.name}: sotto ${args[0]} after the kills: ${ended.stderr}`);
	return ended;
}

async function faultsOf(
	ada: Person,
	bob: Person,
	acknowledged: ReadonlyMap<string, readonly string[]>,
): Promise<Pick<ClientCrashReport, "faults" | "wentOut">> {
	// Whatever still waits goes out with a last message each, and is read back by both.
	for (const person of [ada, bob]) await settled(person, ["send", person.other, `last of ${person.name}`]);
	const histories = [await textsOf(ada), await textsOf(bob)] as const;
	return judgeHistories(histories, acknowledged);
}

/** The two histories must be the same, hold every acknowledged text, and hold no text twice. */
export function judgeHistories(
	[first, second]: readonly [readonly string[], readonly string[]],
	acknowledged: ReadonlyMap<string, readonly string[]>,
): Pick<ClientCrashReport, "faults" | "wentOut"> {
	const faults: string[] = [];
	if (JSON.stringify(first) !== JSON.stringify(second)) {
		const missing = (one: readonly string[], other: readonly string[]) => one.filter((text) => !other.includes(text));
		faults.push(`the histories differ: ${missing(first, second).join()} | ${missing(second, first).join()}`);
	}
	for (const text of new Set(first)) {
		const times = first.filter((other) => other === text).length;
		if (times > 1) faults.push(`'${text}' is there ${times} times`);
	}
	const known = [...acknowledged.values()].flat();
	for (const text of known) if (!first.includes(text)) faults.push(`'${text}' was acknowledged and is lost`);
	return { faults, wentOut: first.filter((text) => text.startsWith("message") && !known.includes(text)).length };
}

async function textsOf(person: Person): Promise<readonly string[]> {
	const { lines } = await settled(person, ["history", person.other, "--limit", "10000"]);
	const messages = lines.filter(({ type }) => type === "message");
	const waiting = messages.filter(({ state }) => state !== "sent").map(({ text }) => String(text));
	if (waiting.length > 0) throw new Error(`${person.name} still has unsent messages: ${waiting.join()}`);
	return messages.map(({ text }) => String(text));
}

/** One command of this Node binary itself; `killAt` in ms after its start. Its `code` is null if it was killed. */
function sotto({ folder }: Person, args: readonly string[], killAt?: number): Promise<Ended> {
	const child = spawn(process.execPath, [program, ...args, "--json", "--profile", folder], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	const kill = killAt === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAt);
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	return new Promise((resolve) => {
		child.on("close", (code) => {
			clearTimeout(kill);
			// The last line of a killed command may be half a line.
			const whole = stdout.slice(0, stdout.lastIndexOf("\n") + 1);
			const lines = whole.split("\n").filter((line) => line.startsWith("{"));
			resolve({ code, stderr, lines: lines.map((line) => JSON.parse(line) as { [key: string]: unknown }) });
		});
	});
}
