import { bytesToHex, concat, hexToBytes, Secret } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import vectors from "../../../../vectors/sframe.json" with { type: "json" };
import { importCallBase } from "../calls.ts";
import { newParticipantId, randomBytes } from "../index.ts";
import { decryptFrame, deriveSframeKey, encryptFrame, keyLabels, nonceOf, type SframeSuite } from "./cipher.ts";
import { headerLength, maxHeaderLength, readHeader, writeHeader } from "./header.ts";
import {
	audioFrameSize,
	createReceiverKey,
	createSenderKey,
	maxPaddedContent,
	packKeyId,
	readFrameKeyId,
	unpackKeyId,
} from "./index.ts";
import { createReplayWindow, replayWindowLength } from "./replay-window.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
	const decoded = hexToBytes(hex);
	if (!decoded.ok) throw new Error("vectors are hex");
	return decoded.value;
}

function unwrap<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): T {
	if (!result.ok) throw new Error(String(result.error));
	return result.value;
}

test("RFC 9605 C.1: all 289 headers encode and decode, also byte by byte and with bytes before and behind", () => {
	expect(vectors.headers).toHaveLength(289);
	for (const vector of vectors.headers) {
		const [kid, counter, encoded] = [BigInt(vector.kid), BigInt(vector.counter), bytes(vector.encoded)];
		const written = new Uint8Array(encoded.length + 3);
		expect(writeHeader(written, 3, kid, counter)).toBe(encoded.length);
		expect(bytesToHex(written.subarray(3))).toBe(vector.encoded);
		expect(headerLength(kid, counter)).toBe(encoded.length);
		expect(readHeader(concat(new Uint8Array(3), encoded, new Uint8Array(5)), 3)).toEqual({
			ok: true,
			value: { kid, counter, length: encoded.length },
		});
		for (let cut = 0; cut < encoded.length; cut++) {
			expect(readHeader(encoded.subarray(0, cut))).toEqual({ ok: false, error: "truncated" });
		}
	}
});

test("a header value spelled longer than need be is refused", () => {
	for (const hex of ["8007", "0807", "990001ff", "f00000000000000001"]) expect(readHeader(bytes(hex)).ok).toBe(false);
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 18 }), (input) => {
			const header = readHeader(input);
			if (!header.ok) return;
			const again = new Uint8Array(header.value.length);
			writeHeader(again, 0, header.value.kid, header.value.counter);
			expect(bytesToHex(again)).toBe(bytesToHex(input.subarray(0, header.value.length)));
		}),
		{ numRuns: 2000 },
	);
});

for (const vector of vectors.frames) {
	test(`RFC 9605 C.3: suite ${vector.cipherSuite} derives, seals and opens the vector's frame`, async () => {
		const suite = vector.cipherSuite as SframeSuite;
		const [kid, counter] = [BigInt(vector.kid), BigInt(vector.counter)];
		expect(bytesToHex(keyLabels(suite, kid).key)).toBe(vector.keyLabel);
		expect(bytesToHex(keyLabels(suite, kid).salt)).toBe(vector.saltLabel);
		const key = await deriveSframeKey(suite, bytes(vector.baseKey), kid);
		expect(key.key.extractable).toBe(false);
		expect(bytesToHex(key.salt)).toBe(vector.salt);
		expect(bytesToHex(nonceOf(key, counter))).toBe(vector.nonce);
		const header = new Uint8Array(headerLength(kid, counter));
		writeHeader(header, 0, kid, counter);
		const additionalData = concat(header, bytes(vector.metadata));
		expect(bytesToHex(additionalData)).toBe(vector.additionalData);
		const sealed = await encryptFrame(key, counter, additionalData, bytes(vector.plaintext));
		expect(bytesToHex(concat(header, sealed))).toBe(vector.ciphertext);
		expect(await decryptFrame(key, counter, additionalData, sealed)).toEqual({
			ok: true,
			value: bytes(vector.plaintext),
		});
		for (let cut = 0; cut < sealed.length; cut++) {
			expect((await decryptFrame(key, counter, additionalData, sealed.slice(0, cut))).ok).toBe(false);
		}
	});
}

async function pair(options: Parameters<typeof createSenderKey>[2] = {}, stream: 0 | 1 | 2 = 0) {
	const callBase = await importCallBase(new Secret(randomBytes(32)));
	const id = { participantId: newParticipantId(), stream, seat: 3, m: 1 } as const;
	const [sender, receiver] = await Promise.all([
		createSenderKey(callBase, id, options),
		createReceiverKey(callBase, id, options),
	]);
	return { callBase, id, sender, receiver };
}

test("every sealed audio frame has exactly one size, whatever was said and however far the counter ran", async () => {
	const { sender, receiver } = await pair({ paddedSize: audioFrameSize });
	const sizes = new Set<number>();
	for (let i = 0; i < 300; i++) {
		const frame = randomBytes(i % (maxPaddedContent(audioFrameSize) + 1));
		const sealed = unwrap(await sender.seal(frame));
		sizes.add(sealed.length);
		expect(unwrap(await receiver.open(sealed))).toEqual(frame);
	}
	expect([...sizes]).toEqual([audioFrameSize]);
	expect(maxPaddedContent(audioFrameSize)).toBe(audioFrameSize - maxHeaderLength - 18);
	expect(await sender.seal(new Uint8Array(maxPaddedContent(audioFrameSize) + 1))).toEqual({
		ok: false,
		error: "tooLarge",
	});
});

