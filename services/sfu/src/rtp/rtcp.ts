import { readUint16, readUint32, writeUint16, writeUint32 } from "./packet.ts";
import type { ReportBlock } from "./reception.ts";

/** What we read from a participant's RTCP (RFC 3550, 4585, 5104, draft-alvestrand-rmcat-remb). The rest is dropped. */
export type RtcpItem =
	| {
			readonly kind: "senderReport";
			readonly ssrc: number;
			readonly ntpHigh: number;
			readonly ntpLow: number;
			readonly timestamp: number;
	  }
	| { readonly kind: "nack"; readonly ssrc: number; readonly sequences: readonly number[] }
	| { readonly kind: "keyFrameRequest"; readonly ssrc: number }
	/** What a receiver has of a stream since it began: how many packets are missing, and the highest number, its turns in the upper half. */
	| { readonly kind: "report"; readonly ssrc: number; readonly lost: number; readonly highest: number }
	| { readonly kind: "bandwidth"; readonly bitsPerSecond: number };

const maxItems = 32;
const maxNackPairs = 64;

/** Reads a compound packet. Malformed parts end the reading; what was read before them stands. */
export function readRtcp(packet: Uint8Array): RtcpItem[] {
	const items: RtcpItem[] = [];
	let at = 0;
	for (let part = 0; part < maxItems && at + 4 <= packet.length; part++) {
		if ((packet[at] as number) >> 6 !== 2) break;
		const end = at + 4 * (readUint16(packet, at + 2) + 1);
		if (end > packet.length) break;
		readPart(packet, at, end, items);
		at = end;
	}
	return items;
}

function readPart(packet: Uint8Array, at: number, end: number, items: RtcpItem[]): void {
	const format = (packet[at] as number) & 31;
	const type = packet[at + 1] as number;
	if (type === 200 && end - at >= 28)
		items.push({
			kind: "senderReport",
			ssrc: readUint32(packet, at + 4),
			ntpHigh: readUint32(packet, at + 8),
			ntpLow: readUint32(packet, at + 12),
			timestamp: readUint32(packet, at + 16),
		});
	if (type === 200 || type === 201) readReportBlocks(packet, at + (type === 200 ? 28 : 8), end, format, items);
	if ((type !== 205 && type !== 206) || end - at < 12) return;
	const ssrc = readUint32(packet, at + 8);
	if (type === 205 && format === 1) items.push({ kind: "nack", ssrc, sequences: readNack(packet, at + 12, end) });
	if (type === 206 && format === 1) items.push({ kind: "keyFrameRequest", ssrc });
	if (type === 206 && format === 4)
		for (let entry = at + 12; entry + 8 <= end && items.length < maxItems; entry += 8)
			items.push({ kind: "keyFrameRequest", ssrc: readUint32(packet, entry) });
	if (type === 206 && format === 15 && end - at >= 20 && readUint32(packet, at + 12) === 0x52454d42) {
		const word = readUint32(packet, at + 16) & 0xffffff;
		items.push({ kind: "bandwidth", bitsPerSecond: (word & 0x3ffff) * 2 ** (word >>> 18) });
	}
}

/** RFC 3550 section 6.4.1: `count` blocks of 24 bytes. */
function readReportBlocks(packet: Uint8Array, from: number, end: number, count: number, items: RtcpItem[]): void {
	for (let at = from, block = 0; block < count && at + 24 <= end; at += 24, block++)
		items.push({
			kind: "report",
			ssrc: readUint32(packet, at),
			// 24 bits with a sign: what came twice counts against what is missing.
			lost: (readUint32(packet, at + 4) << 8) >> 8,
			highest: readUint32(packet, at + 8),
		});
}

/** RFC 4585 section 6.2.1: a packet id and a bit mask of the 16 that follow it. */
function readNack(packet: Uint8Array, from: number, end: number): number[] {
	const sequences: number[] = [];
	for (let at = from, pairs = 0; at + 4 <= end && pairs < maxNackPairs; at += 4, pairs++) {
		const first = readUint16(packet, at);
		const mask = readUint16(packet, at + 2);
		sequences.push(first);
		for (let bit = 0; bit < 16; bit++) if ((mask >> bit) & 1) sequences.push((first + 1 + bit) & 0xffff);
	}
	return sequences;
}

