import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TappedPacket } from "./rtp-tap.ts";

const run = promisify(execFile);

/**
 * Puts VP9 frames together from a stream's packets in sending order (RFC 9628 section 4.2): the payload descriptor stands
 * in clear, what follows it is the frame or its ciphertext.
 */
export function vp9Frames(packets: readonly TappedPacket[]): Uint8Array[] {
	const frames: Uint8Array[] = [];
	let parts: Uint8Array[] = [];
	for (const { payload, marker } of packets) {
		const start = descriptorLength(payload);
		if (start === undefined) continue;
		if (((payload[0] as number) & 0x08) !== 0) parts = [];
		parts.push(payload.subarray(start));
		if (marker) {
			frames.push(Buffer.concat(parts));
			parts = [];
		}
	}
	return frames;
}

function descriptorLength(payload: Uint8Array): number | undefined {
	const [first = 0] = payload;
	const isFlexible = (first & 0x10) !== 0;
	let at = 1;
	// I: picture id of 7 or 15 bits.
	if ((first & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) !== 0 ? 2 : 1;
	// L: layer indices, with TL0PICIDX where not flexible.
	if ((first & 0x20) !== 0) at += isFlexible ? 1 : 2;
	// F and P: up to three references.
	if (isFlexible && (first & 0x40) !== 0) {
		let more = 3;
		while (more-- > 0 && ((payload[at++] ?? 0) & 1) !== 0);
	}
	// V: scalability structure.
	if ((first & 0x02) !== 0) {
		const structure = payload[at++] ?? 0;
		if ((structure & 0x10) !== 0) at += 4 * ((structure >> 5) + 1);
		if ((structure & 0x08) !== 0) {
			const groups = payload[at++] ?? 0;
			for (let group = 0; group < groups; group++) at += 1 + (((payload[at] ?? 0) >> 2) & 3);
		}
	}
	return at < payload.length ? at : undefined;
}

/** How many of these VP9 frames ffmpeg decodes to a picture. */
export async function decodedPictures(frames: readonly Uint8Array[]): Promise<number> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-vp9-"));
	try {
		const ivf = join(folder, "tapped.ivf");
		await writeFile(ivf, writeIvf(frames));
		const args = [
			"-v",
			"quiet",
			"-count_frames",
			"-select_streams",
			"v:0",
			"-show_entries",
			"stream=nb_read_frames",
			"-of",
			"csv=p=0",
			ivf,
		];
		// A file without a single good frame is a failure to ffprobe and no picture to us.
		const { stdout } = await run("ffprobe", args).catch(() => ({ stdout: "0" }));
		return Number.parseInt(stdout, 10) || 0;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function writeIvf(frames: readonly Uint8Array[]): Buffer {
	const head = Buffer.alloc(32);
	head.write("DKIF", 0, "latin1");
	head.writeUInt16LE(32, 6);
	head.write("VP90", 8, "latin1");
	head.writeUInt16LE(640, 12);
	head.writeUInt16LE(360, 14);
	head.writeUInt32LE(30, 16);
	head.writeUInt32LE(1, 20);
	head.writeUInt32LE(frames.length, 24);
	const parts: Uint8Array[] = [head];
	for (const [index, frame] of frames.entries()) {
		const frameHead = Buffer.alloc(12);
		frameHead.writeUInt32LE(frame.length, 0);
		frameHead.writeBigUInt64LE(BigInt(index), 4);
		parts.push(frameHead, frame);
	}
	return Buffer.concat(parts);
}
