import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readOggOpus } from "@sotto/platform/node/media";
import { type JsonLine, type Running, sottoJson, startSotto } from "../../apps/cli/test/sotto.test-kit.ts";
import type { Sound } from "../speech.ts";
import { decodeRecording } from "./recording.ts";

/** A person at a command line: the real program, with a profile of its own. */
export class PersonLine {
	readonly name: string;
	/** The file that its calls play. */
	readonly speech: string;
	readonly #folder: string;
	readonly #calls: LineCall[] = [];

	constructor(name: string, folder: string) {
		this.name = name;
		this.speech = join(folder, "speech.opus");
		this.#folder = folder;
	}

	/** Runs a command to its end; throws if it was refused. */
	run(...args: readonly string[]): Promise<readonly JsonLine[]> {
		return sottoJson(...args, "--profile", join(this.#folder, "profile"));
	}

	async createAccount(url: string): Promise<void> {
		await this.run("account", "create", "--name", this.name, "--home", url);
	}

	/** Starts a command that carries a call: it says its speech, and records what it hears. */
	call(...args: readonly string[]): LineCall {
		const record = join(this.#folder, `heard-in-call-${this.#calls.length + 1}.opus`);
		const files = ["--play", this.speech, "--record", record];
		const call = new LineCall(startSotto(...args, ...files, "--json", "--profile", join(this.#folder, "profile")));
		this.#calls.push(call);
		return call;
	}

	async stop(): Promise<void> {
		for (const { command } of this.#calls) {
			command.child.kill("SIGCONT");
			await command.stop();
		}
	}
}

/** What a command line has recorded of one device. `at`: where the file begins, ms since 1970. */
type LineRecording = { readonly name: string; readonly file: string; readonly at: number };

/** A command line in a call. */
export class LineCall {
	readonly command: Running;

	constructor(command: Running) {
		this.command = command;
	}

	/** Waits until it has printed a line of this type so often. */
	async says(type: string, times = 1, seconds = 40): Promise<void> {
		const count = () => this.command.lines.filter((line) => line.type === type).length;
		await this.#until(`says ${type} ${times} times`, seconds, () => count() >= times);
	}

	/** Everybody it has heard so far, one recording for each. */
	recordings(): readonly LineRecording[] {
		const heard = this.command.lines.filter(({ type }) => type === "heard");
		return heard.map(({ name, file, at }) => ({ name: String(name), file: String(file), at: Number(at) }));
	}

	/** Waits until the recordings of so many people have all grown: they are heard now. */
	async hears(others: number, seconds = 40): Promise<void> {
		const sizes = () => this.recordings().map(({ file }) => statSync(file).size);
		// The first growth may be the silence of a gap that is over, and one frame behind it.
		for (let growth = 0; growth < 2; growth++) {
			const before = sizes();
			const haveAllGrown = () => {
				const now = sizes();
				return now.length === others && now.every((size, index) => size > (before[index] ?? 0) + pageBytes);
			};
			await this.#until(`hears ${others}`, seconds, haveAllGrown);
		}
	}

	async #until(what: string, seconds: number, isMet: () => boolean): Promise<void> {
		const { child, lines, ended } = this.command;
		const from = Date.now();
		while (!isMet()) {
			const ending = child.exitCode === null ? undefined : await ended;
			if (ending !== undefined || Date.now() - from > seconds * 1000)
				throw new Error(`the command line: ${what}: not within ${seconds} s: ${JSON.stringify({ lines, ending })}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

/** A page of a recording has one second of sound. */
const pageBytes = 4_000;
const packetMs = 20;

/** When the last sound in a recording was said, ms since 1970. */
export function recordedUntil({ file, at }: LineRecording): number {
	const packets = readOggOpus(readFileSync(file));
	if (!packets.ok) throw new Error(`${file}: ${packets.error}`);
	return at + packets.value.length * packetMs;
}

export function soundOf({ file }: LineRecording): Promise<Sound> {
	return decodeRecording(readFileSync(file));
}
