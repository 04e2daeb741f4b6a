/** How a line is for a while, in one direction. */
export type LineState = {
	/** 0 to 1, each packet by itself. */
	readonly loss: number;
	/** What every packet takes, and how much longer one may take by chance. */
	readonly delayMs: number;
	readonly jitterMs: number;
	/** Undefined: as much as comes. */
	readonly bitsPerSecond: number | undefined;
	/** How long a packet may wait for its turn; what would wait longer is dropped, as a router does. */
	readonly queueMs: number;
};

/** A line over time: each state holds from `fromMs` after {@link Line.begin} on. The first stands at 0. */
export type LinePlan = readonly { readonly fromMs: number; readonly state: LineState }[];

export const clearLine: LineState = { loss: 0, delayMs: 0, jitterMs: 0, bitsPerSecond: undefined, queueMs: 0 };

/** IPv4 and UDP headers: a line carries them too. */
const headerBytes = 28;

/**
 * One direction of a line, without clock or I/O: says of each packet when it comes out at the other end. Clear until it is begun.
 * Nothing overtakes: a packet that chance delays delays those behind it, as in a queue.
 */
export class Line {
	readonly #plan: LinePlan;
	readonly #chance: () => number;
	#begunAt: number | undefined;
	/** When the bottleneck has sent what is before it. */
	#freeAt = Number.NEGATIVE_INFINITY;
	#lastOut = Number.NEGATIVE_INFINITY;
	readonly counts = { passed: 0, lost: 0, overflowed: 0 };

	/** `chance` gives numbers from 0 to 1. */
	constructor(plan: LinePlan, chance: () => number) {
		this.#plan = plan;
		this.#chance = chance;
	}

	/** The plan begins. Times in ms of one monotonic clock. */
	begin(now: number): void {
		this.#begunAt = now;
	}

	/** When a packet of `bytes` of UDP payload comes out that goes in at `now`; undefined when it never does. */
	take(bytes: number, now: number): number | undefined {
		const { loss, delayMs, jitterMs, bitsPerSecond, queueMs } = this.#stateAt(now);
		if (this.#chance() < loss) {
			this.counts.lost++;
			return undefined;
		}
		let sentAt = now;
		if (bitsPerSecond !== undefined) {
			const turn = Math.max(now, this.#freeAt);
			if (turn - now > queueMs) {
				this.counts.overflowed++;
				return undefined;
			}
			sentAt = turn + ((bytes + headerBytes) * 8_000) / bitsPerSecond;
			this.#freeAt = sentAt;
		}
		this.counts.passed++;
		this.#lastOut = Math.max(this.#lastOut, sentAt + delayMs + jitterMs * this.#chance());
		return this.#lastOut;
	}

	#stateAt(now: number): LineState {
		if (this.#begunAt === undefined) return clearLine;
		const since = now - this.#begunAt;
		return this.#plan.findLast(({ fromMs }) => fromMs <= since)?.state ?? clearLine;
	}
}
