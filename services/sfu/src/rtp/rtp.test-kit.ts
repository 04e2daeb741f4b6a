import { extensionIds, writeRtpHeader } from "./packet.ts";

/** An RTP packet as a browser sends it, with the header extensions that are given. */
export function rtpPacket(fields: {
	readonly payloadType: number;
	readonly sequence: number;
	readonly timestamp?: number;
	readonly ssrc?: number;
	readonly marker?: boolean;
	readonly transportSequence?: number;
	/** Names of a layer, of one character. */
	readonly rid?: string | undefined;
	readonly repairedRid?: string | undefined;
	readonly payload?: Uint8Array;
}): Buffer {
	const payload = fields.payload ?? Buffer.from([1, 2, 3, 4]);
	const extensions = extensionsOf(fields);
	const { payloadType, sequence, timestamp = 0, ssrc = 1000, marker = false } = fields;
	const packet = Buffer.concat([Buffer.alloc(12), extensions, payload]);
	writeRtpHeader(packet, 0, marker, payloadType, sequence & 0xffff, timestamp >>> 0, ssrc);
	if (extensions.length > 0) packet[0] = 0x90;
	return packet;
}

/** RFC 8285 section 4.2, padded to whole words; nothing, if there are none. */
function extensionsOf({ transportSequence, rid, repairedRid }: Parameters<typeof rtpPacket>[0]): Buffer {
	const elements: number[] = [];
	if (transportSequence !== undefined)
		elements.push((extensionIds.transportSequence << 4) | 1, (transportSequence >> 8) & 0xff, transportSequence & 0xff);
	if (rid !== undefined) elements.push(extensionIds.rid << 4, rid.charCodeAt(0));
	if (repairedRid !== undefined) elements.push(extensionIds.repairedRid << 4, repairedRid.charCodeAt(0));
	if (elements.length === 0) return Buffer.alloc(0);
	const words = Math.ceil(elements.length / 4);
	const extensions = Buffer.alloc(4 + 4 * words);
	extensions.set([0xbe, 0xde, 0, words, ...elements]);
	return extensions;
}
