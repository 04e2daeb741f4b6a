import { type RtpView, sequenceDistance } from "./packet.ts";
import type { PictureView } from "./picture.ts";

/**
 * One outgoing stream of a place: its SSRC stays, whoever is shown there and in whichever layer. Sequence numbers, timestamps
 * and picture ids are shifted so that the receiver sees one continuous stream when the source changes (RFC 3550 section 5.1
 * lets none of them jump back). A stretch is what is forwarded of one uplink without a change.
 */
export type SeatStream = {
	readonly ssrc: number;
	readonly rtxSsrc: number;
	readonly clockRate: number;
	/** SSRC of the uplink stream that is now forwarded, or -1. */
	source: number;
	firstSequence: number;
	sequenceShift: number;
	timestampShift: number;
	pictureShift: number;
	baseLayerShift: number;
	lastSequence: number;
	lastTimestamp: number;
	lastPictureId: number;
	lastBaseLayerIndex: number;
	lastAt: number;
	rtxSequence: number;
	packets: number;
	octets: number;
};

export function createSeatStream(ssrc: number, rtxSsrc: number, clockRate: number, random16: () => number): SeatStream {
	return {
		ssrc,
		rtxSsrc,
		clockRate,
		source: -1,
		firstSequence: 0,
		sequenceShift: 0,
		timestampShift: 0,
		pictureShift: 0,
		baseLayerShift: 0,
		lastSequence: random16(),
		lastTimestamp: 0,
		lastPictureId: 0,
		lastBaseLayerIndex: 0,
		lastAt: -1,
		rtxSequence: random16(),
		packets: 0,
		octets: 0,
	};
}

/** Forgets the uplink stream; the next packet of any stream starts a new stretch behind what was sent. */
export function releaseSeatStream(stream: SeatStream): void {
	stream.source = -1;
}

/**
 * How far behind the newest a packet may be. SRTP keeps a window of 1,024 numbers, and the transport throws at a number from
 * before it: a sender whose numbers jump back must not end the room.
 */
const maxLag = 512;

/**
 * Admits an uplink packet into the stream, starting a new stretch when its uplink is not the one forwarded so far. False for a
 * packet that has no number to travel under: from before the stretch, or long past. `now` in ms.
 */
export function admitToSeat(
	stream: SeatStream,
	packet: RtpView,
	picture: PictureView | undefined,
	now: number,
): boolean {
	if (stream.source !== packet.ssrc) startStretch(stream, packet, picture, now);
	if (isBeforeStretch(stream, packet.sequence)) return false;
	const sequence = (packet.sequence + stream.sequenceShift) & 0xffff;
	const ahead = sequenceDistance(sequence, stream.lastSequence);
	if (ahead < -maxLag) return false;
	if (ahead > 0) {
		stream.lastSequence = sequence;
		stream.lastTimestamp = (packet.timestamp + stream.timestampShift) >>> 0;
		stream.lastAt = now;
		if (picture !== undefined) {
			stream.lastPictureId = (picture.pictureId + stream.pictureShift) & 0x7fff;
			stream.lastBaseLayerIndex = (picture.baseLayerIndex + stream.baseLayerShift) & 0xff;
		}
	}
	stream.packets++;
	stream.octets = (stream.octets + packet.payloadEnd - packet.payloadOffset) >>> 0;
	return true;
}

/** Sequence numbers come round again after 65,536 packets: by then nothing of before the stretch is under way. */
export function isBeforeStretch(stream: SeatStream, uplinkSequence: number): boolean {
	return stream.packets < 32_768 && sequenceDistance(uplinkSequence, stream.firstSequence) < 0;
}

function startStretch(stream: SeatStream, packet: RtpView, picture: PictureView | undefined, now: number): void {
	const elapsedMs = stream.lastAt < 0 ? 0 : Math.max(1, now - stream.lastAt);
	const timestamp = (stream.lastTimestamp + Math.round((elapsedMs * stream.clockRate) / 1000)) >>> 0;
	stream.source = packet.ssrc;
	stream.firstSequence = packet.sequence;
	stream.sequenceShift = (stream.lastSequence + 1 - packet.sequence) & 0xffff;
	stream.timestampShift = (timestamp - packet.timestamp) >>> 0;
	if (picture !== undefined) {
		stream.pictureShift = (stream.lastPictureId + 1 - picture.pictureId) & 0x7fff;
		stream.baseLayerShift = (stream.lastBaseLayerIndex + 1 - picture.baseLayerIndex) & 0xff;
	}
	stream.packets = 0;
	stream.octets = 0;
}

export function seatSequence(stream: SeatStream, uplinkSequence: number): number {
	return (uplinkSequence + stream.sequenceShift) & 0xffff;
}

export function uplinkSequence(stream: SeatStream, sequenceInSeat: number): number {
	return (sequenceInSeat - stream.sequenceShift) & 0xffff;
}

export function seatTimestamp(stream: SeatStream, uplinkTimestamp: number): number {
	return (uplinkTimestamp + stream.timestampShift) >>> 0;
}
