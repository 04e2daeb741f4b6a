/** How much may be taken at once, and how fast it comes back. */
export type BucketSize = { readonly burst: number; readonly perSecond: number };

/**
 * A token bucket: `take` succeeds while there is enough. It knows amounts and times, not who takes: the server stores no
 * address of anybody, so one bucket stands for everybody whom nothing tells apart.
 */
export class TokenBucket {
	readonly #size: BucketSize;
	#level: number;
	#filledAt: number;

	constructor(size: BucketSize, now: number) {
		this.#size = size;
		this.#level = size.burst;
		this.#filledAt = now;
	}

	/** Takes `amount` at `now` (milliseconds) if it is there; an amount above the burst never is. */
	take(now: number, amount = 1): boolean {
		this.#fill(now);
		if (this.#level < amount) return false;
		this.#level -= amount;
		return true;
	}

	/** Puts back what was taken and turned out not to be needed. */
	giveBack(amount = 1): void {
		this.#level = Math.min(this.#size.burst, this.#level + amount);
	}

	/** Whether it is full, and so no different from a new one. */
	isFull(now: number): boolean {
		this.#fill(now);
		return this.#level >= this.#size.burst;
	}

	#fill(now: number): void {
		// A clock that went back fills nothing, and does not empty anything either.
		const seconds = Math.max(0, now - this.#filledAt) / 1000;
		this.#level = Math.min(this.#size.burst, this.#level + seconds * this.#size.perSecond);
		this.#filledAt = now;
	}
}
