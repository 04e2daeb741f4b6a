import { type Command, helpOf, parseGiven, Refused, UsageError } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createOutput, printable } from "./output.ts";

/** Where text goes; both take whole texts with their line ends. */
export type Streams = { readonly out: (text: string) => void; readonly err: (text: string) => void };

/**
 * Finds the command, parses what it was given, runs it and says how it ended: 0 done, 1 refused or failed (the reason is on
 * `err`), 2 called the wrong way.
 */
export async function runCommandLine(args: readonly string[], streams: Streams): Promise<number> {
	const found = findCommand(args);
	if (found === undefined) return runWithoutCommand(args, streams);
	const { command, rest } = found;
	const beforeDashes = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
	if (beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
		streams.out(`${helpOf(command)}\n`);
		return 0;
	}
	try {
		await command.run(
			parseGiven(
				command,
				rest,
				createOutput((line) => streams.out(`${line}\n`)),
			),
		);
		return 0;
	} catch (error) {
		if (error instanceof UsageError) {
			streams.err(`sotto ${command.name}: ${error.message}\nTry: sotto ${command.name} --help\n`);
			return 2;
		}
		if (error instanceof Refused) {
			streams.err(`${printable(error.message)}\n`);
			return 1;
		}
		streams.err(
			`A fault in sotto itself: ${printable(error instanceof Error ? (error.stack ?? "") : String(error))}\n`,
		);
		return 1;
	}
}

function runWithoutCommand(args: readonly string[], streams: Streams): number {
	const [first] = args;
	if (first === undefined || ["--help", "-h", "help"].includes(first)) {
		streams.out(`${overview()}\n`);
		return first === undefined ? 2 : 0;
	}
	const sameStart = commands.filter((command) => command.name.split(" ")[0] === first);
	const hint =
		sameStart.length > 0 ? `Try: ${sameStart.map(({ name }) => `sotto ${name}`).join(", ")}` : "Try: sotto --help";
	streams.err(`sotto: '${printable(args.slice(0, 2).join(" "))}' is not a command\n${hint}\n`);
	return 2;
}

function findCommand(args: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
	const [first, second] = args;
	const two = commands.find((command) => command.name === `${first} ${second}`);
	if (two !== undefined) return { command: two, rest: args.slice(2) };
	const one = commands.find((command) => command.name === first);
	return one === undefined ? undefined : { command: one, rest: args.slice(1) };
}

function overview(): string {
	const left = commands.map((command) => [command.name, ...command.words].join(" "));
	const width = Math.max(...left.map((text) => text.length)) + 2;
	return [
		"sotto: private calls and messages, through a server that has nothing to hand over",
		"",
		...commands.map((command, i) => `  sotto ${(left[i] as string).padEnd(width)}${command.summary}`),
		"",
		"sotto COMMAND --help shows options and examples. Exit codes: 0 done, 1 refused or failed, 2 wrong use.",
	].join("\n");
}
