import { type RtpView, sequenceDistance } from "./packet.ts";

/**
 * One outgoing stream of a seat: its SSRC stays, whoever sits there. Sequence numbers and timestamps are shifted so that
 * the receiver sees one continuous stream when the seat changes its owner (RFC 3550 section 5.1 lets neither jump back).
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
	lastSequence: number;
	lastTimestamp: number;
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
		lastSequence: random16(),
		lastTimestamp: 0,
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
 * Admits an uplink packet into the seat, starting a new stretch when its stream is not the one forwarded so far.
 * False for a packet from before the stretch, which has no number to travel under. `now` in ms.
 */
export function admitToSeat(stream: SeatStream, packet: RtpView, now: number): boolean {
	if (stream.source !== packet.ssrc) startStretch(stream, packet, now);
	if (sequenceDistance(packet.sequence, stream.firstSequence) < 0 && stream.packets < 32_768) return false;
	const sequence = (packet.sequence + stream.sequenceShift) & 0xffff;
	if (sequenceDistance(sequence, stream.lastSequence) > 0) {
		stream.lastSequence = sequence;
		stream.lastTimestamp = (packet.timestamp + stream.timestampShift) >>> 0;
		stream.lastAt = now;
	}
	stream.packets++;
	stream.octets = (stream.octets + packet.payloadEnd - packet.payloadOffset) >>> 0;
	return true;
}

function startStretch(stream: SeatStream, packet: RtpView, now: number): void {
	const elapsedMs = stream.lastAt < 0 ? 0 : Math.max(1, now - stream.lastAt);
	const timestamp = (stream.lastTimestamp + Math.round((elapsedMs * stream.clockRate) / 1000)) >>> 0;
	stream.source = packet.ssrc;
	stream.firstSequence = packet.sequence;
	stream.sequenceShift = (stream.lastSequence + 1 - packet.sequence) & 0xffff;
	stream.timestampShift = (timestamp - packet.timestamp) >>> 0;
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
