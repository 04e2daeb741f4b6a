import type { Clock, Random } from "../ports.ts";

const firstMs = 500;
const lastMs = 60_000;

/** Waits longer after every failure, with jitter, and calls `work` again. */
export class Retry {
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #work: () => void;
	#failures = 0;
	#cancel: (() => void) | undefined;

	constructor(clock: Clock, random: Random, work: () => void) {
		this.#clock = clock;
		this.#random = random;
		this.#work = work;
	}

	later(): void {
		this.#cancel?.();
		const limit = Math.min(lastMs, firstMs * 2 ** Math.min(this.#failures++, 10));
		const delay = limit / 2 + ((this.#random(1)[0] as number) / 256) * (limit / 2);
		this.#cancel = this.#clock.wakeAt(this.#clock.now() + Math.round(delay), () => {
			this.#cancel = undefined;
			this.#work();
		});
	}

	/** Tries at once what is waiting. */
	now(): void {
		const isWaiting = this.#cancel !== undefined;
		this.reset();
		if (isWaiting) this.#work();
	}

	/** It worked, or the network changed: the next failure waits briefly again. */
	reset(): void {
		this.#failures = 0;
		this.#cancel?.();
		this.#cancel = undefined;
	}
}
