import { writeRtpHeader, writeUint16 } from "./packet.ts";

/** An RTP packet as a browser sends it: with the transport-wide sequence number as its one header extension, if given. */
export function rtpPacket(fields: {
	readonly payloadType: number;
	readonly sequence: number;
	readonly timestamp?: number;
	readonly ssrc?: number;
	readonly marker?: boolean;
	readonly transportSequence?: number;
	readonly payload?: Uint8Array;
}): Buffer {
	const payload = fields.payload ?? Buffer.from([1, 2, 3, 4]);
	const extension = fields.transportSequence === undefined ? 0 : 8;
	const packet = Buffer.alloc(12 + extension + payload.length);
	const { payloadType, sequence, timestamp = 0, ssrc = 1000, marker = false } = fields;
	writeRtpHeader(packet, 0, marker, payloadType, sequence & 0xffff, timestamp >>> 0, ssrc);
	if (fields.transportSequence !== undefined) {
		packet[0] = 0x90;
		packet.set([0xbe, 0xde, 0, 1, 0x11], 12);
		writeUint16(packet, 17, fields.transportSequence);
	}
	packet.set(payload, 12 + extension);
	return packet;
}
