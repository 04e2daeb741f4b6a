// The command line: finds the command, parses what it was given, runs it and says how it ended.
// Exit codes: 0 done, 1 refused or failed (the reason is on stderr), 2 called the wrong way.
import process from "node:process";
import { type Command, helpOf, parseGiven, Refused, UsageError } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createOutput, printable } from "./output.ts";

// `sotto listen | head -1` is no failure: when nobody reads on, there is nothing more to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
	const found = findCommand(args);
	if (found === undefined) return runWithoutCommand(args);
	const { command, rest } = found;
	const beforeDashes = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
	if (beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
		process.stdout.write(`${helpOf(command)}\n`);
		return 0;
	}
	try {
		await command.run(
			parseGiven(
				command,
				rest,
				createOutput((line) => process.stdout.write(`${line}\n`)),
			),
		);
		return 0;
	} catch (error) {
		if (error instanceof UsageError) {
			process.stderr.write(`sotto ${command.name}: ${error.message}\nTry: sotto ${command.name} --help\n`);
			return 2;
		}
		if (error instanceof Refused) {
			process.stderr.write(`${printable(error.message)}\n`);
			return 1;
		}
		process.stderr.write(
			`A fault in sotto itself: ${printable(error instanceof Error ? (error.stack ?? "") : String(error))}\n`,
		);
		return 1;
	}
}

function runWithoutCommand(args: readonly string[]): number {
	const [first] = args;
	if (first === undefined || ["--help", "-h", "help"].includes(first)) {
		process.stdout.write(`${overview()}\n`);
		return first === undefined ? 2 : 0;
	}
	const sameStart = commands.filter((command) => command.name.split(" ")[0] === first);
	const hint =
		sameStart.length > 0 ? `Try: ${sameStart.map(({ name }) => `sotto ${name}`).join(", ")}` : "Try: sotto --help";
	process.stderr.write(`sotto: '${printable(args.slice(0, 2).join(" "))}' is not a command\n${hint}\n`);
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
