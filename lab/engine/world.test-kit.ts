import { setTimeout as sleep } from "node:timers/promises";
import { encodeRefusal, notifierKeyRoute, parseRequest, type RefusalCode, refusals, ringRoute } from "@sotto/api";
import { type Bytes, copyBytes, encodeCbor, err, ok } from "@sotto/bytes";
import {
	type ClientEvent,
	type ClientOptions,
	type Clock,
	type ConversationView,
	createClient,
	type HistoryItem,
	type Ports,
	type ReadyView,
	type SottoClient,
	type Store,
	type Transport,
} from "@sotto/client";
import { generateHpkeKeyPair } from "@sotto/crypto";
import { createHome } from "@sotto/home";
import type { Hono } from "hono";
import { openAttach } from "../../services/notifier/src/attach-socket.ts";
import { defaultRingLimits } from "../../services/notifier/src/limits.ts";
import { createRinger } from "../../services/notifier/src/ring.ts";
import { Switchboard } from "../../services/notifier/src/switchboard.ts";
import { openTestStore } from "../../services/storage/src/store.test-kit.ts";
import { Life } from "../life.ts";
import { MemoryStore } from "../memory-store.ts";

type HomeStore = Awaited<ReturnType<typeof openTestStore>>;

export const homeUrl = "http://home.test";

/** What a test does to the network of one client, or to the server of all. */
export type Network = {
	/** No request gets through, and no line stands. */
	offline: boolean;
	/** Called before each request; "lost" drops it, "unanswered" drops the answer, a code refuses it. */
	onPost: ((path: string, body: Bytes) => "lost" | "unanswered" | RefusalCode | undefined) | undefined;
	/** Answers instead of the home: a hostile one. Undefined passes the request on. */
	answer: ((path: string, body: Bytes) => Promise<Bytes | undefined>) | undefined;
	/** How far this device's own clock is ahead of everybody else's. */
	clockAheadMs: number;
};

/** The real home and notifier in this process, and clients on stores in memory. Time is faster than the machine's. */
export type World = {
	/** The home's app; a test replaces it to be a hostile or restored one. */
	home: Hono;
	/** A request straight to the home or the notifier, past every network. */
	readonly post: (path: string, body: Bytes) => Promise<{ readonly status: number; readonly body: Bytes }>;
	readonly now: () => number;
	readonly network: (name: string) => Network;
	/** Starts a client on a store; the same store again is the same device after a restart. */
	readonly start: (name: string, store?: MemoryStore, options?: ClientOptions, life?: Life) => Promise<Person>;
	/** Lets time pass for everybody. */
	readonly advance: (ms: number) => void;
	/** The notifier comes back with another key: the addresses given out open no more. */
	readonly renewNotifier: () => Promise<void>;
	/** The server comes back with an empty disk. */
	readonly loseEverything: () => Promise<void>;
	readonly close: () => Promise<void>;
};

/** Seconds of a world in a second of the machine: what devices wait for by their clocks comes sooner. */
const pace = 4;

/** A clock that began with the machine's, runs faster, and is ahead by what the test let pass. Who waits for a time that was passed over is not woken early. */
function shiftedClock(): Clock & { readonly advance: (ms: number) => void } {
	const [epoch, begun] = [Date.now(), performance.now()];
	let ahead = 0;
	const now = () => Math.round(epoch + (performance.now() - begun) * pace + ahead);
	return {
		now,
		wakeAt(at, work) {
			const timer = setTimeout(work, Math.min(2 ** 31 - 1, Math.max(0, (at - now()) / pace)));
			return () => clearTimeout(timer);
		},
		advance(ms) {
			ahead += ms;
		},
	};
}

/** `openStore`: where the home keeps its logs, by default a database that goes with the test. */
export async function openWorld(openStore: () => Promise<HomeStore> = openTestStore): Promise<World> {
	const store = await openStore();
	const systemClock = shiftedClock();
	const switchboard = new Switchboard(systemClock);
	const openNotifier = async () => {
		const keyPair = await generateHpkeKeyPair("X25519");
		return { keyPair, ringer: createRinger(keyPair, switchboard, defaultRingLimits, systemClock, () => undefined) };
	};
	let notifier = await openNotifier();
	const networks = new Map<string, Network>();
	const people: Person[] = [];
	const network = (name: string): Network => {
		const found = networks.get(name) ?? { offline: false, onPost: undefined, answer: undefined, clockAheadMs: 0 };
		networks.set(name, found);
		return found;
	};
	const answer: World["post"] = async (path, body) => {
		if (path === notifierKeyRoute.path)
			return { status: 200, body: encodeCbor({ publicKey: notifier.keyPair.publicKey }) };
		if (path === ringRoute.path) {
			const request = parseRequest(ringRoute, body);
			const rung = request.ok ? notifier.ringer.ring(request.value) : request;
			return rung.ok ? { status: 200, body: encodeCbor({}) } : { status: 400, body: encodeCbor({ ...rung.error }) };
		}
		const headers = { "content-type": "application/cbor" };
		const response = await world.home.request(path, { method: "POST", body, headers });
		return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
	};
	const world: World = {
		home: createHome({ store, clock: systemClock, log: () => undefined }),
		post: answer,
		now: () => systemClock.now(),
		network,
		async start(name, memory = new MemoryStore(), options = {}, life = new Life()) {
			const ports = portsOf(
				mortal(memory, life),
				transportOf(network(name), answer, switchboard, systemClock, life),
				shifted(systemClock, network(name)),
				life,
			);
			const person = new Person(name, await createClient(ports, options), memory, life);
			people.push(person);
			return person;
		},
		advance: systemClock.advance,
		async renewNotifier() {
			notifier = await openNotifier();
		},
		async loseEverything() {
			const empty = await openStore();
			world.home = createHome({ store: empty, clock: systemClock, log: () => undefined });
		},
		async close() {
			// A process that died does not close; its last write would wait for ever.
			for (const person of people) if (!person.life.isDead) await person.client.close();
			await store.close();
		},
	};
	return world;
}

