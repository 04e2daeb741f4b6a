import { type Bytes, copyBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import { encodeParts } from "../hash.ts";
import type { ParticipantId } from "../ids.ts";
import { decryptFrame, deriveSframeKey, encryptFrame, type SframeKey, type SframeSuite, tagLength } from "./cipher.ts";
import { headerLength, maxHeaderLength, readHeader, writeHeader } from "./header.ts";
import { type KeyIdFields, packKeyId } from "./key-id.ts";
import { createReplayWindow } from "./replay-window.ts";

/** Names one stream of one participant at one m. */
export type SframeKeyId = KeyIdFields & { readonly participantId: ParticipantId };

export type SframeOptions = {
	/** Default 5, AES_256_GCM_SHA512_128. */
	readonly suite?: SframeSuite;
	/** Every sealed frame has exactly this many bytes, header and tag included; undefined: frames are not padded. */
	readonly paddedSize?: number;
};

/** Bytes of every sealed audio frame. Holds Opus packets of up to 157 bytes (62 kbit/s at 20 ms). */
export const audioFrameSize = 192;
const lengthLength = 2;

/** The most bytes of a frame that fits into `paddedSize`, whatever the counter has grown to. */
export function maxPaddedContent(paddedSize: number): number {
	return paddedSize - maxHeaderLength - tagLength - lengthLength;
}

/** One stream's sealing side. Its counter lives in it: there is one of it per key, in the worker that made the participant id. */
export type SenderKey = {
	readonly kid: bigint;
	/** Frames sealed so far, which is the next counter. */
	readonly counter: () => number;
	/**
	 * `clear bytes || header || ciphertext || tag`; the clear bytes (VP8: 1, else 0) are authenticated as metadata. Errors:
	 * `tooLarge` for the padded size, `tooShort` for its clear bytes: the frame must then be dropped, never sent in clear.
	 */
	readonly seal: (frame: Uint8Array, clearBytes?: number) => Promise<Result<Bytes, "tooLarge" | "tooShort">>;
};

export type OpenFrameError = "malformed" | "otherKey" | "replayed" | "doesNotOpen";

/** One stream's opening side, with the replay window of its key. */
export type ReceiverKey = {
	readonly kid: bigint;
	readonly open: (sealed: Uint8Array, clearBytes?: number) => Promise<Result<Bytes, OpenFrameError>>;
	/** Refuses frames below this counter from now on: what a roster entry announces (K4). */
	readonly refuseBelow: (counter: number) => void;
	/** The highest counter opened; -1 before the first. */
	readonly highestCounter: () => number;
};

/** `KDF(callBase, participantId, stream)` as base key, then RFC 9605 4.4.2. `callBase` comes from {@link importCallBase}. */
async function deriveMediaKey(callBase: CryptoKey, id: SframeKeyId, suite: SframeSuite): Promise<SframeKey> {
	const info = encodeParts("sotto sframe", [id.participantId, new Uint8Array([id.stream])]);
	const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
	const baseKey = new Uint8Array(await crypto.subtle.deriveBits(hkdf, callBase, 256));
	const key = await deriveSframeKey(suite, baseKey, packKeyId(id));
	baseKey.fill(0);
	return key;
}

/**
 * Makes the sender key of one stream (K3). Making it twice for the same id would repeat counters: every new PeerConnection,
 * reload, worker or room takes a fresh participant id.
 */
export async function createSenderKey(
	callBase: CryptoKey,
	id: SframeKeyId,
	{ suite = 5, paddedSize }: SframeOptions = {},
): Promise<SenderKey> {
	const key = await deriveMediaKey(callBase, id, suite);
	let counter = 0;
	return {
		kid: key.kid,
		counter: () => counter,
		seal: async (frame, clearBytes = 0) => {
			if (frame.length < clearBytes) return err("tooShort");
			const contentLength = frame.length - clearBytes;
			if (paddedSize !== undefined && contentLength + clearBytes > maxPaddedContent(paddedSize)) return err("tooLarge");
			// RFC 9605 4.4.4: the counter never repeats under one key, so it is taken before anything can wait or fail.
			const mine = counter++;
			invariant(mine < Number.MAX_SAFE_INTEGER, "a key seals fewer than 2^53 frames");
			return ok(await sealFrame(key, BigInt(mine), frame, clearBytes, paddedSize));
		},
	};
}

async function sealFrame(
	key: SframeKey,
	counter: bigint,
	frame: Uint8Array,
	clearBytes: number,
	paddedSize: number | undefined,
): Promise<Bytes> {
	const header = headerLength(key.kid, counter);
	const clearAndHeader = clearBytes + header;
	const content = frame.subarray(clearBytes);
	const plaintextLength = paddedSize === undefined ? content.length : paddedSize - clearAndHeader - tagLength;
	const plaintext = new Uint8Array(plaintextLength);
	plaintext.set(content);
	if (paddedSize !== undefined)
		new DataView(plaintext.buffer).setUint16(plaintextLength - lengthLength, content.length);
	const sealed = new Uint8Array(clearAndHeader + plaintextLength + tagLength);
	sealed.set(frame.subarray(0, clearBytes));
	writeHeader(sealed, clearBytes, key.kid, counter);
	const additionalData = headerThenClear(sealed, clearBytes, header);
	sealed.set(await encryptFrame(key, counter, additionalData, plaintext), clearAndHeader);
	return sealed;
}

/** RFC 9605 4.4.3: aad = header || metadata; our metadata is the clear bytes. */
function headerThenClear(sealed: Uint8Array, clearBytes: number, header: number): Bytes {
	const additionalData = new Uint8Array(header + clearBytes);
	additionalData.set(sealed.subarray(clearBytes, clearBytes + header));
	additionalData.set(sealed.subarray(0, clearBytes), header);
	return additionalData;
}

/** Makes the receiver key of one stream of another participant (K3). */
export async function createReceiverKey(
	callBase: CryptoKey,
	id: SframeKeyId,
	{ suite = 5, paddedSize }: SframeOptions = {},
): Promise<ReceiverKey> {
	const key = await deriveMediaKey(callBase, id, suite);
	const window = createReplayWindow();
	return {
		kid: key.kid,
		refuseBelow: window.refuseBelow,
		highestCounter: window.highest,
		open: async (sealed, clearBytes = 0) => {
			const header = readHeader(sealed, clearBytes);
			if (!header.ok || (paddedSize !== undefined && sealed.length !== paddedSize)) return err("malformed");
			if (header.value.kid !== key.kid) return err("otherKey");
			const counter = Number(header.value.counter);
			if (!Number.isSafeInteger(counter) || !window.admits(counter)) return err("replayed");
			const additionalData = headerThenClear(sealed, clearBytes, header.value.length);
			const ciphertext = copyBytes(sealed.subarray(clearBytes + header.value.length));
			const opened = await decryptFrame(key, header.value.counter, additionalData, ciphertext);
			if (!opened.ok) return opened;
			const frame = restoreFrame(sealed.subarray(0, clearBytes), opened.value, paddedSize !== undefined);
			if (frame === undefined) return err("malformed");
			// Asked again, because another copy may have been opened while this one waited.
			return window.take(counter) ? ok(frame) : err("replayed");
		},
	};
}

function restoreFrame(clear: Uint8Array, plaintext: Bytes, isPadded: boolean): Bytes | undefined {
	const end = plaintext.length - lengthLength;
	if (isPadded && end < 0) return undefined;
	const length = isPadded ? new DataView(plaintext.buffer).getUint16(end) : plaintext.length;
	if (isPadded && length > end) return undefined;
	const frame = new Uint8Array(clear.length + length);
	frame.set(clear);
	frame.set(plaintext.subarray(0, length), clear.length);
	return frame;
}
