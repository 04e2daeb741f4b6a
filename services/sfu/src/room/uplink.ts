import { LossTracker } from "../rtp/loss.ts";
import { readUint16, type RtpView } from "../rtp/packet.ts";
import { Reception } from "../rtp/reception.ts";
import { RetransmissionBuffer } from "../rtp/retransmission.ts";
import type { SeatStream } from "../rtp/seat-stream.ts";
import { payloadTypes, repairedPayloadType } from "./media-plan.ts";

/** A key frame costs about ten other frames, so whoever asks, the sender is asked at most this often. */
const keyFrameIntervalMs = 400;

/** Someone's seat that this uplink is forwarded into. */
export type Subscriber = {
	readonly stream: SeatStream;
	readonly mid: string;
	readonly send: (mid: string, packet: Buffer) => void;
};

/** One stream that a participant sends us: arrivals, losses, what to retransmit, and who gets it. */
export class Uplink {
	readonly kind: "audio" | "video";
	readonly mid: string;
	readonly buffer: RetransmissionBuffer | undefined;
	readonly loss: LossTracker | undefined;
	subscribers: readonly Subscriber[] = [];
	reception: Reception | undefined;
	#keyFrameWanted = false;
	#keyFrameAskedAt = Number.NEGATIVE_INFINITY;

	constructor(kind: "audio" | "video", mid: string) {
		this.kind = kind;
		this.mid = mid;
		// A lost audio packet is concealed by the decoder; waiting for it would cost delay.
		this.buffer = kind === "video" ? new RetransmissionBuffer() : undefined;
		this.loss = kind === "video" ? new LossTracker() : undefined;
	}

	get ssrc(): number {
		return this.reception?.ssrc ?? -1;
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
		this.reception ??= new Reception(view.ssrc);
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
		if (this.buffer === undefined) return true;
		if (this.buffer.find(view.sequence) !== undefined) return false;
		if (this.loss?.arrived(view.sequence, now) === "overflow") this.#keyFrameWanted = true;
		const { sequence, timestamp, payloadType, marker, payloadOffset, payloadEnd } = view;
		this.buffer.keep(sequence, timestamp, payloadType, marker, packet, payloadOffset, payloadEnd);
		return true;
	}

	wantKeyFrame(): void {
		this.#keyFrameWanted = this.kind === "video";
	}

	/** Whether to ask the sender for a key frame now; answers true at most every 400 ms. */
	takeKeyFrameRequest(now: number): boolean {
		if (!this.#keyFrameWanted || this.reception === undefined) return false;
		if (now - this.#keyFrameAskedAt < keyFrameIntervalMs) return false;
		this.#keyFrameWanted = false;
		this.#keyFrameAskedAt = now;
		return true;
	}
}
