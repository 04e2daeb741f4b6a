/** What may be repaired at once before anything more was sent: a lost key frame of a small picture. */
const mostBytes = 32_000;

/**
 * How much may be sent again: a share of what is sent for the first time. Without it a full line is asked to carry each packet that it
 * dropped again and again (measured: 5 Mbit/s of repairs for a line of 300 kbit/s), and sound has no room beside them.
 */
export class RepairBudget {
	readonly #share: number;
	#bytes = mostBytes;

	/** `share`: 0 to 1. */
	constructor(share: number) {
		this.#share = share;
	}

	sent(bytes: number): void {
		this.#bytes = Math.min(mostBytes, this.#bytes + bytes * this.#share);
	}

	/** Whether a repair of `bytes` may go; counts it if so. */
	take(bytes: number): boolean {
		if (bytes > this.#bytes) return false;
		this.#bytes -= bytes;
		return true;
	}
}
