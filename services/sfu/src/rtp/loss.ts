import { sequenceDistance } from "./packet.ts";

const maxMissing = 256;
const maxTries = 8;
const firstWaitMs = 10;
const [leastWaitMs, mostWaitMs] = [30, 400];

type Missing = { sequence: number; tries: number; dueAt: number; since: number; askedAt: number };

/**
 * Which packets of an uplink stream are missing, and when to ask for them again (RFC 4585 generic NACK). Bounded: at most
 * 256 numbers, each asked for 8 times at most and given up after `maxAgeMs`; a larger gap is left to a key frame.
 */
export class LossTracker {
	readonly #maxAgeMs: number;
	#highest = -1;
	#missing: Missing[] = [];
	#lost = 0;
	/** From asking to getting, as it turned out lately. */
	#roundTripMs = 60;

	constructor(maxAgeMs = 1_000) {
		this.#maxAgeMs = maxAgeMs;
	}

	/** Notes an arrival. `overflow` means that a gap is too large to mend: ask for a key frame. */
	arrived(sequence: number, now: number): "inOrder" | "late" | "overflow" {
		if (this.#highest < 0) {
			this.#highest = sequence;
			return "inOrder";
		}
		const distance = sequenceDistance(sequence, this.#highest);
		if (distance <= 0) {
			if (this.#missing.length > 0) this.#found(sequence, now);
			return "late";
		}
		const previous = this.#highest;
		this.#highest = sequence;
		if (distance === 1) return "inOrder";
		if (distance - 1 + this.#missing.length > maxMissing) {
			this.#missing = [];
			return "overflow";
		}
		for (let step = 1; step < distance; step++)
			this.#missing.push({
				sequence: (previous + step) & 0xffff,
				tries: 0,
				dueAt: now + firstWaitMs,
				since: now,
				askedAt: 0,
			});
		return "inOrder";
	}

	#found(sequence: number, now: number): void {
		const found = this.#missing.find((entry) => entry.sequence === sequence);
		if (found === undefined) return;
		this.#missing = this.#missing.filter((entry) => entry !== found);
		if (found.tries === 0) return;
		// Counted from the first asking: too long where that was in vain, so what is shorter counts at once and what is longer slowly.
		const took = now - found.askedAt;
		this.#roundTripMs = took < this.#roundTripMs ? took : this.#roundTripMs + (took - this.#roundTripMs) / 8;
	}

	/** The numbers to ask for now. Also drops what is too old to be of use. */
	due(now: number): number[] {
		if (this.#missing.length === 0) return [];
		const asked: number[] = [];
		const wait = Math.min(Math.max(this.#roundTripMs * 1.5, leastWaitMs), mostWaitMs);
		this.#missing = this.#missing.filter((entry) => {
			if (now - entry.since > this.#maxAgeMs) {
				this.#lost++;
				return false;
			}
			// Asked often enough, it may still be on its way: a long line's first answer comes after the last asking.
			if (entry.dueAt > now || entry.tries >= maxTries) return true;
			if (entry.tries++ === 0) entry.askedAt = now;
			entry.dueAt = now + wait;
			asked.push(entry.sequence);
			return true;
		});
		return asked;
	}

	/** How many packets were given up since the last call: a receiver cannot decode on, so ask for a key frame. */
	takeGivenUp(): number {
		const lost = this.#lost;
		this.#lost = 0;
		return lost;
	}
}
