import { type BucketSize, type Clock, TokenBucket } from "@sotto/door";

/** How often may be rung. A call costs `callCost`, a message 1. */
export type RingLimits = {
	/** For one address: whoever got it from the device in a message. */
	readonly address: BucketSize;
	/** For one address that stands in a profile: everybody who has the link. */
	readonly profileAddress: BucketSize;
	/** For one device, by all addresses together. */
	readonly device: BucketSize;
	readonly everybody: BucketSize;
	readonly callCost: number;
};

/** A chat of one message a second for an hour fits; keeping a phone awake does not. */
export const defaultRingLimits: RingLimits = {
	address: { burst: 60, perSecond: 2 },
	profileAddress: { burst: 10, perSecond: 1 / 30 },
	device: { burst: 240, perSecond: 10 },
	everybody: { burst: 20_000, perSecond: 2_000 },
	callCost: 5,
};

/** Buckets that are full again are forgotten: a bucket is kept only for who rang lately. */
const maxKeys = 50_000;

/** A token bucket for each key, in bounded memory. */
export class KeyedBuckets {
	readonly #size: BucketSize;
	readonly #clock: Clock;
	readonly #buckets = new Map<string, TokenBucket>();

	constructor(size: BucketSize, clock: Clock) {
		this.#size = size;
		this.#clock = clock;
	}

	take(key: string, amount: number): boolean {
		const present = this.#buckets.get(key);
		const bucket = present ?? new TokenBucket(this.#size, this.#clock.now());
		if (present === undefined) {
			const oldest = this.#buckets.size >= maxKeys ? this.#buckets.keys().next().value : undefined;
			if (oldest !== undefined) this.#buckets.delete(oldest);
			this.#buckets.set(key, bucket);
		}
		return bucket.take(this.#clock.now(), amount);
	}

	/** Forgets what is no different from a new bucket. */
	prune(): void {
		for (const [key, bucket] of this.#buckets) if (bucket.isFull(this.#clock.now())) this.#buckets.delete(key);
	}

	get size(): number {
		return this.#buckets.size;
	}
}
