/**
 * RTP on the packet path (RFC 3550 section 5.1, RFC 8285 one-byte header extensions): read into one reused view and
 * rewritten in place, so that forwarding a packet allocates nothing but what the transport itself copies.
 */

/** The header extensions that are negotiated, on uplinks only: docs/spec/media.md. */
export const extensionIds = { transportSequence: 1, rid: 2, repairedRid: 3 } as const;

/** Filled anew by each {@link readRtp}. Offsets are into the packet that was read. */
export type RtpView = {
	payloadType: number;
	marker: boolean;
	sequence: number;
	timestamp: number;
	ssrc: number;
	payloadOffset: number;
	/** Behind the last payload byte, padding (RFC 3550, P bit) left out. */
	payloadEnd: number;
	/** The transport-wide sequence number, or -1. */
	transportSequence: number;
	/** The one character of a layer's name (RFC 8852), or -1: of the layer that this packet is of, and of the one that it repairs. */
	rid: number;
	repairedRid: number;
};

export function createRtpView(): RtpView {
	return {
		payloadType: 0,
		marker: false,
		sequence: 0,
		timestamp: 0,
		ssrc: 0,
		payloadOffset: 0,
		payloadEnd: 0,
		transportSequence: -1,
		rid: -1,
		repairedRid: -1,
	};
}

export const rtpHeaderBytes = 12;

/** RFC 5761 section 4: with RTP and RTCP on one port, the second byte of RTCP is 192 to 223. */
export function isRtcp(packet: Uint8Array): boolean {
	const second = packet[1] ?? 0;
	return second >= 192 && second <= 223;
}

export function readUint16(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readUint32(bytes: Uint8Array, at: number): number {
	return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | readUint16(bytes, at + 2)) >>> 0;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 8;
	bytes[at + 1] = value;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 24;
	bytes[at + 1] = value >>> 16;
	bytes[at + 2] = value >>> 8;
	bytes[at + 3] = value;
}

/** Reads a packet into `view`. False when it is no well-formed RTP of version 2; `view` is then meaningless. */
export function readRtp(packet: Uint8Array, view: RtpView): boolean {
	if (packet.length < rtpHeaderBytes) return false;
	const first = packet[0] as number;
	if (first >> 6 !== 2) return false;
	let offset = rtpHeaderBytes + 4 * (first & 15);
	view.transportSequence = -1;
	view.rid = -1;
	view.repairedRid = -1;
	if ((first & 16) !== 0) {
		if (offset + 4 > packet.length) return false;
		const end = offset + 4 + 4 * readUint16(packet, offset + 2);
		if (end > packet.length) return false;
		if (readUint16(packet, offset) === 0xbede) readExtensions(packet, offset + 4, end, view);
		offset = end;
	}
	if (offset > packet.length) return false;
	let end = packet.length;
	if ((first & 32) !== 0) {
		const padding = packet[packet.length - 1] as number;
		if (padding === 0 || offset + padding > packet.length) return false;
		end -= padding;
	}
	const second = packet[1] as number;
	view.marker = second >= 128;
	view.payloadType = second & 127;
	view.sequence = readUint16(packet, 2);
	view.timestamp = readUint32(packet, 4);
	view.ssrc = readUint32(packet, 8);
	view.payloadOffset = offset;
	view.payloadEnd = end;
	return true;
}

/** RFC 8285 section 4.2; a truncated element ends the reading, as the RFC asks. */
function readExtensions(packet: Uint8Array, from: number, end: number, view: RtpView): void {
	let at = from;
	while (at < end) {
		const element = packet[at] as number;
		if (element === 0) {
			at++;
			continue;
		}
		const id = element >> 4;
		const length = (element & 15) + 1;
		if (id === 15 || at + 1 + length > end) return;
		if (id === extensionIds.transportSequence && length === 2) view.transportSequence = readUint16(packet, at + 1);
		else if (id === extensionIds.rid && length === 1) view.rid = packet[at + 1] as number;
		else if (id === extensionIds.repairedRid && length === 1) view.repairedRid = packet[at + 1] as number;
		at += 1 + length;
	}
}

/** Writes a plain header (no padding, extension or CSRC) at `at`; the payload stands behind it already. */
export function writeRtpHeader(
	packet: Uint8Array,
	at: number,
	marker: boolean,
	payloadType: number,
	sequence: number,
	timestamp: number,
	ssrc: number,
): void {
	packet[at] = 0x80;
	packet[at + 1] = (marker ? 128 : 0) | payloadType;
	writeUint16(packet, at + 2, sequence);
	writeUint32(packet, at + 4, timestamp);
	writeUint32(packet, at + 8, ssrc);
}

/** How far `a` is ahead of `b` among 16-bit sequence numbers: -32768 to 32767 (RFC 3550 appendix A.1). */
export function sequenceDistance(a: number, b: number): number {
	return ((a - b) << 16) >> 16;
}
