export const unlimitedBitsPerSecond = 20_000_000;
/** The least that a browser encodes: beside sound (100 kbit/s a speaker, headers included) it has to fit into a line of 150 kbit/s. */
const leastBitsPerSecond = 30_000;
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
/** Fewer packets than this tell no share. */
const fewPackets = 10;
/** A cut takes its time to reach the sender, and the queue in the line to empty. */
const cutIntervalMs = 2_000;
/** If so much less is sent than before the first cut, and so much of the loss is left, it is no loss of a full line. */
const provingCut = 0.7;
const remainingLoss = 0.7;

type Report = { readonly ssrc: number; readonly lost: number; readonly highest: number };

/**
 * What a receiver can take, in bits per second, from what it reports. A browser's estimate (REMB) says less than it seems: it begins
 * with what is received, rises by 8 % a second and never beyond one and a half times that, so as such it would hold a call at its
 * start, and a tile at its small layer. But it falls, or stops rising while more is sent than it says, only when packets queue up.
 * Chromium 156 sends none without send times on the packets; for it there is what the reports say is missing.
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
	/** What is lost however little is sent: the line's own. */
	#ownLoss = 0;
	/** By SSRC: the newest report, and the one up to which loss was counted. */
	readonly #reports = new Map<number, { newest: Report; counted: Report }>();
	/** When cutting began, in how much being sent and how much of it lost; undefined while there is no need. */
	#cutting: { readonly sent: number; readonly loss: number } | undefined;
	#cutAt = Number.NEGATIVE_INFINITY;
	#holdMs = firstHoldMs;
	#heldUntil = Number.NEGATIVE_INFINITY;
	#troubleAt = Number.NEGATIVE_INFINITY;

	/** The receiver estimates anew. True if the limit is lower now. */
	estimateArrived(estimate: number, now: number): boolean {
		const before = this.#estimate ?? 0;
		this.#estimate = estimate;
		return estimate < before * 0.95 && estimate < this.#sent && this.#lower(estimate, now);
	}

	/** A receiver's report on one picture. */
	reportArrived(newest: Report): void {
		const known = this.#reports.get(newest.ssrc);
		if (known === undefined) this.#reports.set(newest.ssrc, { newest, counted: newest });
		else known.newest = newest;
	}

	/** Every second: `sent` bits a second of pictures went out since the last time, repairs not counted. */
	measure(sent: number, now: number): void {
		this.#sent = sent;
		const loss = this.#takeLoss();
		if (loss !== undefined) this.#loss += (loss - this.#loss) * 0.5;
		this.#ownLoss += (Math.min(this.#loss, this.#ownLoss) - this.#ownLoss) * 0.1;
		const excess = this.#loss - this.#ownLoss;
		const estimate = this.#estimate ?? Number.POSITIVE_INFINITY;
		const isStalled = estimate < sent * 0.9 && estimate <= this.#estimateBefore;
		this.#estimateBefore = estimate;
		this.#stalled = isStalled ? this.#stalled + 1 : 0;
		if (this.#stalled >= 2) this.#lower(Math.max(estimate, sent * 0.85), now);
		else if (excess > tooMuchLoss && loss !== undefined) this.#cut(sent, loss, now);
		else if (excess < muchLoss) {
			this.#cutting = undefined;
			if (now >= this.#heldUntil) this.#lift();
		}
	}

	/** Down to what arrives. A full line loses less then; one that loses as much as before does so by itself, and is not cut further. */
	#cut(sent: number, loss: number, now: number): void {
		if (now - this.#cutAt < cutIntervalMs) return;
		this.#cutting ??= { sent, loss };
		if (sent < this.#cutting.sent * provingCut && loss > this.#cutting.loss * remainingLoss) {
			this.#ownLoss = this.#loss;
			this.#cutting = undefined;
			return;
		}
		this.#cutAt = now;
		this.#lower(Math.min(sent, this.bitsPerSecond) * (1 - loss), now);
	}

	/** The part of all pictures' packets that is missing since the last time, 0 to 1; undefined while there were too few to tell. */
	#takeLoss(): number | undefined {
		let [lost, expected] = [0, 0];
		for (const { newest, counted } of this.#reports.values()) {
			const more = (newest.highest - counted.highest) | 0;
			if (more <= 0 || more > 0xffff) continue;
			expected += more;
			lost += Math.min(more, Math.max(0, newest.lost - counted.lost));
		}
		if (expected < fewPackets) return undefined;
		for (const report of this.#reports.values()) report.counted = report.newest;
		return lost / expected;
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
