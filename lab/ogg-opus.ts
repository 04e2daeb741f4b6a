import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sound } from "./speech.ts";

const run = promisify(execFile);
const samplesPerPacket = 960;

/**
 * Decodes Opus packets of 20 ms, as an eavesdropper would: writes them into an Ogg file (RFC 3533, RFC 7845) and lets ffmpeg
 * make of it what it can. Packets that are no Opus become noise or nothing; what comes out is 48 kHz mono, maybe empty.
 */
export async function decodeOpus(packets: readonly Uint8Array[]): Promise<Sound> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-opus-"));
	try {
		const ogg = join(folder, "tapped.ogg");
		const raw = join(folder, "tapped.raw");
		await writeFile(ogg, writeOgg(packets));
		const args = [
			"-v",
			"quiet",
			"-y",
			"-err_detect",
			"ignore_err",
			"-i",
			ogg,
			"-f",
			"s16le",
			"-ar",
			"48000",
			"-ac",
			"1",
			raw,
		];
		// A file without a single good packet is a failure to ffmpeg and silence to us.
		await run("ffmpeg", args).catch(() => undefined);
		const bytes = await readFile(raw).catch(() => Buffer.alloc(0));
		const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, k) => bytes.readInt16LE(2 * k) / 32_768);
		return { sampleRate: 48_000, samples };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function writeOgg(packets: readonly Uint8Array[]): Buffer {
	const head = Buffer.from([...Buffer.from("OpusHead"), 1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]);
	const tags = Buffer.concat([
		Buffer.from("OpusTags"),
		Buffer.from([4, 0, 0, 0]),
		Buffer.from("test"),
		Buffer.alloc(4),
	]);
	const pages = [writePage(head, 0, 0, 2), writePage(tags, 1, 0, 0)];
	for (const [index, packet] of packets.entries())
		pages.push(writePage(packet, index + 2, (index + 1) * samplesPerPacket, index === packets.length - 1 ? 4 : 0));
	return Buffer.concat(pages);
}

/** RFC 3533 section 6: one packet of less than 64 KiB a page. */
function writePage(packet: Uint8Array, sequence: number, granule: number, flags: number): Buffer {
	const segments = Math.floor(packet.length / 255) + 1;
	const page = Buffer.alloc(27 + segments + packet.length);
	page.write("OggS", 0, "latin1");
	page[5] = flags;
	page.writeBigUInt64LE(BigInt(granule), 6);
	page.writeUInt32LE(0x50770, 14);
	page.writeUInt32LE(sequence, 18);
	page[26] = segments;
	page.fill(255, 27, 27 + segments - 1);
	page[27 + segments - 1] = packet.length % 255;
	page.set(packet, 27 + segments);
	page.writeUInt32LE(oggChecksum(page), 22);
	return page;
}

/** CRC-32 with polynomial 0x04c11db7, neither reflected nor inverted. */
function oggChecksum(bytes: Uint8Array): number {
	let sum = 0;
	for (const byte of bytes) {
		sum ^= byte << 24;
		for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
	}
	return sum >>> 0;
}
