import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type CallView,
	type ClientView,
	type ConversationId,
	createClient,
	type HistoryItem,
	type ReadyView,
	type SottoClient,
} from "@sotto/client";
import { openNodePorts } from "@sotto/platform/node";
import { allRoles } from "../../apps/cli/src/serve/roles.ts";
import { type RunningServer, startServer } from "../../apps/cli/src/serve/start-server.ts";
import { createShiftedClock, type ShiftedClock } from "./shifted-clock.ts";

export type Person = {
	readonly name: string;
	readonly client: () => SottoClient;
	readonly clock: ShiftedClock;
	/** Everything that rang, by call key, once for each time that it began to ring. */
	readonly rang: string[];
	/** Ends the engine as a closed or reloaded page does: nothing is said to anybody. */
	readonly stop: () => Promise<void>;
	/** Starts it again on the same store. */
	readonly start: () => Promise<void>;
	readonly view: () => Promise<ReadyView>;
	readonly call: () => Promise<CallView | undefined>;
	readonly calls: (conversation: ConversationId) => Promise<readonly HistoryItem[]>;
};

export type World = {
	readonly url: string;
	readonly join: (name: string, options?: { readonly skewMs?: number }) => Promise<Person>;
	readonly end: () => Promise<void>;
};

/** A real server with its roles, in this process, on a folder of its own. */
export async function createWorld(): Promise<World> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-signalling-"));
	const server: RunningServer = await startServer({
		roles: new Set(allRoles),
		port: 0,
		data: folder,
		tls: undefined,
		publicUrl: undefined,
		mediaAddress: undefined,
		mediaPorts: undefined,
		log: (line) => console.log(`server: ${line}`),
		web: undefined,
	});
	const url = `http://127.0.0.1:${server.http.port}`;
	const people: Person[] = [];
	return {
		url,
		async join(name, { skewMs = 0 } = {}) {
			const person = await createPerson(join(folder, name), name, skewMs);
			people.push(person);
			must(await person.client().createAccount({ name, home: url }));
			await until(`${name} has an account`, async () => (await person.client().view()).phase === "ready");
			return person;
		},
		async end() {
			await Promise.all(people.map((person) => person.stop()));
			await server.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function createPerson(folder: string, name: string, skewMs: number): Promise<Person> {
	const clock = createShiftedClock(skewMs);
	const rang: string[] = [];
	let running: { readonly client: SottoClient; readonly stop: () => Promise<void> } | undefined;
	const client = () => {
		if (running === undefined) throw new Error(`${name}'s engine is not running`);
		return running.client;
	};
	const view = async (): Promise<ReadyView> => {
		const now: ClientView = await client().view();
		if (now.phase !== "ready") throw new Error(`${name} is ${now.phase}`);
		return now;
	};
	const start = async () => {
		running = await startEngine(folder, clock, rang);
	};
	await start();
	return {
		name,
		client,
		clock,
		rang,
		start,
		async stop() {
			await running?.stop();
			running = undefined;
		},
		view,
		call: async () => (await view()).call,
		calls: async (conversation) => {
			const { items } = await client().history(conversation);
			return items.filter((item) => item.kind === "call");
		},
	};
}

async function startEngine(folder: string, clock: ShiftedClock, rang: string[]) {
	const ports = must(await openNodePorts(folder, { lockWaitMs: 5_000 }));
	const client = await createClient({ ...ports, clock });
	let ringing: string | undefined;
	client.onEvent((event) => {
		if (event.kind !== "view" || event.view.phase !== "ready") return;
		const { call } = event.view;
		const rings = call?.phase.name === "ringing" && call.direction === "incoming" ? call.call : undefined;
		if (rings !== undefined && rings !== ringing) rang.push(rings);
		ringing = rings;
	});
	return {
		client,
		async stop() {
			await client.close();
			await ports.close();
		},
	};
}

export function must<T>(
	result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
	if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
	return result.value;
}

/** Asks again and again until `isMet`; throws after `seconds`. */
export async function until(what: string, isMet: () => Promise<boolean>, seconds = 25): Promise<void> {
	const from = Date.now();
	while (!(await isMet())) {
		if (Date.now() - from > seconds * 1000) throw new Error(`${what}: not within ${seconds} s`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** Two people who have accepted each other; the conversation as each of them knows it. */
export async function befriend(asker: Person, owner: Person): Promise<readonly [ConversationId, ConversationId]> {
	const { link } = (await owner.view()).me;
	// A link that was made a moment ago may still be on its way to the server.
	let asked = await asker.client().addContact(link);
	await until("the link works", async () => {
		if (!asked.ok) asked = await asker.client().addContact(link);
		return asked.ok;
	});
	const { conversation } = must(asked);
	await until("the request arrives", async () => (await owner.view()).requests.length === 1);
	const [request] = (await owner.view()).requests;
	const accepted = must(await owner.client().acceptRequest(request?.id ?? ""));
	const isActive = async () =>
		(await asker.view()).conversations.some(({ id, phase }) => id === conversation && phase === "active");
	await until("the conversation is open", isActive);
	return [conversation, accepted.conversation];
}

export function phaseIs(person: Person, name: CallView["phase"]["name"], reason?: string): () => Promise<boolean> {
	return async () => {
		const phase = (await person.call())?.phase;
		if (phase?.name !== name) return false;
		return reason === undefined || (phase.name === "ended" && phase.reason === reason);
	};
}

/** The outcomes of a conversation's calls as its history shows them, oldest first. */
export async function outcomes(person: Person, conversation: ConversationId): Promise<readonly string[]> {
	const items = await person.calls(conversation);
	return items.flatMap((item) => (item.kind === "call" ? [`${item.direction} ${item.outcome}`] : []));
}