function feedbackHeader(type: number, format: number, length: number, senderSsrc: number, mediaSsrc: number): Buffer {
	const packet = Buffer.alloc(length);
	packet[0] = 0x80 | format;
	packet[1] = type;
	writeUint16(packet, 2, length / 4 - 1);
	writeUint32(packet, 4, senderSsrc);
	writeUint32(packet, 8, mediaSsrc);
	return packet;
}

/** Picture loss indication, RFC 4585 section 6.3.1. */
export function buildKeyFrameRequest(senderSsrc: number, mediaSsrc: number): Buffer {
	return feedbackHeader(206, 1, 12, senderSsrc, mediaSsrc);
}

/** Generic NACK, RFC 4585 section 6.2.1. `sequences` ascending (modulo 2^16), not empty. */
export function buildNack(senderSsrc: number, mediaSsrc: number, sequences: readonly number[]): Buffer {
	const pairs: { first: number; mask: number }[] = [];
	for (const sequence of sequences) {
		const last = pairs.at(-1);
		const offset = last === undefined ? 0 : (sequence - last.first) & 0xffff;
		if (last !== undefined && offset >= 1 && offset <= 16) last.mask |= 1 << (offset - 1);
		else pairs.push({ first: sequence, mask: 0 });
	}
	const packet = feedbackHeader(205, 1, 12 + 4 * pairs.length, senderSsrc, mediaSsrc);
	for (const [index, pair] of pairs.entries()) {
		writeUint16(packet, 12 + 4 * index, pair.first);
		writeUint16(packet, 14 + 4 * index, pair.mask);
	}
	return packet;
}

/** Receiver estimated maximum bitrate, draft-alvestrand-rmcat-remb-03 section 2.2. */
export function buildBandwidth(senderSsrc: number, bitsPerSecond: number, ssrcs: readonly number[]): Buffer {
	const packet = feedbackHeader(206, 15, 20 + 4 * ssrcs.length, senderSsrc, 0);
	let mantissa = Math.floor(bitsPerSecond);
	let exponent = 0;
	while (mantissa > 0x3ffff) {
		mantissa = Math.floor(mantissa / 2);
		exponent++;
	}
	writeUint32(packet, 12, 0x52454d42);
	writeUint32(packet, 16, ((ssrcs.length << 24) | (exponent << 18) | mantissa) >>> 0);
	for (const [index, ssrc] of ssrcs.entries()) writeUint32(packet, 20 + 4 * index, ssrc);
	return packet;
}

/** Receiver report, RFC 3550 section 6.4.2. Jitter is left 0: no sender here uses it. */
export function buildReceiverReport(senderSsrc: number, blocks: readonly ReportBlock[]): Buffer {
	const packet = Buffer.alloc(8 + 24 * blocks.length);
	packet[0] = 0x80 | blocks.length;
	packet[1] = 201;
	writeUint16(packet, 2, packet.length / 4 - 1);
	writeUint32(packet, 4, senderSsrc);
	for (const [index, block] of blocks.entries()) {
		const at = 8 + 24 * index;
		writeUint32(packet, at, block.ssrc);
		writeUint32(packet, at + 4, ((block.fractionLost << 24) | block.cumulativeLost) >>> 0);
		writeUint32(packet, at + 8, block.highestSequence);
		writeUint32(packet, at + 16, block.lastSenderReport);
		writeUint32(packet, at + 20, block.delaySinceSenderReport);
	}
	return packet;
}

/** Sender report without report blocks, RFC 3550 section 6.4.1: the sender's clock under the seat's SSRC. */
export function buildSenderReport(
	ssrc: number,
	ntpHigh: number,
	ntpLow: number,
	timestamp: number,
	packets: number,
	octets: number,
): Buffer {
	const packet = Buffer.alloc(28);
	packet[0] = 0x80;
	packet[1] = 200;
	writeUint16(packet, 2, 6);
	writeUint32(packet, 4, ssrc);
	writeUint32(packet, 8, ntpHigh);
	writeUint32(packet, 12, ntpLow);
	writeUint32(packet, 16, timestamp);
	writeUint32(packet, 20, packets);
	writeUint32(packet, 24, octets);
	return packet;
}