test("a padded stream refuses frames of another size and lengths beyond the frame, even from who holds the key", async () => {
	const { callBase, id, receiver } = await pair({ paddedSize: audioFrameSize });
	const unpadded = await createSenderKey(callBase, id);
	const short = unwrap(await unpadded.seal(new Uint8Array([1, 2, 3, 0, 1])));
	expect(await receiver.open(short)).toEqual({ ok: false, error: "malformed" });
	const header = headerLength(unpadded.kid, 1n);
	const lying = unwrap(await unpadded.seal(new Uint8Array(audioFrameSize - 16 - header).fill(0xff)));
	expect(lying).toHaveLength(audioFrameSize);
	expect(await receiver.open(lying)).toEqual({ ok: false, error: "malformed" });
	expect(receiver.highestCounter()).toBe(-1);
});

test("VP8 keeps one clear byte, and nobody can change it", async () => {
	const { sender, receiver } = await pair({}, 1);
	const frame = randomBytes(5000);
	const sealed = unwrap(await sender.seal(frame, 1));
	expect(sealed[0]).toBe(frame[0]);
	expect(bytesToHex(sealed)).not.toContain(bytesToHex(frame.subarray(1, 9)));
	const forged = sealed.slice();
	forged[0] = (forged[0] as number) ^ 1;
	expect(await receiver.open(forged, 1)).toEqual({ ok: false, error: "doesNotOpen" });
	expect(unwrap(await receiver.open(sealed, 1))).toEqual(frame);
	expect(await sender.seal(new Uint8Array(0), 1)).toEqual({ ok: false, error: "tooShort" });
});

test("streams, participants, calls and m have keys of their own: frame 0 of audio and video share nothing", async () => {
	const { callBase, id, sender } = await pair();
	const sealed = unwrap(await sender.seal(randomBytes(50)));
	const others = [
		await createReceiverKey(callBase, { ...id, stream: 1 }),
		await createReceiverKey(callBase, { ...id, seat: 4 }),
		await createReceiverKey(callBase, { ...id, m: 2 }),
	];
	for (const other of others) expect(await other.open(sealed)).toEqual({ ok: false, error: "otherKey" });
	const strangers = [
		await createReceiverKey(callBase, { ...id, participantId: newParticipantId() }),
		await createReceiverKey(await importCallBase(new Secret(randomBytes(32))), id),
	];
	for (const stranger of strangers) expect(await stranger.open(sealed)).toEqual({ ok: false, error: "doesNotOpen" });
});

test("a frame opens once, in any order within the window, never below the announced counter", async () => {
	const { sender, receiver } = await pair();
	const frames = [];
	for (let i = 0; i < 6; i++) frames.push(unwrap(await sender.seal(new Uint8Array([i]))));
	expect(sender.counter()).toBe(6);
	for (const i of [2, 0, 5]) expect((await receiver.open(frames[i] as Uint8Array)).ok).toBe(true);
	expect(await receiver.open(frames[2] as Uint8Array)).toEqual({ ok: false, error: "replayed" });
	receiver.refuseBelow(4);
	expect(await receiver.open(frames[3] as Uint8Array)).toEqual({ ok: false, error: "replayed" });
	const both = await Promise.all([receiver.open(frames[4] as Uint8Array), receiver.open(frames[4] as Uint8Array)]);
	expect(both.filter(({ ok }) => ok)).toHaveLength(1);
	expect(receiver.highestCounter()).toBe(5);
});

test("the replay window agrees with a plain set of counters", () => {
	fc.assert(
		fc.property(fc.array(fc.nat({ max: 4000 }), { maxLength: 400 }), (counters) => {
			const window = createReplayWindow();
			const taken = new Set<number>();
			let highest = -1;
			for (const counter of counters) {
				const expected = !taken.has(counter) && counter > highest - replayWindowLength;
				expect(window.take(counter)).toBe(expected);
				if (expected) taken.add(counter);
				if (expected) highest = Math.max(highest, counter);
			}
		}),
	);
});

test("no flipped bit, cut or random bytes open, throw, or use up a counter", async () => {
	const { sender, receiver } = await pair({ paddedSize: audioFrameSize });
	const frame = randomBytes(80);
	const sealed = unwrap(await sender.seal(frame));
	for (let i = 0; i < sealed.length; i++) {
		const flipped = sealed.slice();
		flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
		expect((await receiver.open(flipped)).ok, `byte ${i}`).toBe(false);
		expect((await receiver.open(sealed.slice(0, i))).ok).toBe(false);
	}
	for (let i = 0; i < 500; i++) expect((await receiver.open(randomBytes(i % 300))).ok).toBe(false);
	expect(unwrap(await receiver.open(sealed))).toEqual(frame);
});

test("the KID packs stream, seat and m, and reads back from a sealed frame", async () => {
	for (const fields of [
		{ stream: 0, seat: 0, m: 0 },
		{ stream: 2, seat: 255, m: 65535 },
		{ stream: 1, seat: 7, m: 12 },
	] as const) {
		expect(unpackKeyId(packKeyId(fields))).toEqual({ ok: true, value: fields });
	}
	expect(unpackKeyId(3n).ok).toBe(false);
	expect(unpackKeyId(2n ** 40n).ok).toBe(false);
	const { sender, id } = await pair({}, 1);
	const { participantId: _, ...fields } = id;
	expect(readFrameKeyId(unwrap(await sender.seal(randomBytes(9), 1)), 1)).toEqual({ ok: true, value: fields });
	expect(readFrameKeyId(new Uint8Array(0)).ok).toBe(false);
});
