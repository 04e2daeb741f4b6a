import { type BucketSize, type Clock, TokenBucket } from "@sotto/door";

/**
 * How much everybody together may create, until tokens tell people apart (design, primitive 4). No address of anybody is
 * kept, so one bucket stands for all; a restart fills it again. Amounts: logs, blobs, bytes.
 */
export type HomeCaps = {
	readonly logs: BucketSize;
	readonly blobs: BucketSize;
	readonly storedBytes: BucketSize;
};

const gibibyte = 2 ** 30;

/** Far above what a family, or a newsroom, does in an hour; far below what fills a disk overnight unnoticed. */
export const defaultCaps: HomeCaps = {
	logs: { burst: 4_000, perSecond: 1 },
	blobs: { burst: 4_000, perSecond: 1 },
	storedBytes: { burst: 4 * gibibyte, perSecond: 2 ** 20 },
};

export type Limits = {
	readonly [K in keyof HomeCaps]: { take(amount?: number): boolean; giveBack(amount?: number): void };
};

/** The caps as running buckets. `onLimit` is told each time one of them was empty. */
export function createLimits(caps: HomeCaps, clock: Clock, onLimit: (what: keyof HomeCaps) => void): Limits {
	const limit = (what: keyof HomeCaps) => {
		const bucket = new TokenBucket(caps[what], clock.now());
		return {
			take(amount = 1) {
				const taken = bucket.take(clock.now(), amount);
				if (!taken) onLimit(what);
				return taken;
			},
			giveBack: (amount = 1) => bucket.giveBack(amount),
		};
	};
	return { logs: limit("logs"), blobs: limit("blobs"), storedBytes: limit("storedBytes") };
}
