import { sequenceDistance } from "./packet.ts";

/** What a receiver report says of one uplink stream (RFC 3550 section 6.4.1). */
export type ReportBlock = {
	readonly ssrc: number;
	readonly fractionLost: number;
	readonly cumulativeLost: number;
	readonly highestSequence: number;
	readonly lastSenderReport: number;
	readonly delaySinceSenderReport: number;
};

/** Counts arrivals of one uplink stream, for receiver reports. */
export class Reception {
	readonly ssrc: number;
	#base = -1;
	#highest = 0;
	#cycles = 0;
	#received = 0;
	#expectedBefore = 0;
	#receivedBefore = 0;
	#senderReportMiddle = 0;
	#senderReportAt = 0;

	constructor(ssrc: number) {
		this.ssrc = ssrc;
	}

	arrived(sequence: number): void {
		this.#received++;
		if (this.#base < 0) {
			this.#base = sequence;
			this.#highest = sequence;
			return;
		}
		if (sequenceDistance(sequence, this.#highest) <= 0) return;
		if (sequence < this.#highest) this.#cycles++;
		this.#highest = sequence;
	}

	/** Remembers the middle 32 bits of the sender's NTP time, which the sender needs to measure its round trip. */
	senderReportArrived(ntpHigh: number, ntpLow: number, now: number): void {
		this.#senderReportMiddle = ((ntpHigh << 16) | (ntpLow >>> 16)) >>> 0;
		this.#senderReportAt = now;
	}

	/** The block for the next report; undefined before the first packet. `now` in ms. */
	report(now: number): ReportBlock | undefined {
		if (this.#base < 0) return undefined;
		const extended = this.#cycles * 65_536 + this.#highest;
		const expected = extended - this.#base + 1;
		const expectedInterval = expected - this.#expectedBefore;
		const lostInterval = expectedInterval - (this.#received - this.#receivedBefore);
		this.#expectedBefore = expected;
		this.#receivedBefore = this.#received;
		const fraction =
			expectedInterval <= 0 || lostInterval <= 0 ? 0 : Math.floor((lostInterval * 256) / expectedInterval);
		return {
			ssrc: this.ssrc,
			fractionLost: Math.min(fraction, 255),
			cumulativeLost: Math.max(0, Math.min(expected - this.#received, 0x7fffff)),
			highestSequence: extended >>> 0,
			lastSenderReport: this.#senderReportMiddle,
			delaySinceSenderReport:
				this.#senderReportMiddle === 0 ? 0 : Math.round(((now - this.#senderReportAt) * 65_536) / 1000) >>> 0,
		};
	}
}
