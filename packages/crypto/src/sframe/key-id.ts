import { err, invariant, ok, type Result } from "@sotto/bytes";
import { readHeader } from "./header.ts";

/** What a sender key belongs to: 0 audio, 1 camera, 2 screen; all simulcast layers of a stream share it. Rule K3. */
export type MediaStream = 0 | 1 | 2;

/** What a KID says. Only a hint: the roster binds streams to people (K3, K4). */
export type KeyIdFields = {
	readonly stream: MediaStream;
	/** The sender's seat, 0 to 255. */
	readonly seat: number;
	/** Membership commits since the call's start, 0 to 65,535. */
	readonly m: number;
};

/** `KID = m · 1024 + seat · 4 + stream`: at most 4 bytes, 1 or 2 in an ordinary call. */
export function packKeyId({ stream, seat, m }: KeyIdFields): bigint {
	invariant(Number.isInteger(seat) && seat >= 0 && seat < 256, "a seat is one byte");
	invariant(Number.isInteger(m) && m >= 0 && m < 65536, "m is two bytes");
	return BigInt(m * 1024 + seat * 4 + stream);
}

/** The inverse of {@link packKeyId}. Error: `malformed` for a KID that it never makes. */
export function unpackKeyId(kid: bigint): Result<KeyIdFields, "malformed"> {
	const value = Number(kid);
	const stream = value % 4;
	if (kid >= 2n ** 26n || stream === 3) return err("malformed");
	return ok({ stream: stream as MediaStream, seat: Math.floor(value / 4) % 256, m: Math.floor(value / 1024) });
}

/** Reads the KID of a sealed frame behind its clear bytes, so that a worker can look its key up. Error: `malformed`. */
export function readFrameKeyId(sealed: Uint8Array, clearBytes = 0): Result<KeyIdFields, "malformed"> {
	const header = readHeader(sealed, clearBytes);
	return header.ok ? unpackKeyId(header.value.kid) : err("malformed");
}
