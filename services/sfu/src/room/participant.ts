import { rtpHeaderBytes, writeRtpHeader, writeUint16, sequenceDistance } from "../rtp/packet.ts";
import { buildBandwidth, buildKeyFrameRequest, buildNack, buildReceiverReport } from "../rtp/rtcp.ts";
import {
	createSeatStream,
	releaseSeatStream,
	type SeatStream,
	seatTimestamp,
	uplinkSequence,
} from "../rtp/seat-stream.ts";
import { TransportFeedback } from "../rtp/transport-feedback.ts";
import { nextDownlinkLimit, unlimitedBitsPerSecond } from "./bandwidth.ts";
import { repairingPayloadType, seatMids, uplinkMids } from "./media-plan.ts";
import { Uplink } from "./uplink.ts";

/** The SSRC under which the sfu itself speaks RTCP. */
export const ownSsrc = 1;

/** One place on a participant's downlink: an audio and a video stream, and whose they are at the moment. */
export type Seat = {
	readonly index: number;
	readonly audio: SeatStream;
	readonly video: SeatStream;
	occupant: Participant | undefined;
};

/** The SSRCs of a seat, as its m-lines announce them. */
export type SeatSsrcs = { readonly audio: number; readonly video: number; readonly videoRtx: number };

/** A connection's outgoing side. Copies `packet` before it returns. */
export type SendPacket = (mid: string, packet: Buffer) => void;

/** The packet path of one participant: its two uplinks and its seats. Mutable, without clock or I/O. */
export class Participant {
	readonly key: string;
	readonly audio = new Uplink("audio", uplinkMids.audio);
	readonly camera = new Uplink("video", uplinkMids.camera);
	readonly uplinks: readonly Uplink[] = [this.audio, this.camera];
	readonly seats: readonly Seat[];
	readonly send: SendPacket;
	/** Seats by the mid of either of their m-lines. */
	readonly seatByMid = new Map<
		string,
		{ readonly seat: Seat; readonly stream: SeatStream; readonly uplink: "audio" | "camera" }
	>();
	readonly #feedback = new TransportFeedback();
	readonly #scratch = Buffer.alloc(1600);
	/** Its latest estimate of its downlink (REMB), bits per second. */
	estimate: number | undefined;
	downlinkLimit = unlimitedBitsPerSecond;
	#sentBytes = 0;

	constructor(key: string, seats: readonly SeatSsrcs[], send: SendPacket, random16: () => number) {
		this.key = key;
		this.send = (mid, packet) => {
			this.#sentBytes += packet.length;
			send(mid, packet);
		};
		this.seats = seats.map((ssrcs, index) => ({
			index,
			audio: createSeatStream(ssrcs.audio, -1, 48_000, random16),
			video: createSeatStream(ssrcs.video, ssrcs.videoRtx, 90_000, random16),
			occupant: undefined,
		}));
		for (const seat of this.seats) {
			const mids = seatMids(seat.index);
			this.seatByMid.set(mids.audio, { seat, stream: seat.audio, uplink: "audio" });
			this.seatByMid.set(mids.video, { seat, stream: seat.video, uplink: "camera" });
		}
	}

	uplinkByMid(mid: string): Uplink | undefined {
		return this.uplinks.find((uplink) => uplink.mid === mid);
	}

	transportSequenceArrived(sequence: number, now: number): void {
		if (sequence >= 0) this.#feedback.arrived(sequence, now);
	}

	/** Seats `occupant` in the first free place. Undefined when all are taken. */
	seatFor(occupant: Participant): Seat | undefined {
		const seat = this.seats.find((candidate) => candidate.occupant === undefined);
		if (seat !== undefined) seat.occupant = occupant;
		return seat;
	}

	/** Frees the seat of `occupant`, if it has one. */
	unseat(occupant: Participant): Seat | undefined {
		const seat = this.seats.find((candidate) => candidate.occupant === occupant);
		if (seat === undefined) return undefined;
		seat.occupant = undefined;
		releaseSeatStream(seat.audio);
		releaseSeatStream(seat.video);
		return seat;
	}

	/** Answers a NACK on a seat by RTX packets from the uplink's buffer (RFC 4588). */
	retransmit(mid: string, sequences: readonly number[]): void {
		const place = this.seatByMid.get(mid);
		const uplink = place?.seat.occupant?.camera;
		if (place === undefined || place.uplink !== "camera" || uplink?.buffer === undefined) return;
		const { stream } = place;
		if (stream.source !== uplink.ssrc) return;
		for (const wanted of sequences) {
			const original = uplinkSequence(stream, wanted);
			const kept = uplink.buffer.find(original);
			if (kept === undefined || (stream.packets < 32_768 && sequenceDistance(original, stream.firstSequence) < 0))
				continue;
			stream.rtxSequence = (stream.rtxSequence + 1) & 0xffff;
			const timestamp = seatTimestamp(stream, kept.timestamp);
			const payloadType = repairingPayloadType(kept.payloadType);
			writeRtpHeader(this.#scratch, 0, kept.marker, payloadType, stream.rtxSequence, timestamp, stream.rtxSsrc);
			writeUint16(this.#scratch, rtpHeaderBytes, wanted);
			uplink.buffer.copyPayload(kept, this.#scratch, rtpHeaderBytes + 2);
			this.send(mid, this.#scratch.subarray(0, rtpHeaderBytes + 2 + kept.length));
		}
	}

	/** Every 20 ms or so: asks for what is missing and for key frames. */
	sendRequests(now: number): void {
		for (const uplink of this.uplinks) {
			const missing = uplink.loss?.due(now, 60) ?? [];
			if (missing.length > 0) this.send(uplink.mid, buildNack(ownSsrc, uplink.ssrc, missing));
			if ((uplink.loss?.takeGivenUp() ?? 0) > 0) uplink.wantKeyFrame();
			if (uplink.takeKeyFrameRequest(now)) this.send(uplink.mid, buildKeyFrameRequest(ownSsrc, uplink.ssrc));
		}
	}

	/** Every 60 ms or so: arrival times for the sender's estimate. */
	sendTransportFeedback(): void {
		const uplink = this.uplinks.find((candidate) => candidate.ssrc >= 0);
		if (uplink === undefined) return;
		const feedback = this.#feedback.build(ownSsrc, uplink.ssrc);
		if (feedback !== undefined) this.send(uplink.mid, feedback);
	}

	/** Every second: receiver reports, and the limit that its slowest receiver sets. */
	sendReports(now: number, limitBitsPerSecond: number): void {
		for (const uplink of this.uplinks) {
			const block = uplink.reception?.report(now);
			if (block !== undefined) this.send(uplink.mid, buildReceiverReport(ownSsrc, [block]));
		}
		if (this.camera.ssrc >= 0)
			this.send(this.camera.mid, buildBandwidth(ownSsrc, limitBitsPerSecond, [this.camera.ssrc]));
	}

	/** Every second: works out what its downlink can take. `elapsedMs` since the last time. */
	measure(elapsedMs: number): void {
		const sent = (this.#sentBytes * 8000) / Math.max(1, elapsedMs);
		this.#sentBytes = 0;
		this.downlinkLimit = nextDownlinkLimit(this.downlinkLimit, this.estimate, sent);
	}
}
