export const unlimitedBitsPerSecond = 20_000_000;
const leastBitsPerSecond = 150_000;
/** A limit that is not needed any more is lifted by this factor a second. */
const recovery = 1.15;

/**
 * What a receiver can take, in bits per second, from what it reports once a second: `estimate` (REMB; undefined before the
 * first) and `sent`, what it was sent in that second. A browser's estimate starts at what it receives and never exceeds one
 * and a half times that, so as such it would throttle every start of a call. Only an estimate clearly below what is sent
 * is congestion: then it is the limit, lifted step by step afterwards, since at the limit the trouble is not to be seen.
 */
export function nextDownlinkLimit(limit: number, estimate: number | undefined, sent: number): number {
	if (estimate !== undefined && estimate < sent * 0.9) return Math.max(Math.min(limit, estimate), leastBitsPerSecond);
	const lifted = Math.max(limit * recovery, limit < unlimitedBitsPerSecond ? (estimate ?? 0) : 0);
	return Math.min(lifted, unlimitedBitsPerSecond);
}

/**
 * The limit that a sender is told so that its slowest receiver can follow: each receiver's, shared among its pictures. As
 * little as possible while nobody is there.
 */
export function uplinkLimit(receivers: readonly { readonly limit: number; readonly videoStreams: number }[]): number {
	const shares = receivers.map(({ limit, videoStreams }) => limit / Math.max(1, videoStreams));
	return receivers.length === 0 ? leastBitsPerSecond : Math.max(Math.min(...shares), leastBitsPerSecond);
}
