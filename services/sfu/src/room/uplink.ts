import { LossTracker } from "../rtp/loss.ts";
import { readUint16, type RtpView } from "../rtp/packet.ts";
import { Reception } from "../rtp/reception.ts";
import { RetransmissionBuffer } from "../rtp/retransmission.ts";
import { type LayerName, payloadTypes, repairedPayloadType } from "./media-plan.ts";
import type { Place } from "./place.ts";

/** A key frame costs about ten other frames, so whoever asks, the sender is asked at most this often. */
const keyFrameIntervalMs = 400;
/** A request or the key frame itself may be lost: who waits for one asks again, but not before it can have come. */
const keyFrameRepeatMs = 1_000;
/** Who was sent one and cannot decode asks several times a second: each one in vain gives the next twice the time to come through a narrow line. */
const longestPatienceMs = 3_200;
const calmMs = 5_000;
/** A wish that was not said again for so long has come true. */
const wishMs = 500;
/** A camera sends ten pictures a second at least, a screen that stands still sends some all the same. */
const aliveMs = 1_500;
/** Packets kept for retransmission, about two seconds, a power of two; and what a layer takes until that is measured. */
const plans = {
	l: { slots: 128, bitsPerSecond: 100_000 },
	m: { slots: 256, bitsPerSecond: 350_000 },
	h: { slots: 512, bitsPerSecond: 1_500_000 },
} as const;
/** Sound that comes later than this is not waited for by any player: neither asked for nor kept longer. 64 packets are 1.3 s. */
const soundMaxAgeMs = 500;
const soundSlots = 64;
export type UplinkKind = "audio" | "video";

/** One RTP stream that a participant sends us: arrivals, losses, what to retransmit, and who gets it. */
export class Uplink {
	readonly kind: UplinkKind;
	readonly #plan: (typeof plans)[LayerName];
	#buffer: RetransmissionBuffer | undefined;
	readonly loss: LossTracker;
	/** Places that it is forwarded into, or will be from its next key frame on. Replaced, never changed. */
	places: readonly Place[] = [];
	reception: Reception | undefined;
	#keyFrameWanted = false;
	#keyFrameAskedAt = Number.NEGATIVE_INFINITY;
	#keyFrameMissedAt = Number.NEGATIVE_INFINITY;
	#patienceMs = keyFrameIntervalMs;
	#arrivedAt = Number.NEGATIVE_INFINITY;
	/** Since when it is being sent without a break, ms. */
	#aliveSince = 0;
	#bytes = 0;
	/** Measured over the last second or so, payload only. */
	bitsPerSecond = 0;

	constructor(kind: UplinkKind, layer: LayerName = "h") {
		this.kind = kind;
		this.#plan = plans[layer];
		this.loss = kind === "video" ? new LossTracker() : new LossTracker(soundMaxAgeMs);
	}

	/** That of its first packet, -1 before it. */
	get ssrc(): number {
		return this.reception?.ssrc ?? -1;
	}

	/** What can be sent again. */
	get buffer(): RetransmissionBuffer | undefined {
		return this.#buffer;
	}

	get isActive(): boolean {
		return this.reception !== undefined;
	}

	/** Whether it is being sent: a layer that nobody wants is not encoded. */
	isAlive(now: number): boolean {
		return now - this.#arrivedAt < aliveMs;
	}

	/**
	 * Takes an arrived packet into account and turns an RTX packet in `view` back into the one it repairs. False when the
	 * packet is not to be forwarded: foreign payload type or SSRC, padding, or a duplicate.
	 */
	accept(packet: Uint8Array, view: RtpView, now: number): boolean {
		const repaired = repairedPayloadType(view.payloadType);
		if (repaired >= 0) return this.kind === "video" && this.#acceptRepair(packet, view, repaired, now);
		if (this.kind === "audio" && view.payloadType !== payloadTypes.opus) return false;
		if (this.kind === "video" && view.payloadType !== payloadTypes.vp9 && view.payloadType !== payloadTypes.vp8)
			return false;
		if (this.reception === undefined) {
			this.reception = new Reception(view.ssrc);
			this.#buffer = new RetransmissionBuffer(this.kind === "video" ? this.#plan.slots : soundSlots);
		}
		if (view.ssrc !== this.reception.ssrc) return false;
		this.reception.arrived(view.sequence);
		return this.#keep(packet, view, now);
	}

	/** RFC 4588 section 4: the original sequence number stands before the payload. Probes carry nothing behind it. */
	#acceptRepair(packet: Uint8Array, view: RtpView, repaired: number, now: number): boolean {
		if (view.payloadEnd - view.payloadOffset <= 2 || this.reception === undefined) return false;
		view.sequence = readUint16(packet, view.payloadOffset);
		view.payloadOffset += 2;
		view.payloadType = repaired;
		view.ssrc = this.reception.ssrc;
		return this.#keep(packet, view, now);
	}

	#keep(packet: Uint8Array, view: RtpView, now: number): boolean {
		this.#bytes += view.payloadEnd - view.payloadOffset;
		if (!this.isAlive(now)) {
			this.#aliveSince = now;
			this.bitsPerSecond = this.#plan.bitsPerSecond;
		}
		this.#arrivedAt = now;
		if (this.#buffer === undefined) return true;
		if (this.#buffer.find(view.sequence) !== undefined) return false;
		if (this.loss.arrived(view.sequence, now) === "overflow") this.missKeyFrame(now);
		const { sequence, timestamp, payloadType, marker, payloadOffset, payloadEnd } = view;
		this.#buffer.keep(sequence, timestamp, payloadType, marker, packet, payloadOffset, payloadEnd);
		return true;
	}

	/** Every second: what came since the last time, `elapsedMs` ago. Less than a whole interval tells nothing. */
	measure(now: number, elapsedMs: number): void {
		const isWhole = now - this.#aliveSince >= elapsedMs;
		if (isWhole) this.bitsPerSecond = (this.#bytes * 8000) / Math.max(1, elapsedMs);
		this.#bytes = 0;
	}

	/** Somebody is to be shown this anew. */
	wantKeyFrame(): void {
		this.#keyFrameWanted = this.kind === "video";
	}

	/** Somebody to whom it is shown cannot decode on. */
	missKeyFrame(now: number): void {
		if (this.kind === "video") this.#keyFrameMissedAt = now;
	}

	/** Whether to ask the sender for a key frame now; answers true at most every 400 ms, and again while a place still waits. */
	takeKeyFrameRequest(now: number): boolean {
		if (this.reception === undefined) return false;
		const sinceAsked = now - this.#keyFrameAskedAt;
		if (sinceAsked >= keyFrameRepeatMs && this.places.some((place) => place.isWaitingFor(this))) this.wantKeyFrame();
		if (sinceAsked > calmMs) this.#patienceMs = keyFrameIntervalMs;
		const isWanted = this.#keyFrameWanted && sinceAsked >= keyFrameIntervalMs;
		const isMissed = now - this.#keyFrameMissedAt < wishMs && sinceAsked >= this.#patienceMs;
		if (!isWanted && !isMissed) return false;
		if (!isWanted) this.#patienceMs = Math.min(this.#patienceMs * 2, longestPatienceMs);
		this.#keyFrameWanted = false;
		this.#keyFrameMissedAt = Number.NEGATIVE_INFINITY;
		this.#keyFrameAskedAt = now;
		return true;
	}
}
