import { encodeRefusal, type RefusalCode, refusals } from "@sotto/api";
import { type Bytes, copyBytes, err, ok } from "@sotto/bytes";
import type { Socket, SocketHandler, Transport } from "@sotto/client";
import type { Life } from "../life.ts";
import type { Answer, WorldServer } from "./server.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How the network is on the whole: milliseconds one way, and shares of all requests. */
export type Weather = {
	readonly minMs: number;
	readonly maxMs: number;
	/** Requests, or their answers, that get lost. */
	readonly loss: number;
	/** Requests that arrive twice, the second time up to half a minute later. */
	readonly duplicates: number;
};

export const calm: Weather = { minMs: 5, maxMs: 40, loss: 0, duplicates: 0 };

/** What does not get through to or from one device: a partition, or one way of it. */
export type Cut = "nothing" | "everything" | "requests" | "answers";

/** What every request passes on its way; a world that watches, or an evil server, sits here. */
export type Tap = {
	/** Just before the server gets it. */
	readonly arrives: (device: string, path: string, body: Bytes) => void;
	/** What the device is told without the home being asked. */
	readonly instead: (device: string, path: string, body: Bytes) => Answer | undefined;
	/** What the device is told instead, or the answer itself. */
	readonly answered: (device: string, path: string, body: Bytes, answer: Answer) => Answer;
};

/** A device's network: everything that leaves and reaches it takes time, and gets lost, doubled and out of order on the way. */
export class Wire {
	readonly #device: string;
	readonly #time: VirtualTime;
	readonly #server: WorldServer;
	readonly #chance: () => number;
	readonly #tap: Tap;
	weather: Weather;
	cut: Cut = "nothing";
	/** Every request is refused with this. */
	refusal: RefusalCode | undefined;

	constructor(
		device: string,
		parts: { time: VirtualTime; server: WorldServer; chance: () => number; tap: Tap; weather: Weather },
	) {
		this.#device = device;
		this.#time = parts.time;
		this.#server = parts.server;
		this.#chance = parts.chance;
		this.#tap = parts.tap;
		this.weather = parts.weather;
	}

	/** The network as one life of the device has it. */
	transport(life: Life): Transport {
		return {
			post: (url, body, { timeoutMs }) =>
				life.effect(() => this.#post(new URL(url).pathname, body, timeoutMs)) as ReturnType<Transport["post"]>,
			connect: (_url, handler) => this.#connect(handler, life),
		};
	}

	#post(path: string, body: Bytes, timeoutMs: number) {
		return new Promise<Awaited<ReturnType<Transport["post"]>>>((resolve) => {
			const lost = () => resolve(err({ kind: "unreachable" }));
			const cancel = this.#time.plan(this.#time.now + timeoutMs, lost);
			const end = (answer: Answer | undefined) => {
				cancel();
				if (answer === undefined) lost();
				else resolve(ok(answer));
			};
			const { loss, duplicates } = this.weather;
			const [fate, isDoubled] = [this.#chance(), this.#chance() < duplicates];
			// A connection that breaks is noticed at once, or only when nothing comes.
			if (fate < loss / 4) return this.#later(() => end(undefined));
			if (fate < loss / 2) return;
			const losesAnswer = fate < loss;
			this.#later(() => void this.#arrive(path, body, losesAnswer ? undefined : end));
			if (isDoubled) this.#later(() => void this.#arrive(path, body, undefined), this.#chance() * 30_000);
		});
	}

	async #arrive(path: string, body: Bytes, end: ((answer: Answer | undefined) => void) | undefined): Promise<void> {
		if (this.cut === "everything" || this.cut === "requests") return;
		if (!this.#server.isUp) return end && this.#later(() => end(undefined));
		if (this.refusal !== undefined) {
			const refused = { status: refusals[this.refusal].status, body: encodeRefusal({ code: this.refusal }) };
			return end && this.#later(() => end(refused));
		}
		this.#tap.arrives(this.#device, path, body);
		const answer = this.#tap.instead(this.#device, path, body) ?? (await this.#server.handle(this.#device, path, body));
		if (end === undefined) return;
		const told = answer && this.#tap.answered(this.#device, path, body, answer);
		this.#later(() => {
			if (this.cut === "nothing" || this.cut === "requests") end(told);
		});
	}

	#later(work: () => void, also = 0): void {
		const { minMs, maxMs } = this.weather;
		this.#time.plan(this.#time.now + Math.round(minMs + this.#chance() * (maxMs - minMs) + also), work);
	}

	/** A socket: frames stay in order; one that met a cut carries nothing any more, and neither end is told. */
	#connect(handler: SocketHandler, life: Life): Socket {
		let phase: "opening" | "open" | "dead" | "over" = "opening";
		let [upAt, downAt] = [0, 0];
		const delay = () => {
			const { minMs, maxMs } = this.weather;
			return this.#time.now + Math.round(minMs + this.#chance() * (maxMs - minMs));
		};
		const passes = () => {
			if (phase === "open" && this.cut !== "nothing") phase = "dead";
			return phase === "open";
		};
		const up = (work: () => void) => {
			upAt = Math.max(upAt, delay());
			this.#time.plan(upAt, () => passes() && work());
		};
		const down = (work: () => void) => {
			downAt = Math.max(downAt, delay());
			this.#time.plan(downAt, () => passes() && !life.isDead && work());
		};
		const end = () => {
			if (phase === "over") return;
			const wasDead = phase === "dead";
			phase = "over";
			connection?.closed();
			if (!wasDead) this.#time.plan(delay(), () => life.isDead || handler.closed());
		};
		let connection: ReturnType<WorldServer["attach"]>;
		this.#time.plan(delay(), () => {
			if (phase !== "opening") return;
			if (this.cut !== "nothing") {
				phase = "dead";
				return;
			}
			connection = this.#server.attach(
				{
					send: (frame) => down(() => handler.received(copyBytes(frame))),
					ping: (payload) => down(() => up(() => connection?.pongArrived(payload))),
					close: end,
				},
				end,
			);
			if (connection === undefined) return end();
			phase = "open";
			down(() => handler.opened());
		});
		void life.died.then(end);
		return { send: (frame) => up(() => connection?.frameArrived(frame)), close: end };
	}
}
