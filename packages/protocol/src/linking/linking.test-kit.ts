import { type Bytes, Secret, utf8 } from "@sotto/bytes";
import { generateHpkeKeyPair, randomBytes } from "@sotto/crypto";
import { linkingCode, rendezvousOf } from "./code.ts";
import { startExistingDevice, startNewDevice, stepLinking } from "./machine.ts";
import { openLinkingMessage, sealHandover, sealOutgoing } from "./seal.ts";
import type { LinkingEffect, LinkingInput, LinkingState, LinkingStep } from "./state.ts";

export const start = 1_000_000;
export const rendezvous = rendezvousOf(linkingCode(new Uint8Array(9).fill(7)));

/** One device in a test: the real machine, with what it would have appended to the log in `out`. */
export class Device {
	state: LinkingState;
	out: Bytes[] = [];
	readonly effects: LinkingEffect[] = [];
	readonly #card: Bytes;
	readonly #pending: LinkingEffect[];

	constructor(step: LinkingStep, card: Bytes = utf8("card")) {
		this.state = step.state;
		this.#card = card;
		this.#pending = [...step.effects];
	}

	static async newDevice(now = start): Promise<Device> {
		const own = { logId: rendezvous.logId, nonce: randomBytes(32), name: "Laptop", now };
		return new Device(startNewDevice(own, await generateHpkeKeyPair("X-Wing"))).flushed();
	}

	static existing(now = start): Promise<Device> {
		const own = { logId: rendezvous.logId, nonce: randomBytes(32), name: "Ada", now };
		return new Device(startExistingDevice(own, new Secret(randomBytes(32)))).flushed();
	}

	get digits(): string | undefined {
		return this.state.phase === "comparing" ? this.state.digits : undefined;
	}

	get reason(): string | undefined {
		return this.state.phase === "failed" ? this.state.reason : undefined;
	}

	async receive(content: Bytes, now = start): Promise<void> {
		await this.input(await openLinkingMessage(this.state, content), now);
	}

	async input(input: LinkingInput, now = start): Promise<void> {
		const { state, effects } = stepLinking(this.state, input, now);
		this.state = state;
		this.#pending.push(...effects);
		await this.flushed();
	}

	/** Takes what was said since last time. */
	take(): readonly Bytes[] {
		return this.out.splice(0);
	}

	async flushed(): Promise<this> {
		for (const effect of this.#pending.splice(0)) {
			this.effects.push(effect);
			if (effect.kind === "send") this.out.push(await sealOutgoing(effect.outgoing, this.#card));
			if (effect.kind === "handOver") this.out.push(await sealHandover(effect.key, utf8("handover")));
			if (effect.kind === "adopt") this.out.push(await sealOutgoing({ type: "done", seal: utf8(""), key: effect.key }));
		}
		return this;
	}
}

/** Carries what both say until nobody says anything more; `tap` may change, drop or add. */
export async function talk(
	one: Device,
	other: Device,
	tap: (content: Bytes, from: Device) => Promise<readonly Bytes[]> = async (content) => [content],
): Promise<void> {
	for (;;) {
		const [ofOne, ofOther] = [one.take(), other.take()];
		if (ofOne.length + ofOther.length === 0) return;
		for (const content of ofOne) for (const carried of await tap(content, one)) await other.receive(carried);
		for (const content of ofOther) for (const carried of await tap(content, other)) await one.receive(carried);
	}
}
