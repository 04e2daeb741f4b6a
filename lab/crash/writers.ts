import { type Bytes, bytesToHex } from "@sotto/bytes";
import { randomBytes } from "@sotto/crypto";
import type { Acknowledged } from "./check-logs.ts";
import { appendOnce, createLabLog, type LabLog, mayHelp } from "./home-client.ts";

/** A log, and what its writers were told about it. */
export type WrittenLog = { readonly log: LabLog; readonly acknowledged: Acknowledged[] };

export type Writers = {
	/** Lets each writer finish its record. */
	readonly stop: () => Promise<void>;
	readonly logs: () => readonly WrittenLog[];
	/** Appends that had to be sent again because no answer came. */
	readonly repeated: () => number;
};

/**
 * Several writers: each writes into a log of its own and into one that all share, one record after the other, the same bytes
 * again until an answer comes. Every so often one is sent again that was answered already.
 */
export function startWriters(count: number, url: () => Promise<string>): Writers {
	const logs = new Map<string, WrittenLog>();
	let stopped = false;
	let repeated = 0;
	const open = async (): Promise<WrittenLog> => {
		const log = await createLabLog(url);
		const written = { log, acknowledged: [] };
		logs.set(bytesToHex(log.logId), written);
		return written;
	};
	let shared = open();

	/** True when it stands in the log; false when the log was full. */
	const append = async (written: WrittenLog, record: Bytes): Promise<boolean> => {
		for (;;) {
			const answer = await appendOnce(await url(), written.log, record);
			if (answer.ok) {
				written.acknowledged.push({ record, tip: answer.value });
				return true;
			}
			if (answer.error.code === "logFull") return false;
			if (!mayHelp(answer.error)) throw new Error(`an append was refused: ${answer.error.code}`);
			repeated++;
		}
	};

	const write = async (): Promise<void> => {
		let own = await open();
		for (let round = 0; !stopped; round++) {
			const record = randomBytes(2048 << (round % 8 === 0 ? 3 : 0));
			if (!(await append(own, record))) own = await open();
			else if (round % 5 === 0) await append(own, record);
			const common = await shared;
			// Whoever finds the shared log full opens the next one for all.
			if (!(await append(common, randomBytes(2048))) && (await shared) === common) shared = open();
		}
	};

	const running = Array.from({ length: count }, write);
	return {
		async stop() {
			stopped = true;
			await Promise.all(running);
		},
		logs: () => [...logs.values()],
		repeated: () => repeated,
	};
}
