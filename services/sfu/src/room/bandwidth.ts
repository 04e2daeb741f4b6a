/** What one receiver of a stream reported, and what it is being sent, in bits per second. */
export type DownlinkEstimate = {
	/** Its latest estimate (REMB), or undefined when it has sent none. */
	readonly estimate: number | undefined;
	readonly sent: number;
	/** How many video streams share this receiver's downlink. */
	readonly videoStreams: number;
};

export const unlimitedBitsPerSecond = 20_000_000;
const leastBitsPerSecond = 120_000;

/**
 * The limit that a sender is told (REMB) so that its slowest receiver can follow. A browser's estimate never exceeds one and
 * a half times what it receives: such an estimate says "no trouble seen" and must not slow the sender's start, so it counts
 * as no limit. Only an estimate near or below what is being sent is congestion.
 */
export function uplinkLimit(receivers: readonly DownlinkEstimate[]): number {
	let limit = unlimitedBitsPerSecond;
	for (const { estimate, sent, videoStreams } of receivers) {
		if (estimate === undefined || estimate > sent * 1.25) continue;
		limit = Math.min(limit, estimate / Math.max(1, videoStreams));
	}
	return Math.max(limit, leastBitsPerSecond);
}
