import {
	encodeRefusal,
	notifierKeyRoute,
	parseRequest,
	type Refusal,
	refusals,
	ringRoute,
	type Route,
} from "@sotto/api";
import { type Bytes, type CborValue, encodeCbor, ok } from "@sotto/bytes";
import { generateHpkeKeyPair, type HpkeKeyPair } from "@sotto/crypto";
import { type Clock, describeFault, type Handler } from "@sotto/door";
import { defaultCaps } from "@sotto/home";
import { serveBlobs } from "../../services/home/src/blob-routes.ts";
import { createLimits } from "../../services/home/src/caps.ts";
import { serveLogs } from "../../services/home/src/log-routes.ts";
import { type AttachConnection, type AttachSocket, openAttach } from "../../services/notifier/src/attach-socket.ts";
import { defaultRingLimits } from "../../services/notifier/src/limits.ts";
import { createRinger, type Ringer } from "../../services/notifier/src/ring.ts";
import { Switchboard } from "../../services/notifier/src/switchboard.ts";
import { MemoryHomeStore } from "./home-store.ts";
import type { VirtualTime } from "./virtual-time.ts";

export type Answer = { readonly status: number; readonly body: Bytes };
type Handle = (body: Bytes) => Promise<Answer>;

/** A commit of the home's disk takes this long. */
const commitMs = 2;
const tickMs = 5_000;

/**
 * Home and notifier as they are, without the HTTP around them: requests and answers are the bodies of the contract. The
 * process can die; the disk stays. Several histories of the same logs, told to different people, are for its evil mode.
 */
export class WorldServer {
	readonly #time: VirtualTime;
	readonly #clock: Clock;
	readonly #fault: (what: string) => void;
	readonly #lines = new Set<{ readonly connection: AttachConnection; readonly cut: () => void }>();
	readonly #stores: Map<string, MemoryHomeStore>;
	readonly #maxRecords: number | undefined;
	#notifierKey: HpkeKeyPair;
	#routes = new Map<string, ReadonlyMap<string, Handle>>();
	#switchboard: Switchboard;
	#ringer: Ringer;
	#life = 0;
	isUp = true;
	/** Which history each device is told; the first one, unless the server is evil. */
	readonly branchOf = new Map<string, string>();

	private constructor(
		time: VirtualTime,
		notifierKey: HpkeKeyPair,
		fault: (what: string) => void,
		maxRecords: number | undefined,
	) {
		this.#time = time;
		this.#fault = fault;
		this.#clock = { now: () => time.now, wakeAt: (at, work) => time.plan(at, work) };
		this.#notifierKey = notifierKey;
		this.#maxRecords = maxRecords;
		this.#stores = new Map([["", this.#newStore()]]);
		this.#switchboard = new Switchboard(this.#clock);
		this.#ringer = this.#createRinger();
		this.#start();
	}

	/** A log is full with `maxRecords`, as everybody in this world agrees. */
	static async open(time: VirtualTime, fault: (what: string) => void, maxRecords?: number): Promise<WorldServer> {
		return new WorldServer(time, await generateHpkeKeyPair("X25519"), fault, maxRecords);
	}

	/** The disk behind one of the histories. */
	store(branch = ""): MemoryHomeStore {
		return this.#stores.get(branch) as MemoryHomeStore;
	}

	/** Answers a device's request; undefined if the process dies before it does. */
	async handle(device: string, path: string, body: Bytes): Promise<Answer | undefined> {
		if (!this.isUp) return undefined;
		const life = this.#life;
		const handle = this.#routes.get(this.branchOf.get(device) ?? "")?.get(path);
		const answer = handle === undefined ? refuse({ code: "unknownRoute" }) : await handle(body);
		return this.isUp && life === this.#life ? answer : undefined;
	}

	/** A device's socket for rings; undefined if nobody listens. `cut` ends it when the process dies. */
	attach(socket: AttachSocket, cut: () => void): AttachConnection | undefined {
		if (!this.isUp) return undefined;
		const connection = openAttach(socket, this.#switchboard, this.#clock);
		const line = { connection, cut };
		this.#lines.add(line);
		return {
			...connection,
			closed: () => {
				this.#lines.delete(line);
				connection.closed();
			},
		};
	}

	/** The process dies and comes back after `downMs`; what was not acknowledged may be lost. */
	crash(batch: "lost" | "kept", downMs: number): void {
		if (!this.isUp) return;
		this.isUp = false;
		this.#life++;
		for (const store of this.#stores.values()) store.crash(batch);
		for (const { cut } of this.#lines) cut();
		this.#lines.clear();
		this.#time.plan(this.#time.now + downMs, () => this.start());
	}

	start(): void {
		if (this.isUp) return;
		this.isUp = true;
		this.#switchboard = new Switchboard(this.#clock);
		this.#start();
	}

	/** The notifier comes back with another key: the addresses given out open no more. */
	async renewNotifier(): Promise<void> {
		this.#notifierKey = await generateHpkeKeyPair("X25519");
		this.#ringer = this.#createRinger();
	}

	/** From now on there is another history, which begins as a copy of the true one. */
	fork(branch: string): void {
		if (this.#stores.has(branch)) return;
		const store = this.#newStore();
		store.restore(this.store().backup());
		this.#stores.set(branch, store);
		this.#routes.set(branch, this.#serve(store));
	}

	#newStore(): MemoryHomeStore {
		return new MemoryHomeStore((commit) => void this.#time.plan(this.#time.now + commitMs, commit), this.#maxRecords);
	}

	#start(): void {
		this.#ringer = this.#createRinger();
		this.#routes = new Map([...this.#stores].map(([branch, store]) => [branch, this.#serve(store)]));
		this.#tick(this.#life);
	}

	#tick(life: number): void {
		this.#time.plan(this.#time.now + tickMs, () => {
			if (!this.isUp || life !== this.#life) return;
			this.#switchboard.tick();
			for (const { connection } of this.#lines) connection.tick();
			this.#tick(life);
		});
	}

	#createRinger(): Ringer {
		return createRinger(this.#notifierKey, this.#switchboard, defaultRingLimits, this.#clock, () => undefined);
	}

	#serve(store: MemoryHomeStore): ReadonlyMap<string, Handle> {
		const routes = new Map<string, Handle>();
		const serve = <Request extends object, Response>(
			route: Route<Request, Response>,
			handle: Handler<Request, Response>,
		) => {
			routes.set(route.path, (body) => this.#answer(route, handle, body));
		};
		const limits = createLimits(defaultCaps, this.#clock, () => undefined);
		serveLogs(serve, { store, clock: this.#clock, limits });
		serveBlobs(serve, { store, clock: this.#clock, limits });
		serve(notifierKeyRoute, async () => ok({ publicKey: this.#notifierKey.publicKey }));
		serve(ringRoute, async (request) => this.#ringer.ring(request));
		return routes;
	}

	async #answer<Request extends object, Response>(
		route: Route<Request, Response>,
		handle: Handler<Request, Response>,
		body: Bytes,
	): Promise<Answer> {
		const request = parseRequest(route, body);
		if (!request.ok) return refuse(request.error);
		try {
			const answer = await handle(request.value);
			return answer.ok ? { status: 200, body: encodeCbor(answer.value as CborValue) } : refuse(answer.error);
		} catch (thrown) {
			this.#fault(`${route.path} threw: ${describeFault(thrown).at}`);
			return refuse({ code: "unavailable" });
		}
	}
}

function refuse(refusal: Refusal): Answer {
	return { status: refusals[refusal.code].status, body: encodeRefusal(refusal) };
}
