import { readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { Refused } from "./command.ts";

/**
 * The passphrase of a backup: the first line of `file`; asked for at a terminal, unseen, `again` as well; else the first line of
 * stdin. Never a word of the command line, which other programs can read.
 */
export async function readPassphrase(file: string | undefined, again?: string): Promise<string> {
	if (file !== undefined) return firstLine(await readText(file));
	if (!process.stdin.isTTY) return firstLineOf(process.stdin);
	const passphrase = await ask("Passphrase: ");
	if (again !== undefined && (await ask(`Passphrase, ${again}: `)) !== passphrase)
		throw new Refused("The two passphrases differ. Nothing was written.");
	return passphrase;
}

async function readText(file: string): Promise<string> {
	try {
		return await readFile(file, "utf8");
	} catch (error) {
		throw new Refused(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
	}
}

function firstLine(text: string): string {
	return text.split(/\r?\n/, 1)[0] as string;
}

async function firstLineOf(input: NodeJS.ReadStream): Promise<string> {
	for await (const line of createInterface({ input })) return line;
	return "";
}

/** Asks at the terminal; what is typed is not shown. */
async function ask(question: string): Promise<string> {
	process.stderr.write(question);
	process.stdin.setRawMode(true);
	let typed = "";
	try {
		for await (const chunk of process.stdin.iterator({ destroyOnReturn: false }))
			for (const character of String(chunk)) {
				if (character === "\r" || character === "\n") return typed;
				// Ctrl-C and Ctrl-D: the terminal does not act on them in this mode.
				if (character === "\u0003" || character === "\u0004") throw new Refused("Nothing was done.");
				typed = character === "\u007f" || character === "\b" ? typed.slice(0, -1) : typed + character;
			}
		return typed;
	} finally {
		process.stdin.setRawMode(false);
		process.stdin.pause();
		process.stderr.write("\n");
	}
}
