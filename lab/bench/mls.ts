// npm run bench:mls -- [--sizes 2,8,32,128,249]: what MLS costs at the door and what a message writes to the store, for both suites side
// by side. Prints tables for bench/results/mls.md. Some minutes: trees are grown as they grow in use.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { parseArgs } from "node:util";
import { type GroupState, type MlsSuite, openMessage, sealApplication } from "@sotto/crypto";
import { openNodeStore } from "@sotto/platform/node";
import { openSqliteStore } from "@sotto/storage";
import { alone, anyone, commit, follow, growCold, growWarm, join, newDevice, packageOf } from "./bench-group.ts";
import { persistedPerMessage } from "./persisted.ts";

const { values } = parseArgs({ options: { sizes: { type: "string", default: "2,8,32,128,249" } } });
const sizes = values.sizes.split(",").map(Number);
const suites: readonly MlsSuite[] = [
	"MLS_256_XWING_AES256GCM_SHA512_Ed25519",
	"MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
];
const none = new Uint8Array();

type Row = { [column: string]: number };

/** The median time in ms of `work`, and what it gave the last time. */
async function timed<T>(times: number, work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
	const taken: number[] = [];
	let value: T | undefined;
	for (let i = 0; i < times; i++) {
		const start = performance.now();
		value = await work();
		taken.push(performance.now() - start);
	}
	return { ms: taken.toSorted((a, b) => a - b)[Math.floor(times / 2)] as number, value: value as T };
}

async function measureCold(first: GroupState, last: GroupState, suite: MlsSuite): Promise<Row> {
	const keyPackage = await packageOf(await newDevice(), suite);
	const committed = await timed(3, () => commit(last, { forcePath: true }));
	const followed = await timed(3, () => follow(first, committed.value.mlsBytes));
	const added = await timed(3, () => commit(first, { adds: [keyPackage.publicBytes] }));
	const joined = await timed(3, () => join(added.value, keyPackage));
	return {
		"add, ms": added.ms,
		"add, bytes": added.value.mlsBytes.length,
		"join, ms": joined.ms,
		"cold commit, ms": committed.ms,
		"cold commit, bytes": committed.value.mlsBytes.length,
		"following it, ms": followed.ms,
	};
}

async function measureWarm(first: GroupState, last: GroupState): Promise<Row> {
	const committed = await timed(3, () => commit(last, { forcePath: true }));
	const followed = await timed(3, () => follow(first, committed.value.mlsBytes));
	const content = new Uint8Array(1024);
	const sealed = await timed(15, async () => {
		const message = await sealApplication(last, content, none);
		if (!message.ok) throw new Error("it fits");
		return message.value.mlsBytes;
	});
	const opened = await timed(15, () => openMessage(first, sealed.value, anyone));
	return {
		"warm commit, ms": committed.ms,
		"warm commit, bytes": committed.value.mlsBytes.length,
		"following, ms": followed.ms,
		"seal 1 KiB, ms": sealed.ms,
		"open 1 KiB, ms": opened.ms,
	};
}

function print(title: string, columns: ReadonlyMap<number, Row>): void {
	const names = Object.keys([...columns.values()][0] ?? {});
	console.log(`\n${title}\n`);
	console.log(`| ${["", ...columns.keys()].join(" | ")} |`);
	console.log(`| ${["---", ...[...columns.keys()].map(() => "---:")].join(" | ")} |`);
	for (const name of names) {
		const cells = [...columns.values()].map((row) => {
			const value = row[name] ?? 0;
			return name.endsWith("ms") ? value.toFixed(value < 10 ? 1 : 0) : value.toLocaleString("en");
		});
		console.log(`| ${[name, ...cells].join(" | ")} |`);
	}
}

const folder = mkdtempSync(joinPath(tmpdir(), "sotto-bench-mls-"));
let homes = 0;
const openHome = async () => {
	const home = await openSqliteStore({ path: joinPath(folder, `home-${homes++}.db`), maxBytes: 2 ** 30 });
	if (!home.ok) throw new Error(home.error.message);
	return home.value;
};
try {
	const opened = await openNodeStore(joinPath(folder, "profile"));
	if (!opened.ok) throw new Error(opened.error.kind);
	for (const suite of suites) {
		const rows = new Map<number, Row>();
		const device = await newDevice();
		let [cold, warm] = [await alone(device, suite), await alone(device, suite)];
		let reached = 1;
		for (const size of sizes) {
			const grown = {
				cold: await growCold(cold, reached, size, suite),
				warm: await growWarm(warm, reached, size, suite),
			};
			rows.set(size, {
				...(await measureCold(grown.cold.first, grown.cold.last, suite)),
				...(await measureWarm(grown.warm.first, grown.warm.last)),
				...(await persistedPerMessage(size, suite, opened.value, openHome)),
			});
			[cold, warm, reached] = [grown.cold.first, grown.warm.first, size];
		}
		print(suite, rows);
	}
	await opened.value.close();
} finally {
	rmSync(folder, { recursive: true, force: true });
}
