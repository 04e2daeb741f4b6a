import { parseArgs } from "node:util";
import type { Output } from "./output.ts";

export type OptionSpec = {
	/** The name of the value in the help; without it the option is a switch. */
	readonly value?: string;
	readonly help: string;
};

/** What a command was given, parsed: only options it knows, and as many words as it takes. */
export type Given = {
	readonly words: readonly string[];
	readonly text: (option: string) => string | undefined;
	readonly isSet: (option: string) => boolean;
	readonly output: Output;
};

export type Command = {
	/** One or two words, such as `account create`. */
	readonly name: string;
	/** Words that must follow, for the help and for counting them; a last one that ends in `…` takes all the rest. */
	readonly words: readonly string[];
	readonly summary: string;
	/** Further lines of the help. */
	readonly details?: readonly string[];
	readonly options: { readonly [name: string]: OptionSpec };
	readonly examples: readonly string[];
	/** Does it. Failures are thrown as {@link Refused} or {@link UsageError}; anything else thrown is a bug. */
	readonly run: (given: Given) => Promise<void>;
};

/** The command could not be done: exit code 1, and the message on stderr. */
export class Refused extends Error {
	override readonly name = "Refused";
}

/** It was called the wrong way: exit code 2, the message and where help is on stderr. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

export const jsonOption: OptionSpec = { help: "one JSON object per line instead of text" };
export const profileOption: OptionSpec = { value: "DIR", help: "the folder of your identity (default ~/.sotto)" };

/** Parses what stands behind a command's name. Throws {@link UsageError} for an unknown option or a wrong number of words. */
export function parseGiven(command: Command, args: readonly string[], output: Output): Given {
	const parsed = parseOptions(command, args);
	const { positionals: words } = parsed;
	const takesRest = command.words.at(-1)?.endsWith("…") === true;
	const missing = command.words[words.length];
	if (missing !== undefined) throw new UsageError(`${missing} is missing`);
	if (!takesRest && words.length > command.words.length)
		throw new UsageError(`'${words[command.words.length]}' is one word too many (quote text that has spaces)`);
	const value = (option: string) => parsed.values[option];
	return {
		words,
		text: (option) => (typeof value(option) === "string" ? (value(option) as string) : undefined),
		isSet: (option) => value(option) === true,
		output: value("json") === true ? output.asJson() : output,
	};
}

function parseOptions(command: Command, args: readonly string[]) {
	const options = Object.fromEntries(
		Object.entries(command.options).map(([name, spec]) => [
			name,
			{ type: spec.value === undefined ? ("boolean" as const) : ("string" as const) },
		]),
	);
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
	} catch (error) {
		const isUsage = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
		if (!isUsage) throw error;
		throw new UsageError((error.message.split(". ")[0] ?? "").replace(/^Unknown/, "unknown").replace(/\.$/, ""));
	}
}

/** A whole number from `min` to `max` given as an option. */
export function numberOption(given: Given, option: string, min: number, max: number): number | undefined {
	const text = given.text(option);
	if (text === undefined) return undefined;
	const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (!(number >= min && number <= max)) throw new UsageError(`--${option} takes a number from ${min} to ${max}`);
	return number;
}

/** The help of one command. */
export function helpOf(command: Command): string {
	const entries = Object.entries(command.options).map(([name, { value, help }]) => {
		return [`--${name}${value === undefined ? "" : ` ${value}`}`, help] as const;
	});
	const width = Math.max(...entries.map(([left]) => left.length), "--help".length) + 2;
	return [
		`sotto ${[command.name, ...command.words].join(" ")}${entries.length > 0 ? " [options]" : ""}`,
		"",
		command.summary,
		...(command.details === undefined ? [] : ["", ...command.details]),
		"",
		"Options:",
		...[...entries, ["--help", "shows this"] as const].map(([left, right]) => `  ${left.padEnd(width)}${right}`),
		"",
		command.examples.length === 1 ? "Example:" : "Examples:",
		...command.examples.map((example) => `  ${example}`),
	].join("\n");
}
