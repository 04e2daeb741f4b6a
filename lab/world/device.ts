import { bytesToHex, err } from "@sotto/bytes";
import {
	type ClientEvent,
	type ClientOptions,
	type ConversationView,
	createClient,
	type HistoryItem,
	type Ports,
	type ReadyView,
	type SottoClient,
	type Store,
} from "@sotto/client";
import { Life } from "../life.ts";
import { MemoryStore } from "../memory-store.ts";
import type { Chronicle } from "./chronicle.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { Wire } from "./wire.ts";

export const homeUrl = "http://home.test";

export type DeviceParts = {
	readonly time: VirtualTime;
	readonly wire: Wire;
	readonly chance: () => number;
	readonly chronicle: Chronicle;
	readonly options: ClientOptions;
	/** Milliseconds that this device's clock is ahead. */
	readonly skewMs: number;
	readonly diskMs: number;
};

/** Who somebody is: a device has a name of its own, and its person's. */
export type Who = { readonly name: string; readonly person: string };

/** A person's device: a store that stays, and one life after the other of the real client on it. */
export class Device {
	readonly name: string;
	readonly person: string;
	readonly wire: Wire;
	/** Of a further device of its person: how far it is in coming to the account and going from it. The first one is always in. */
	membership: "none" | "linking" | "in" | "out" = "in";
	/** By thread: what its person's first device showed as sent when this one was linked. */
	readonly handed = new Map<string, readonly string[]>();
	readonly store = new MemoryStore();
	readonly #parts: DeviceParts;
	#life = new Life();
	#client: SottoClient | undefined;
	#networkListeners = new Set<(state: "online" | "offline") => void>();
	diskIsFull = false;
	/** It stays off until somebody wakes it. */
	isOff = true;
	crashes = 0;

	constructor({ name, person }: Who, parts: DeviceParts) {
		this.name = name;
		this.person = person;
		if (this.isFurther) this.membership = "none";
		this.wire = parts.wire;
		this.#parts = parts;
		this.#life.die();
	}

	/** Whether its person has another one that was there first. */
	get isFurther(): boolean {
		return this.name !== this.person;
	}

	/** The client, if its process runs. */
	get client(): SottoClient | undefined {
		return this.#life.isDead ? undefined : this.#client;
	}

	/** Starts a process on what the store holds. */
	async start(): Promise<void> {
		if (!this.#life.isDead) return;
		this.isOff = false;
		const life = new Life();
		this.#life = life;
		this.#client = undefined;
		this.#networkListeners = new Set();
		const client = await createClient(this.#ports(life), this.#parts.options);
		if (life.isDead) return;
		this.#client = client;
		client.onEvent((event) => life.isDead || this.#heard(event));
		const view = await client.view();
		if (view.phase === "broken") return this.#startAgainLater();
		if (view.phase !== "noAccount") this.#parts.chronicle.sawView(this, view);
		else if (!this.isFurther) await this.#createAccount(client, life);
		if (view.phase === "ready") for (const request of view.requests) this.#accept(request.id);
	}

	/** Dies at its n-th effect from now on, and comes back `downMs` later. */
	dieAt(effects: number, moment: "before" | "after", downMs: number): void {
		const life = this.#life;
		if (life.isDead) return;
		life.dieIn(effects, moment);
		void life.died.then(() => this.#comeBack(downMs));
	}

	/** The power goes, now. */
	die(): void {
		this.isOff = true;
		this.#life.die();
	}

	/** It does not die of itself any more. */
	spare(): void {
		this.#life.spare();
	}

	async restart(downMs: number): Promise<void> {
		const client = this.client;
		if (client === undefined) return;
		await client.close();
		this.#life.die();
		this.#parts.time.plan(this.#parts.time.now + downMs, () => void this.start());
	}

	/** What the system says of the network. */
	tell(state: "online" | "offline"): void {
		if (!this.#life.isDead) for (const listener of this.#networkListeners) listener(state);
	}

	async view(): Promise<ReadyView | undefined> {
		const view = await this.client?.view();
		return view?.phase === "ready" ? view : undefined;
	}

	async conversations(): Promise<readonly ConversationView[]> {
		// In an order that no clock decides.
		return ((await this.view())?.conversations ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
	}

	async items(conversation: string): Promise<readonly HistoryItem[]> {
		const items: HistoryItem[] = [];
		let before: string | undefined;
		do {
			const page = await this.client?.history(conversation, { limit: 200, ...(before && { before }) });
			if (page === undefined) return [];
			items.unshift(...page.items);
			before = page.older;
		} while (before !== undefined);
		return items;
	}

	#comeBack(downMs: number): void {
		this.crashes++;
		const { time } = this.#parts;
		time.plan(time.now + downMs, () => this.isOff || void this.start());
	}

	async #createAccount(client: SottoClient, life: Life): Promise<void> {
		const created = await client.createAccount({ name: this.name, home: homeUrl });
		if (created.ok || life.isDead) return;
		const { time } = this.#parts;
		time.plan(time.now + 2_000, () => life.isDead || void this.#createAccount(client, life));
	}

	#heard(event: ClientEvent): void {
		if (event.kind === "requested") this.#accept(event.request.id);
		else if (event.kind === "view" && event.view.phase === "broken") this.#startAgainLater();
		this.#parts.chronicle.heard(this, event);
	}

	/** An app that cannot use its store says so, and is opened again by whoever uses it. */
	#startAgainLater(): void {
		this.#life.die();
		this.#parts.time.plan(this.#parts.time.now + 5_000, () => this.isOff || void this.start());
	}

	/** Everybody says yes, sooner or later, and as often as it takes. */
	#accept(request: string): void {
		const life = this.#life;
		const { time, chance } = this.#parts;
		time.plan(time.now + Math.round(chance() ** 2 * 20_000), async () => {
			if (life.isDead) return;
			const accepted = await this.client?.acceptRequest(request);
			if (accepted?.ok === false && accepted.error.kind !== "notFound") this.#accept(request);
		});
	}

	#ports(life: Life): Ports {
		const { time, wire, chance, skewMs } = this.#parts;
		return {
			store: this.#mortal(life),
			transport: wire.transport(life),
			clock: {
				now: () => time.now + skewMs,
				wakeAt: (at, work) => time.plan(at - skewMs, () => life.isDead || work()),
			},
			random: (length) => Uint8Array.from({ length }, () => Math.floor(chance() * 256)),
			connectivity: {
				onChange: (listener) => {
					this.#networkListeners.add(listener);
					return () => this.#networkListeners.delete(listener);
				},
			},
		};
	}

	#mortal(life: Life): Store {
		const { store } = this;
		const { time, chance, diskMs } = this.#parts;
		return {
			get: (key) => store.get(key),
			list: (range) => store.list(range),
			write: (batch) =>
				life.effect(async () => {
					if (diskMs > 0) await time.sleep(Math.round(chance() * diskMs));
					// A process that died meanwhile writes nothing into what the next one has read.
					if (life.isDead) return new Promise<never>(() => undefined);
					return this.diskIsFull ? err({ kind: "storageFull" as const }) : store.write(batch);
				}),
			close: () => store.close(),
		};
	}

	/** Everything in the store, in the order of its keys, for a test that compares two runs. */
	digest(): string {
		const rows = [...this.store.rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
		return rows.map(([key, value]) => `${key} ${bytesToHex(value)}`).join("\n");
	}
}
