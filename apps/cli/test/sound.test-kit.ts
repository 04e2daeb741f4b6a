import { readFileSync, writeFileSync } from "node:fs";
import { bytesToHex } from "@sotto/bytes";
import { OggOpusWriter, readOggOpus } from "@sotto/platform/node/media";

/** A packet of 20 ms (RFC 6716: CELT, fullband, mono) that no other one equals: who hears it has it whole, in its place. */
export function numberedPacket(voice: number, index: number): Uint8Array<ArrayBuffer> {
	const packet = new Uint8Array(80).fill(voice);
	packet[0] = 0xf8;
	new DataView(packet.buffer).setUint32(1, index);
	return packet;
}

/** Writes an Ogg Opus file of numbered packets. */
export function writeNumberedSound(path: string, voice: number, seconds: number): void {
	const pages: Uint8Array[] = [];
	const writer = new OggOpusWriter((page) => pages.push(page), voice);
	for (let index = 0; index < seconds * 50; index++) writer.packet(numberedPacket(voice, index));
	writer.end();
	writeFileSync(path, Buffer.concat(pages));
}

/** What of a numbered sound is in a recording: the numbers heard, in the order they stand there. */
export function numbersHeard(path: string, voice: number): readonly number[] {
	const packets = readOggOpus(readFileSync(path));
	if (!packets.ok) throw new Error(packets.error);
	return packets.value.flatMap((packet) => {
		const index = packet.length === 80 ? new DataView(packet.buffer, packet.byteOffset).getUint32(1) : -1;
		return index >= 0 && bytesToHex(packet) === bytesToHex(numberedPacket(voice, index)) ? [index] : [];
	});
}
