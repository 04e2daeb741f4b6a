import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Asks on stderr until a line of stdin says yes or no; undefined if stdin ends before, or `stop` comes first, with which the question
 * falls away.
 */
export async function readAnswer(question: string, stop: Promise<void>): Promise<boolean | undefined> {
	const lines = createInterface({ input: process.stdin });
	void stop.then(() => lines.close());
	const ask = () => process.stderr.write(`${question} (yes or no) `);
	try {
		ask();
		for await (const line of lines) {
			const word = line.trim().toLowerCase();
			if (word === "yes" || word === "y") return true;
			if (word === "no" || word === "n") return false;
			ask();
		}
		return undefined;
	} finally {
		lines.close();
		process.stdin.pause();
	}
}
