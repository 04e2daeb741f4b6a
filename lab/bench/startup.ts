// npm run bench:startup -- [--messages 1000,10000,100000]: what it takes from an unopened profile to the first screen (the list of
// conversations and the newest page of the first), next to a client that reads its whole history when it starts, alternating in one
// run. Prints tables for bench/results/startup.md.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { err } from "@sotto/bytes";
import { createClient, type Ports, type Store } from "@sotto/client";
import { nodeRandom, openNodeStore } from "@sotto/platform/node";
import { openSqliteStore } from "@sotto/storage";
import { decodeRow, type HistoryRow } from "../../packages/client/src/conversations/history-row.ts";
import { CountingStore, fillHistory, storeWithContacts } from "./long-history.ts";

const { values } = parseArgs({ options: { messages: { type: "string", default: "1000,10000,100000" } } });
const sizes = values.messages.split(",").map(Number);
const contacts = 20;
const rounds = 7;

type Start = { readonly ms: number; readonly rows: number; readonly bytes: number };

async function openStore(folder: string): Promise<Store> {
	const store = await openNodeStore(folder);
	if (!store.ok) throw new Error(store.error.kind);
	return store.value;
}

/** Nobody answers: what is measured needs no network. */
function portsOn(store: Store): Ports {
	return {
		store,
		transport: {
			post: async () => err({ kind: "unreachable" }),
			connect: (_url, handler) => {
				queueMicrotask(handler.closed);
				return { send: () => undefined, close: () => undefined };
			},
		},
		clock: { now: () => Date.now(), wakeAt: () => () => undefined },
		random: nodeRandom,
		connectivity: { onChange: () => () => undefined },
	};
}

/** The engine: open, load, the view, and a page of what is on top. */
async function startEngine(folder: string): Promise<Start> {
	const begun = performance.now();
	const store = new CountingStore(await openStore(folder));
	const client = await createClient(portsOn(store));
	const view = await client.view();
	if (view.phase !== "ready" || view.conversations.length !== contacts) throw new Error(`it is ${view.phase}`);
	const page = await client.history(view.conversations[0]?.id ?? "", { limit: 50 });
	const ms = performance.now() - begun;
	if (page.items.length !== 50) throw new Error("the first screen has a page");
	const { rows, bytes } = store;
	await client.close();
	await store.close();
	return { ms, rows, bytes };
}

/** A client that keeps its conversations in memory: everything is read and decoded before the first screen. */
async function startNaive(folder: string): Promise<Start> {
	const begun = performance.now();
	const store = new CountingStore(await openStore(folder));
	const listed = await store.list({ from: "history/", to: "history0" });
	if (!listed.ok) throw new Error(listed.error.kind);
	const conversations = new Map<string, HistoryRow[]>();
	for (const { key, value } of listed.value) {
		const row = decodeRow(value);
		if (!row.ok) throw new Error("a row was written as it is read");
		const id = key.split("/")[1] as string;
		const rows = conversations.get(id);
		if (rows === undefined) conversations.set(id, [row.value]);
		else rows.push(row.value);
	}
	const ms = performance.now() - begun;
	const { rows, bytes } = store;
	await store.close();
	return { ms, rows, bytes };
}

function median(starts: readonly Start[]): Start {
	return starts.toSorted((a, b) => a.ms - b.ms)[starts.length >> 1] as Start;
}

const folder = mkdtempSync(join(tmpdir(), "sotto-bench-startup-"));
try {
	const source = await storeWithContacts(contacts, async () => {
		const home = await openSqliteStore({ path: join(folder, "home.db"), maxBytes: 2 ** 30 });
		if (!home.ok) throw new Error(home.error.message);
		return home.value;
	});
	console.log("| messages | Sotto, ms | rows read | KiB read | reads all, ms | rows read | KiB read | ratio |");
	console.log("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
	for (const messages of sizes) {
		const profile = join(folder, `profile-${messages}`);
		const store = await openStore(profile);
		await store.write([...source.rows].map(([key, value]) => ({ op: "put", key, value })));
		await fillHistory(source, store, messages / contacts);
		await store.close();
		const [engine, naive]: [Start[], Start[]] = [[], []];
		for (let round = 0; round < rounds; round++) {
			engine.push(await startEngine(profile));
			naive.push(await startNaive(profile));
		}
		const [ours, theirs] = [median(engine), median(naive)];
		const cells = [ours, theirs].flatMap(({ ms, rows, bytes }) => [
			ms.toFixed(0),
			rows.toLocaleString("en"),
			Math.ceil(bytes / 1024).toLocaleString("en"),
		]);
		const ratio = (ours.ms / theirs.ms).toFixed(ours.ms / theirs.ms < 1 ? 3 : 1);
		console.log(`| ${[messages.toLocaleString("en"), ...cells, ratio].join(" | ")} |`);
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}
