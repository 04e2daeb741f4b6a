// npm run bench:appends -- [--records 20000] [--rounds 3]: durable appends through home's app, against the same rows inserted
// straight into SQLite with the best batching, alternating in one run. Prints a ratio: seconds depend on the machine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { appendRoute, createLogRoute, encodeRequest } from "@sotto/api";
import { type Bytes, Secret } from "@sotto/bytes";
import {
	type AppendCap,
	capHash,
	deriveLogId,
	type Head,
	type LogId,
	nextHead,
	randomBytes,
	recordHash,
} from "@sotto/crypto";
import { systemClock } from "@sotto/door";
import { createHome, defaultCaps } from "@sotto/home";
import { createStatements, openSqliteStore } from "@sotto/storage";

const { values } = parseArgs({
	options: { records: { type: "string", default: "20000" }, rounds: { type: "string", default: "3" } },
});
const count = Number(values.records);
const logCount = 64;
/** Requests that are under way at once: what a thousand devices make. */
const concurrency = 512;

type BenchLog = { readonly logId: LogId; readonly appendCap: Bytes; readonly creation: Parameters<typeof createOf>[0] };
type Row = {
	readonly log: BenchLog;
	readonly seq: number;
	readonly dedupeId: Bytes;
	readonly head: Head;
	readonly record: Bytes;
};

const createOf = (hashes: { logId: LogId; readHash: Bytes; appendHash: Bytes; ownerHash: Bytes }) =>
	encodeRequest(createLogRoute, hashes);

function makeRows(): readonly Row[] {
	const logs = Array.from({ length: logCount }, (): BenchLog => {
		const appendCap = randomBytes(32);
		const append = capHash(new Secret(appendCap) as AppendCap);
		const [read, owner] = [randomBytes(32) as typeof append, randomBytes(32) as typeof append];
		const logId = deriveLogId({ read, append, owner });
		return { logId, appendCap, creation: { logId, readHash: read, appendHash: append, ownerHash: owner } };
	});
	const heads = new Map<BenchLog, Head | LogId>(logs.map((log) => [log, log.logId]));
	return Array.from({ length: count }, (_, index) => {
		const log = logs[index % logCount] as BenchLog;
		const [record, seq] = [randomBytes(2048), Math.floor(index / logCount) + 1];
		const dedupeId = recordHash(record);
		const head = nextHead(heads.get(log) as Head, seq, dedupeId);
		heads.set(log, head);
		return { log, seq, dedupeId, head, record };
	});
}

/** Appends per second through the app, as the HTTP server calls it. Each is on disk when it is answered. */
async function throughHome(rows: readonly Row[]): Promise<Figures & { readonly perCommit: number }> {
	const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
	const opened = await openSqliteStore({ path: join(folder, "home.db"), maxBytes: 2 ** 34 });
	if (!opened.ok) throw new Error(opened.error.message);
	const store = opened.value;
	const app = createHome({ store, clock: systemClock, caps: { ...defaultCaps }, log: (line) => console.error(line) });
	const post = async (path: string, body: Bytes) => {
		const headers = { "content-type": "application/cbor", "content-length": String(body.length) };
		const response = await app.fetch(new Request(`http://home${path}`, { method: "POST", body, headers }));
		if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
	};
	for (const log of new Set(rows.map((row) => row.log))) await post(createLogRoute.path, createOf(log.creation));
	const bodies = rows.map(({ log: { logId, appendCap }, dedupeId, record }) =>
		encodeRequest(appendRoute, { logId, appendCap, dedupeId, record }),
	);
	const { commits } = store.counters();
	let next = 0;
	const figures = startFigures();
	const lane = async () => {
		for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(appendRoute.path, body);
	};
	await Promise.all(Array.from({ length: concurrency }, lane));
	const done = figures(rows.length);
	const perCommit = rows.length / (store.counters().commits - commits);
	await store.close();
	rmSync(folder, { recursive: true });
	return { ...done, perCommit };
}

/** Rows per second straight into the same tables, hashes computed beforehand, `batch` appends in each transaction. */
function straight(rows: readonly Row[], batch: number): Figures {
	const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
	const database = new DatabaseSync(join(folder, "home.db"));
	database.exec("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536");
	for (const statement of createStatements()) database.exec(statement);
	const create = database.prepare("INSERT INTO logs VALUES (?, ?, ?, ?, 0, ?, 1)");
	for (const { creation: c } of new Set(rows.map((row) => row.log)))
		create.run(c.logId, c.readHash, c.appendHash, c.ownerHash, c.logId);
	const record = database.prepare("INSERT INTO records VALUES (?, ?, 1, ?)");
	const append = database.prepare("INSERT INTO appends VALUES (?, ?, ?, ?)");
	const tip = database.prepare("UPDATE logs SET seq = ?, head = ? WHERE log_id = ?");
	const figures = startFigures();
	for (let start = 0; start < rows.length; start += batch) {
		database.exec("BEGIN IMMEDIATE");
		for (const row of rows.slice(start, start + batch)) {
			append.run(row.log.logId, row.dedupeId, row.seq, row.head);
			record.run(row.log.logId, row.seq, row.record);
			tip.run(row.seq, row.head, row.log.logId);
		}
		database.exec("COMMIT");
	}
	const done = figures(rows.length);
	database.close();
	rmSync(folder, { recursive: true });
	return done;
}

type Figures = { readonly perSecond: number; readonly cpuMicros: number };

/** Starts measuring; the result, called with a number of rows, ends it. CPU is of all threads of this process. */
function startFigures(): (count: number) => Figures {
	const [started, cpu] = [performance.now(), process.cpuUsage()];
	return (count) => {
		const used = process.cpuUsage(cpu);
		const perSecond = (count * 1000) / (performance.now() - started);
		return { perSecond, cpuMicros: (used.user + used.system) / count };
	};
}

function describe({ perSecond, cpuMicros }: Figures): string {
	return `${perSecond.toFixed(0)} rows/s, ${cpuMicros.toFixed(0)} µs CPU a row`;
}

function median(numbers: readonly number[]): number {
	return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const rows = makeRows();
const ratios: { perSecond: number; cpuMicros: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
	const home = await throughHome(rows);
	const tried = [200, 1000, 4000].map((batch) => straight(rows, batch));
	const sqlite = tried.reduce((best, other) => (other.perSecond > best.perSecond ? other : best));
	ratios.push({ perSecond: home.perSecond / sqlite.perSecond, cpuMicros: home.cpuMicros / sqlite.cpuMicros });
	console.log(`home    ${describe(home)}, ${home.perCommit.toFixed(0)} a commit`);
	console.log(`SQLite  ${describe(sqlite)}`);
}
const middle = (key: keyof Figures) => median(ratios.map((ratio) => ratio[key])).toFixed(2);
console.log(`home / SQLite: ${middle("perSecond")} in rows a second (target 0.6), ${middle("cpuMicros")} in CPU a row`);
