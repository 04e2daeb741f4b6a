import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { bytesToHex, hexToBytes, invariant } from "@sotto/bytes";

/** One media packet as a room received it, after SRTP: what an operator that writes everything down would have. */
export type TappedPacket = {
	/** ms since 1970 */
	readonly at: number;
	/** Hex of the sender's participant id. */
	readonly participant: string;
	readonly kind: "audio" | "video";
	readonly payloadType: number;
	readonly marker: boolean;
	readonly sequence: number;
	readonly timestamp: number;
	readonly ssrc: number;
	readonly payload: Uint8Array;
};

const headBytes = 4 + 8 + 16 + 1 + 1 + 1 + 2 + 4 + 4;

/** Opens a tap file for writing. Each packet is on disk when `write` returns, so that a killed room loses none. */
export function openTap(path: string): { readonly write: (packet: TappedPacket) => void; readonly close: () => void } {
	const file = openSync(path, "a");
	return {
		write: (packet) => void writeSync(file, encodePacket(packet)),
		close: () => closeSync(file),
	};
}

function encodePacket(packet: TappedPacket): Uint8Array {
	const record = new Uint8Array(headBytes + packet.payload.length);
	const view = new DataView(record.buffer);
	const participant = hexToBytes(packet.participant);
	invariant(participant.ok && participant.value.length === 16, "a participant id has 16 bytes");
	view.setUint32(0, record.length);
	view.setFloat64(4, packet.at);
	record.set(participant.value, 12);
	record[28] = packet.kind === "audio" ? 0 : 1;
	record[29] = packet.payloadType;
	record[30] = packet.marker ? 1 : 0;
	view.setUint16(31, packet.sequence);
	view.setUint32(33, packet.timestamp);
	view.setUint32(37, packet.ssrc);
	record.set(packet.payload, headBytes);
	return record;
}

/** Everything that a tap wrote, in the order of arrival. A record cut off by a kill is left out. */
export async function readTap(path: string): Promise<TappedPacket[]> {
	const bytes = new Uint8Array(await readFile(path));
	const view = new DataView(bytes.buffer);
	const packets: TappedPacket[] = [];
	for (let at = 0; at + headBytes <= bytes.length; ) {
		const length = view.getUint32(at);
		if (length < headBytes || at + length > bytes.length) break;
		packets.push({
			at: view.getFloat64(at + 4),
			participant: bytesToHex(bytes.subarray(at + 12, at + 28)),
			kind: bytes[at + 28] === 0 ? "audio" : "video",
			payloadType: bytes[at + 29] as number,
			marker: bytes[at + 30] === 1,
			sequence: view.getUint16(at + 31),
			timestamp: view.getUint32(at + 33),
			ssrc: view.getUint32(at + 37),
			payload: bytes.slice(at + headBytes, at + length),
		});
		at += length;
	}
	return packets;
}

/** One sender's packets of a kind, in the order in which they were sent, each once. */
export function streamOf(
	packets: readonly TappedPacket[],
	participant: string,
	kind: "audio" | "video",
): TappedPacket[] {
	const own = packets.filter((packet) => packet.participant === participant && packet.kind === kind);
	let high = 0;
	let last = own[0]?.sequence ?? 0;
	const placed = own.map((packet) => {
		// Unwraps 16 bits: what lies less than half the circle ahead is newer.
		high += ((packet.sequence - last) << 16) >> 16;
		last = packet.sequence;
		return { packet, place: high };
	});
	const once = new Map(placed.map((entry) => [entry.place, entry.packet]));
	return [...once].sort(([a], [b]) => a - b).map(([, packet]) => packet);
}
