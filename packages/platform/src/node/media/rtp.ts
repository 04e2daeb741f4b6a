import { type Bytes, concat, copyBytes, utf8 } from "@sotto/bytes";

/** An RTP packet (RFC 3550 section 5.1), header extensions left out. */
export type RtpPacket = {
	readonly payloadType: number;
	readonly marker: boolean;
	readonly sequence: number;
	readonly timestamp: number;
	readonly ssrc: number;
	readonly payload: Bytes;
};

const headerBytes = 12;

export function writeRtp({ payloadType, marker, sequence, timestamp, ssrc, payload }: RtpPacket): Bytes {
	const packet = new Uint8Array(headerBytes + payload.length);
	const view = new DataView(packet.buffer);
	packet[0] = 0x80;
	packet[1] = (marker ? 128 : 0) | payloadType;
	view.setUint16(2, sequence);
	view.setUint32(4, timestamp);
	view.setUint32(8, ssrc);
	packet.set(payload, headerBytes);
	return packet;
}

/** Reads a packet; undefined when it is no well-formed RTP of version 2, RTCP included. */
export function readRtp(packet: Uint8Array): RtpPacket | undefined {
	const [first = 0, second = 0] = packet;
	if (packet.length < headerBytes || first >> 6 !== 2 || isRtcp(packet)) return undefined;
	const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
	let from = headerBytes + 4 * (first & 15);
	if ((first & 16) !== 0) {
		if (from + 4 > packet.length) return undefined;
		from += 4 + 4 * view.getUint16(from + 2);
	}
	const padding = (first & 32) === 0 ? 0 : (packet.at(-1) as number);
	const to = packet.length - padding;
	if (from > to) return undefined;
	return {
		payloadType: second & 127,
		marker: second >= 128,
		sequence: view.getUint16(2),
		timestamp: view.getUint32(4),
		ssrc: view.getUint32(8),
		payload: copyBytes(packet.subarray(from, to)),
	};
}

/** RFC 5761 section 4: with RTP and RTCP on one port, the second byte of RTCP is 192 to 223. */
export function isRtcp(packet: Uint8Array): boolean {
	const second = packet[1] ?? 0;
	return second >= 192 && second <= 223;
}

export type SentSums = {
	readonly ssrc: number;
	/** The stream's timestamp at `now`. */
	readonly timestamp: number;
	readonly packets: number;
	readonly bytes: number;
};

const secondsFrom1900To1970 = 2_208_988_800;

/**
 * A sender report and the source description that must follow it (RFC 3550 6.4.1, 6.5): receivers keep our sound and picture
 * together by it. `now` in ms since 1970, on whatever clock both streams share; the name says nothing of us.
 */
export function senderReport({ ssrc, timestamp, packets, bytes }: SentSums, now: number): Bytes {
	const report = new Uint8Array(28);
	const view = new DataView(report.buffer);
	report.set([0x80, 200, 0, 6]);
	view.setUint32(4, ssrc);
	view.setUint32(8, Math.floor(now / 1000) + secondsFrom1900To1970);
	view.setUint32(12, Math.floor(((now % 1000) / 1000) * 2 ** 32));
	view.setUint32(16, timestamp);
	view.setUint32(20, packets);
	view.setUint32(24, bytes);
	const description = new Uint8Array(16);
	description.set([0x81, 202, 0, 3]);
	new DataView(description.buffer).setUint32(4, ssrc);
	// An item: CNAME, its length, its text; then zeros to the end of the word.
	description.set([1, 4, ...utf8("room")], 8);
	return concat(report, description);
}

/** How far `a` is ahead of `b` on a counter of `bits` bits that wraps: negative if it is behind. */
export function distance(a: number, b: number, bits: 16 | 32): number {
	return bits === 16 ? ((a - b) << 16) >> 16 : (a - b) | 0;
}