/** A device's own clock, which may be wrong. */
function shifted(clock: Clock, network: Network): Clock {
	return {
		now: () => clock.now() + network.clockAheadMs,
		wakeAt: (at, work) => clock.wakeAt(at - network.clockAheadMs, work),
	};
}

function mortal(store: MemoryStore, life: Life): Store {
	return {
		get: (key) => store.get(key),
		list: (range) => store.list(range),
		write: (batch) => life.effect(() => store.write(batch)),
		close: () => store.close(),
	};
}

function portsOf(store: Store, transport: Transport, systemClock: Clock, life: Life): Ports {
	return {
		store,
		transport,
		clock: { ...systemClock, wakeAt: (at, work) => systemClock.wakeAt(at, () => life.isDead || work()) },
		random: (length) => crypto.getRandomValues(new Uint8Array(length)),
		connectivity: { onChange: () => () => undefined },
	};
}

function transportOf(
	network: Network,
	answer: (path: string, body: Bytes) => Promise<{ status: number; body: Bytes }>,
	switchboard: Switchboard,
	systemClock: Clock,
	life: Life,
): Transport {
	return {
		async post(url, body) {
			const path = new URL(url).pathname;
			const fate = network.offline ? "lost" : network.onPost?.(path, body);
			if (fate === "lost") return err({ kind: "unreachable" });
			if (fate !== undefined && fate !== "unanswered")
				return ok({
					status: refusals[fate].status,
					body: encodeRefusal({ code: fate }),
					serverTime: systemClock.now(),
				});
			const forged = await network.answer?.(path, body);
			if (forged !== undefined) return ok({ status: 200, body: forged });
			const answered = await life.effect(() => answer(path, body));
			return fate === "unanswered" || network.offline
				? err({ kind: "unreachable" })
				: ok({ ...answered, serverTime: systemClock.now() });
		},
		connect(_url, handler) {
			let isOpen = !network.offline;
			const end = () => {
				if (!isOpen) return;
				isOpen = false;
				connection.closed();
				handler.closed();
			};
			const connection = openAttach(
				{
					send: (frame) => queueMicrotask(() => isOpen && !network.offline && handler.received(copyBytes(frame))),
					ping: () => undefined,
					close: end,
				},
				switchboard,
				systemClock,
			);
			queueMicrotask(() => (isOpen ? handler.opened() : handler.closed()));
			void life.died.then(end);
			return {
				send: (frame) => queueMicrotask(() => isOpen && !network.offline && connection.frameArrived(frame)),
				close: end,
			};
		},
	};
}

/** A client and what a test asks of it. */
export class Person {
	readonly name: string;
	readonly client: SottoClient;
	readonly store: MemoryStore;
	readonly life: Life;
	readonly events: ClientEvent[] = [];

	constructor(name: string, client: SottoClient, store: MemoryStore, life: Life) {
		this.life = life;
		this.name = name;
		this.client = client;
		this.store = store;
		client.onEvent((event) => this.events.push(event));
	}

	async create(): Promise<this> {
		expectOk(await this.client.createAccount({ name: this.name, home: homeUrl }));
		return this;
	}

	async ready(): Promise<ReadyView> {
		const view = await this.client.view();
		if (view.phase !== "ready") throw new Error(`${this.name} is ${view.phase}`);
		return view;
	}

	async with(other: string): Promise<ConversationView> {
		return until(`${this.name} has a conversation with ${other}`, async () =>
			(await this.ready()).conversations.find(({ title }) => title === other),
		);
	}

	async say(other: string, text: string): Promise<string> {
		return expectOk(await this.client.sendMessage((await this.with(other)).id, text)).item;
	}

	async items(other: string): Promise<readonly HistoryItem[]> {
		return (await this.client.history((await this.with(other)).id, { limit: 200 })).items;
	}

	/** The texts of a conversation in order: own ones as "> text", with their state unless sent. */
	async texts(other: string): Promise<readonly string[]> {
		return (await this.items(other)).flatMap((item) => {
			if (item.kind !== "message") return [];
			return [`${item.mine ? "> " : ""}${item.text}${item.state === "sent" ? "" : ` (${item.state})`}`];
		});
	}
}

export function expectOk<T>(
	result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
	if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
	return result.value;
}

/** Waits until `look` finds something; says what it waited for when it does not within `withinMs`. */
export async function until<T>(
	what: string,
	look: () => Promise<T | undefined | false>,
	withinMs = 60_000,
): Promise<T> {
	const giveUpAt = Date.now() + withinMs;
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== false) return found;
		if (Date.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
		await sleep(10);
	}
}

/** Two people in contact, both accounts fresh. */
export async function befriend(world: World, one = "Ada", other = "Bob"): Promise<readonly [Person, Person]> {
	const [ada, bob] = [await (await world.start(one)).create(), await (await world.start(other)).create()];
	await connect(ada, bob);
	return [ada, bob];
}

/** `asking` adds `asked`, who accepts; returns when both know. */
export async function connect(asking: Person, asked: Person): Promise<void> {
	expectOk(await asking.client.addContact((await asked.ready()).me.link));
	const request = await until("a request", async () => {
		await asked.client.sync();
		return (await asked.ready()).requests[0];
	});
	expectOk(await asked.client.acceptRequest(request.id));
	await until("both are in contact", async () => {
		const [mine, theirs] = [await asking.with(asked.name), await asked.with(asking.name)];
		return mine.phase === "active" && theirs.phase === "active";
	});
}
