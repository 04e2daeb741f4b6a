import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "../seeded.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { digestOf } from "./digest.ts";
import { type HttpCase, someHttpCase } from "./http-cases.ts";
import { closeSender, faultOfAnswer, type HttpAnswer, sendGarbage, sendHttp } from "./http-sender.ts";
import type { Chance } from "./mutate.ts";
import { sendFrames, someSocketCase } from "./socket-cases.ts";
import { buildWorld, type World } from "./world.ts";

export type FuzzReport = {
	readonly sent: number;
	/** How often each kind of misuse was sent. */
	readonly kinds: ReadonlyMap<string, number>;
	/** How often each answer came: a refusal's status, or 200. */
	readonly statuses: ReadonlyMap<string, number>;
	/** How often the database was compared. */
	readonly comparisons: number;
	readonly faults: readonly string[];
};

export type FuzzOptions = {
	readonly count: number;
	readonly seed: number;
	readonly onProgress?: (sent: number) => void;
};

type Tally = {
	sent: number;
	readonly kinds: Map<string, number>;
	readonly statuses: Map<string, number>;
	readonly faults: string[];
};

const lanes = 24;
const compareEvery = 2_000;

/**
 * Sends random and mutated requests, bodies and frames to `sotto serve`, none of which may change anything. Wanted: the
 * server stays up, each answer is a typed refusal or a valid answer, and the database stays as it was to the last byte.
 */
export async function runFuzz({ count, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
	const folder = mkdtempSync(join(tmpdir(), "sotto-fuzz-"));
	let server: ServerProcess | undefined;
	try {
		server = await startServer(folder);
		if (server === undefined) throw new Error("nobody killed it");
		const world = await buildWorld(server.url, seeded(seed));
		const before = digestOf(folder);
		const tally: Tally = { sent: 0, kinds: new Map(), statuses: new Map(), faults: [] };
		let comparisons = 0;
		while (tally.sent < count && tally.faults.length < 50) {
			const until = Math.min(count, tally.sent + compareEvery);
			const { url } = server;
			const lane = (number: number) => runLane(url, world, seeded(seed + tally.sent * lanes + number), tally, until);
			await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
			comparisons++;
			if (digestOf(folder) !== before) tally.faults.push(`the database changed before request ${tally.sent}`);
			if (!server.isUp()) tally.faults.push(`the server went down: ${server.complaints()}`);
			onProgress?.(tally.sent);
		}
		if (/"event":"fault"|Error/.test(server.complaints())) tally.faults.push(`it logged a bug: ${server.complaints()}`);
		return { ...tally, comparisons };
	} finally {
		closeSender();
		await server?.kill();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function runLane(url: string, world: World, chance: Chance, tally: Tally, until: number): Promise<void> {
	const routes = [...new Set(world.requests.map(({ route }) => route))];
	while (tally.sent < until && tally.faults.length < 50) {
		const kind = chance();
		if (kind < 0.02) {
			tally.sent++;
			count(tally.kinds, "no HTTP");
			await sendGarbage(url, chance);
		} else if (kind < 0.12) {
			const socketCase = someSocketCase(chance, world);
			tally.sent += socketCase.frames.length;
			count(tally.kinds, `frames to ${socketCase.path}`, socketCase.frames.length);
			tally.faults.push(...(await sendFrames(url, socketCase)));
		} else {
			tally.sent++;
			const httpCase = someHttpCase(chance, world);
			const answer = await sendHttp(url, httpCase);
			note(tally, httpCase, answer, faultOfAnswer(routes, httpCase.path, answer));
		}
	}
}

function note(tally: Tally, { kind, path }: HttpCase, answer: HttpAnswer, fault: string | undefined): void {
	count(tally.kinds, kind);
	count(tally.statuses, answer.kind === "broken" ? answer.code : String(answer.status));
	if (fault !== undefined) tally.faults.push(`${kind}, ${path.slice(0, 60)}: ${fault}`);
	const mustBeRefused = ["wrong capability", "unknown version", "oversized", "wrong door", "strange CBOR"];
	if (answer.kind === "answered" && answer.status === 200 && mustBeRefused.includes(kind))
		tally.faults.push(`${kind}, ${path}: was answered`);
}

function count(sums: Map<string, number>, key: string, amount = 1): void {
	sums.set(key, (sums.get(key) ?? 0) + amount);
}
