import { bytesToHex } from "@sotto/bytes";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readIvf } from "./ivf.ts";
import { OggOpusWriter, readOggOpus } from "./ogg-opus.ts";
import { checkPlayable, opusPacketMs, opusSilence } from "./opus.ts";
import { type HeardSound, Recording } from "./recording.ts";
import { readRtp, writeRtp } from "./rtp.ts";

const packet = (byte: number, length = 80) => {
	const bytes = new Uint8Array(length).fill(byte);
	bytes[0] = 0xf8;
	return bytes;
};

function written(write: (writer: OggOpusWriter) => void): Uint8Array {
	const pages: Uint8Array[] = [];
	const writer = new OggOpusWriter((page) => pages.push(page), 7);
	write(writer);
	writer.end();
	return new Uint8Array(Buffer.concat(pages));
}

describe("Ogg Opus (RFC 3533, RFC 7845)", () => {
	test("what was written is read, whatever the packets' lengths", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 1_200 }), { maxLength: 120 }), (lengths) => {
				const packets = lengths.map((length, index) => packet(index & 255, length));
				const read = readOggOpus(written((writer) => packets.forEach((one) => writer.packet(one))));
				expect(read.ok && read.value.map(bytesToHex)).toEqual(packets.map(bytesToHex));
			}),
		);
	});

	test("a damaged byte, a file cut off in a page, and no Ogg at all are refused", () => {
		const file = written((writer) => writer.packet(packet(1)));
		const damaged = file.slice();
		damaged[damaged.length - 3] = (damaged.at(-3) as number) ^ 1;
		expect(readOggOpus(damaged)).toEqual({ ok: false, error: "damaged" });
		expect(readOggOpus(file.subarray(0, file.length - 5))).toEqual({ ok: false, error: "damaged" });
		expect(readOggOpus(new Uint8Array(100))).toEqual({ ok: false, error: "notOgg" });
		expect(readOggOpus(new Uint8Array(0))).toEqual({ ok: false, error: "notOgg" });
	});

	test("only packets of 20 ms that fit a frame of one size can be played", () => {
		expect([0xf8, 0xf9, 0x08, 0xf0].map((toc) => opusPacketMs(new Uint8Array([toc, 0])))).toEqual([20, 40, 20, 10]);
		expect(checkPlayable([], 157)).toEqual({ ok: false, error: { kind: "empty" } });
		expect(checkPlayable([new Uint8Array([0xf9, 0])], 157)).toEqual({
			ok: false,
			error: { kind: "wrongPace", ms: 40 },
		});
		expect(checkPlayable([packet(1, 158)], 157)).toEqual({ ok: false, error: { kind: "tooLarge", bytes: 158 } });
		expect(checkPlayable([packet(1, 157), opusSilence], 157).ok).toBe(true);
	});
});

describe("a recording", () => {
	/** What stands in the file when these came: a frame's number, or "-" for silence. */
	function recorded(sounds: readonly Partial<HeardSound & { n: number }>[]): string {
		const pages: Uint8Array[] = [];
		const recording = new Recording((page) => pages.push(page), 1);
		for (const { n = 0, ...sound } of sounds)
			recording.take({ stream: "a", sequence: n, timestamp: n * 960, frame: packet(n), at: n * 20, ...sound });
		recording.end();
		const read = readOggOpus(new Uint8Array(Buffer.concat(pages)));
		if (!read.ok) throw new Error(read.error);
		return read.value.map((one) => (one.length === opusSilence.length ? "-" : one[1])).join("");
	}

	test("puts what was overtaken into its place, once, and silence where something was lost", () => {
		expect(recorded([1, 3, 2, 4].map((n) => ({ n })))).toBe("1234");
		expect(recorded([1, 2, 2, 3].map((n) => ({ n })))).toBe("123");
		expect(recorded([1, 2, 5, 6].map((n) => ({ n })))).toBe("12--56");
	});

	test("goes on over a new joining by our clock, and over a stream whose numbers come round", () => {
		const again = { stream: "b", sequence: 500, timestamp: 7, at: 100 };
		expect(recorded([{ n: 1 }, { n: 2 }, { n: 3, ...again }])).toBe("12--3");
		const round = (n: number) => ({ n, sequence: (0xfffe + n) & 0xffff, timestamp: (0xffff_ff00 + n * 960) >>> 0 });
		expect(recorded([0, 1, 2, 3].map(round))).toBe("0123");
	});
});

test("IVF: pictures with their times; a wrong size, a missing key frame and another codec are refused", () => {
	const file = (codec: string, frames: readonly (readonly number[])[], size?: number) => {
		const head = Buffer.alloc(32);
		head.write(`DKIF\0\0\x20\0${codec}`, "latin1");
		head.writeUInt16LE(640, 12);
		head.writeUInt16LE(360, 14);
		head.writeUInt32LE(25, 16);
		head.writeUInt32LE(1, 20);
		const parts = frames.map((frame, index) => {
			const frameHead = Buffer.alloc(12);
			frameHead.writeUInt32LE(size ?? frame.length, 0);
			frameHead.writeBigUInt64LE(BigInt(index), 4);
			return Buffer.concat([frameHead, Buffer.from(frame)]);
		});
		return new Uint8Array(Buffer.concat([head, ...parts]));
	};
	const [key, delta] = [
		[0x82, 1],
		[0x86, 2],
	];
	const read = readIvf(file("VP90", [key, delta] as number[][]), 100);
	expect(read.ok && read.value.pictures.map(({ atMs, isKeyFrame }) => [atMs, isKeyFrame])).toEqual([
		[0, true],
		[40, false],
	]);
	expect(read.ok && [read.value.codec, read.value.width, read.value.height]).toEqual(["vp9", 640, 360]);
	expect(readIvf(file("VP90", [delta] as number[][]), 100)).toEqual({ ok: false, error: "damaged" });
	expect(readIvf(file("VP90", [key] as number[][], 50), 100)).toEqual({ ok: false, error: "damaged" });
	expect(readIvf(file("VP90", [key] as number[][]), 1)).toEqual({ ok: false, error: "tooLarge" });
	expect(readIvf(file("AV01", [key] as number[][]), 100)).toEqual({ ok: false, error: "otherCodec" });
	expect(readIvf(new Uint8Array(40), 100)).toEqual({ ok: false, error: "notIvf" });
});

test("RTP: what was written is read; extensions, sources and padding are left out; nothing else is taken for a packet", () => {
	const sent = {
		payloadType: 111,
		marker: true,
		sequence: 65_535,
		timestamp: 2 ** 32 - 1,
		ssrc: 9,
		payload: packet(3),
	};
	expect(readRtp(writeRtp(sent))).toEqual(sent);
	const dressed = Buffer.concat([
		Buffer.from([0xb1, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xbe, 0xde, 0, 1, 1, 2, 3, 4]),
		Buffer.from([7, 8, 9, 0, 2]),
	]);
	expect([...(readRtp(dressed)?.payload ?? [])]).toEqual([7, 8, 9]);
	fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => (readRtp(bytes)?.payload.length ?? 0) <= 52));
});
