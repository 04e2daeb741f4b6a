export const unlimitedBitsPerSecond = 20_000_000;
/** A small picture: beside sound (93 kbit/s a speaker) it has to fit even into a line of 150 kbit/s. */
const leastBitsPerSecond = 50_000;
/** What a sender is told while nobody is there. */
const aloneBitsPerSecond = 150_000;
/** A limit that is not needed any more is lifted by this factor a second. */
const recovery = 1.15;
/** After trouble nothing more is tried for this long, twice as long each time that it comes back, until it stayed away for a while. */
const firstHoldMs = 3_000;
const longestHoldMs = 12_000;
const calmMs = 45_000;
/** Lost packets, smoothed: from here on it is taken for a line that is full, and below that nothing more is tried. */
const tooMuchLoss = 0.1;
const muchLoss = 0.04;

/**
 * What a receiver can take, in bits per second, from what it reports. A browser's estimate (REMB) says less than it seems: it begins
 * with what is received, rises by 8 % a second and never beyond one and a half times that, so as such it would hold a call at its
 * start, and a tile at its small layer. But it falls, or stops rising while more is sent than it says, only when packets queue up.
 */
export class DownlinkLimit {
	bitsPerSecond = unlimitedBitsPerSecond;
	#estimate: number | undefined;
	/** The estimate at the measurement before. */
	#estimateBefore = 0;
	/** Measurements in a row at which more was sent than the estimate, and it did not rise. */
	#stalled = 0;
	/** Sent in the second before the last measurement. */
	#sent = 0;
	#loss = 0;
	#reports: number[] = [];
	#holdMs = firstHoldMs;
	#heldUntil = Number.NEGATIVE_INFINITY;
	#troubleAt = Number.NEGATIVE_INFINITY;

	/** The receiver estimates anew. True if the limit is lower now. */
	estimateArrived(estimate: number, now: number): boolean {
		const before = this.#estimate ?? 0;
		this.#estimate = estimate;
		return estimate < before * 0.95 && estimate < this.#sent && this.#lower(estimate, now);
	}

	/** A report on one picture: the part of its packets that did not arrive, 0 to 1. */
	lossArrived(fraction: number): void {
		if (this.#reports.length < 256) this.#reports.push(fraction);
	}

	/** Every second: `sent` bits a second went out since the last time. */
	measure(sent: number, now: number): void {
		this.#sent = sent;
		if (this.#reports.length > 0) {
			const mean = this.#reports.reduce((sum, fraction) => sum + fraction, 0) / this.#reports.length;
			this.#loss += (mean - this.#loss) * 0.4;
			this.#reports = [];
		}
		const estimate = this.#estimate ?? Number.POSITIVE_INFINITY;
		const isStalled = estimate < sent * 0.9 && estimate <= this.#estimateBefore;
		this.#estimateBefore = estimate;
		this.#stalled = isStalled ? this.#stalled + 1 : 0;
		if (this.#stalled >= 2) this.#lower(Math.max(estimate, sent * 0.85), now);
		else if (this.#loss > tooMuchLoss) this.#lower(sent * (1 - this.#loss / 2), now);
		else if (this.#loss < muchLoss && now >= this.#heldUntil) this.#lift();
	}

	#lower(to: number, now: number): boolean {
		const isNew = now - this.#troubleAt > firstHoldMs;
		if (now - this.#troubleAt > calmMs) this.#holdMs = firstHoldMs;
		else if (isNew) this.#holdMs = Math.min(this.#holdMs * 2, longestHoldMs);
		this.#troubleAt = now;
		this.#heldUntil = now + this.#holdMs;
		const before = this.bitsPerSecond;
		this.bitsPerSecond = Math.max(Math.min(before, to), leastBitsPerSecond);
		return this.bitsPerSecond < before;
	}

	#lift(): void {
		const isLimited = this.bitsPerSecond < unlimitedBitsPerSecond;
		const lifted = Math.max(this.bitsPerSecond * recovery, isLimited ? (this.#estimate ?? 0) : 0);
		this.bitsPerSecond = Math.min(lifted, unlimitedBitsPerSecond);
	}
}

/**
 * The limit that a sender is told so that its slowest receiver can follow: each receiver's, shared among its pictures. As
 * little as possible while nobody is there.
 */
export function uplinkLimit(receivers: readonly { readonly limit: number; readonly videoStreams: number }[]): number {
	const shares = receivers.map(({ limit, videoStreams }) => limit / Math.max(1, videoStreams));
	return receivers.length === 0 ? aloneBitsPerSecond : Math.max(Math.min(...shares), leastBitsPerSecond);
}
