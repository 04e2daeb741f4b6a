import { attachEventShape, attachPath, maxAttachFrameBytes, type Urgency } from "@sotto/api";
import { type Bytes, encodeCbor, parseCbor, type Secret } from "@sotto/bytes";
import { type AttachEffect, type AttachInput, type AttachState, startAttach, stepAttach } from "@sotto/protocol";
import type { Clock, Connectivity, Random, Socket, Transport } from "../ports.ts";
import { revealed } from "../store/secrets.ts";

export type LineParts = {
	readonly transport: Transport;
	readonly clock: Clock;
	readonly random: Random;
	readonly connectivity: Connectivity;
	readonly wakeCap: Secret;
	readonly baseUrl: string;
	readonly attached: () => void;
	readonly lost: () => void;
	readonly rung: (hint: Bytes, urgency: Urgency) => void;
	/** The phase changed. */
	readonly changed: () => void;
};

/** This device's line to the notifier: runs the machine of `@sotto/protocol` over a socket and a clock. */
export class Line {
	readonly #parts: LineParts;
	readonly #stopConnectivity: () => void;
	#state: AttachState = startAttach;
	#socket: Socket | undefined;
	#cancelWake: (() => void) | undefined;

	constructor(parts: LineParts) {
		this.#parts = parts;
		this.#stopConnectivity = parts.connectivity.onChange((change) => this.#take({ kind: "network", change }));
	}

	get state(): AttachState {
		return this.#state;
	}

	start(): void {
		this.#take({ kind: "start" });
	}

	stop(): void {
		this.#stopConnectivity();
		this.#take({ kind: "stop" });
		this.#cancelWake?.();
	}

	#take(input: AttachInput): void {
		const chance = (this.#parts.random(1)[0] as number) / 256;
		const context = { wakeCap: revealed(this.#parts.wakeCap), chance };
		const before = this.#state.phase;
		const { state, effects } = stepAttach(this.#state, input, this.#parts.clock.now(), context);
		this.#state = state;
		for (const effect of effects) this.#perform(effect);
		if (state.phase !== before) this.#parts.changed();
	}

	#perform(effect: AttachEffect): void {
		switch (effect.kind) {
			case "connect":
				return this.#connect();
			case "close": {
				const socket = this.#socket;
				this.#socket = undefined;
				return socket?.close();
			}
			case "send":
				return this.#socket?.send(encodeCbor(effect.request));
			case "wakeAt":
				this.#cancelWake?.();
				this.#cancelWake = this.#parts.clock.wakeAt(effect.at, () => this.#take({ kind: "woke" }));
				return;
			case "attached":
				return this.#parts.attached();
			case "lost":
				return this.#parts.lost();
			case "rung":
				return this.#parts.rung(effect.hint, effect.urgency);
		}
	}

	#connect(): void {
		this.#socket?.close();
		const url = `${this.#parts.baseUrl.replace(/^http/, "ws")}${attachPath}`;
		// What an abandoned socket still says is of no interest.
		const current = (work: () => void) => {
			if (this.#socket === socket) work();
		};
		const socket: Socket = this.#parts.transport.connect(url, {
			opened: () => current(() => this.#take({ kind: "opened" })),
			received: (frame) => current(() => this.#receive(frame)),
			closed: () =>
				current(() => {
					this.#socket = undefined;
					this.#take({ kind: "closed" });
				}),
		});
		this.#socket = socket;
	}

	#receive(frame: Bytes): void {
		const event = frame.length <= maxAttachFrameBytes ? parseCbor(attachEventShape, frame) : undefined;
		if (event?.ok) this.#take({ kind: "event", event: event.value });
	}
}
