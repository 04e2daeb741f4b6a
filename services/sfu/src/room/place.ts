import { type RtpView, rtpHeaderBytes, sequenceDistance, writeRtpHeader, writeUint16 } from "../rtp/packet.ts";
import { createPictureView, type PictureView, readPicture, writePicture } from "../rtp/picture.ts";
import { buildSenderReport } from "../rtp/rtcp.ts";
import {
	admitToSeat,
	isBeforeStretch,
	releaseSeatStream,
	type SeatStream,
	seatSequence,
	seatTimestamp,
	uplinkSequence,
} from "../rtp/seat-stream.ts";
import { payloadTypes, repairingPayloadType } from "./media-plan.ts";
import type { Uplink } from "./uplink.ts";

/** A connection's outgoing side. Copies `packet` before it returns. */
export type SendPacket = (packet: Buffer) => void;

const scratch = Buffer.alloc(1600);
const scratchPicture = createPictureView();

/**
 * One m-line of a participant's downlink and which uplink goes into it. A picture changes its uplink only at a key frame of the
 * new one: until then the old one goes on.
 */
export class Place {
	readonly stream: SeatStream;
	readonly #send: SendPacket;
	readonly #repair: SendPacket;
	/** What is forwarded. */
	#current: Uplink | undefined;
	/** What is forwarded from its next key frame on. */
	#next: Uplink | undefined;

	/** The highest number that went out here; -1 before the first. */
	#highest = -1;
	/** How many numbers up to it never came on the way up: a receiver misses them too, and it is not its line that lost them. */
	gaps = 0;

	/** `repair` takes what is sent once more. */
	constructor(stream: SeatStream, send: SendPacket, repair: SendPacket) {
		this.stream = stream;
		this.#send = send;
		this.#repair = repair;
	}

	/** What it shows or is about to show. */
	get aim(): Uplink | undefined {
		return this.#next ?? this.#current;
	}

	isWaitingFor(uplink: Uplink): boolean {
		return this.#next === uplink;
	}

	/** Shows `uplink` as soon as it can be decoded; nothing if undefined. */
	aimAt(uplink: Uplink | undefined): void {
		if (uplink === this.aim) return;
		if (this.#next !== undefined && this.#next !== uplink) this.#detach(this.#next);
		this.#next = undefined;
		if (uplink === undefined) {
			if (this.#current !== undefined) this.#detach(this.#current);
			this.#current = undefined;
			return releaseSeatStream(this.stream);
		}
		if (uplink === this.#current) return;
		uplink.places = [...uplink.places, this];
		if (uplink.kind === "audio") return this.#switchTo(uplink);
		this.#next = uplink;
		uplink.wantKeyFrame();
	}

	#detach(uplink: Uplink): void {
		uplink.places = uplink.places.filter((place) => place !== this);
	}

	#switchTo(uplink: Uplink): void {
		if (this.#current !== undefined) this.#detach(this.#current);
		this.#current = uplink;
		this.#next = undefined;
		// Also a return to the uplink of before is a new stretch: what came meanwhile has no number here.
		releaseSeatStream(this.stream);
	}

	/**
	 * Forwards a packet of `uplink`. The new header is written over the end of the old one, right before the payload: nothing of
	 * the sender's header extensions, sources or SSRC goes on, and nothing is copied. False if the packet is not for this place.
	 */
	forward(
		uplink: Uplink,
		packet: Buffer,
		outgoing: Buffer,
		view: RtpView,
		picture: PictureView | undefined,
		now: number,
	): boolean {
		if (this.#current !== uplink) {
			if (this.#next !== uplink || picture === undefined || !picture.startsKeyFrame) return false;
			this.#switchTo(uplink);
		}
		const { stream } = this;
		if (!admitToSeat(stream, view, picture, now)) return false;
		const sequence = seatSequence(stream, view.sequence);
		this.#countGaps(sequence);
		const timestamp = seatTimestamp(stream, view.timestamp);
		const at = view.payloadOffset - rtpHeaderBytes;
		writeRtpHeader(packet, at, view.marker, view.payloadType, sequence, timestamp, stream.ssrc);
		if (picture !== undefined) writePicture(packet, picture, stream.pictureShift, stream.baseLayerShift);
		this.#send(outgoing);
		return true;
	}

	#countGaps(sequence: number): void {
		const ahead = this.#highest < 0 ? 1 : sequenceDistance(sequence, this.#highest);
		// What comes late fills a gap.
		this.gaps += ahead > 0 ? ahead - 1 : -1;
		if (ahead > 0) this.#highest = sequence;
	}

	/** The sender's clock goes on, so that sound and picture stay together; its SSRC and its counts do not (RFC 3550 6.4.1). */
	report(sender: {
		readonly ssrc: number;
		readonly ntpHigh: number;
		readonly ntpLow: number;
		readonly timestamp: number;
	}): void {
		const { stream } = this;
		if (stream.source !== sender.ssrc) return;
		const timestamp = seatTimestamp(stream, sender.timestamp);
		const { ntpHigh, ntpLow } = sender;
		this.#send(buildSenderReport(stream.ssrc, ntpHigh, ntpLow, timestamp, stream.packets, stream.octets));
	}

	/**
	 * Answers a NACK from the uplink's buffer: pictures by RTX packets (RFC 4588), sound by the same packet once more, since browsers
	 * know no RTX for it. To the bit the same: SRTP would seal it under the same key stream.
	 */
	retransmit(sequences: readonly number[]): void {
		const { stream } = this;
		const uplink = this.#current;
		if (uplink?.buffer === undefined || stream.source !== uplink.ssrc) return;
		for (const wanted of sequences) {
			const original = uplinkSequence(stream, wanted);
			const kept = uplink.buffer.find(original);
			if (kept === undefined || isBeforeStretch(stream, original)) continue;
			const timestamp = seatTimestamp(stream, kept.timestamp);
			if (stream.rtxSsrc < 0) {
				writeRtpHeader(scratch, 0, kept.marker, kept.payloadType, wanted, timestamp, stream.ssrc);
				uplink.buffer.copyPayload(kept, scratch, rtpHeaderBytes);
				this.#repair(scratch.subarray(0, rtpHeaderBytes + kept.length));
				continue;
			}
			stream.rtxSequence = (stream.rtxSequence + 1) & 0xffff;
			const payloadType = repairingPayloadType(kept.payloadType);
			writeRtpHeader(scratch, 0, kept.marker, payloadType, stream.rtxSequence, timestamp, stream.rtxSsrc);
			writeUint16(scratch, rtpHeaderBytes, wanted);
			const from = rtpHeaderBytes + 2;
			uplink.buffer.copyPayload(kept, scratch, from);
			const codec = kept.payloadType === payloadTypes.vp9 ? "vp9" : "vp8";
			if (readPicture(codec, scratch, from, from + kept.length, scratchPicture))
				writePicture(scratch, scratchPicture, stream.pictureShift, stream.baseLayerShift);
			this.#repair(scratch.subarray(0, from + kept.length));
		}
	}
}
