import { err, ok, type Result } from "@sotto/bytes";

/** An SFrame header (RFC 9605 4.3): a key id and a counter, each below 2^64; `length` bytes on the wire, at most 17. */
export type SframeHeader = { readonly kid: bigint; readonly counter: bigint; readonly length: number };

export const maxHeaderLength = 17;

function byteLength(value: bigint): number {
	let length = 1;
	for (let rest = value >> 8n; rest > 0n; rest >>= 8n) length++;
	return length;
}

/** Bytes that {@link writeHeader} will need. */
export function headerLength(kid: bigint, counter: bigint): number {
	return 1 + (kid < 8n ? 0 : byteLength(kid)) + (counter < 8n ? 0 : byteLength(counter));
}

/** Writes a header at `offset` of `target` and returns its length. Values below 8 stand in the first byte itself. */
export function writeHeader(target: Uint8Array, offset: number, kid: bigint, counter: bigint): number {
	const kidLength = kid < 8n ? 0 : byteLength(kid);
	const counterLength = counter < 8n ? 0 : byteLength(counter);
	const high = kidLength === 0 ? Number(kid) : 8 | (kidLength - 1);
	const low = counterLength === 0 ? Number(counter) : 8 | (counterLength - 1);
	target[offset] = (high << 4) | low;
	writeBigEndian(target, offset + 1, kid, kidLength);
	writeBigEndian(target, offset + 1 + kidLength, counter, counterLength);
	return 1 + kidLength + counterLength;
}

function writeBigEndian(target: Uint8Array, offset: number, value: bigint, length: number): void {
	let rest = value;
	for (let i = length - 1; i >= 0; i--) {
		target[offset + i] = Number(rest & 0xffn);
		rest >>= 8n;
	}
}

/**
 * Reads the header at `offset`. Errors: `truncated`; `notMinimal` for a value spelled longer than need be, because a value has
 * one spelling here (RFC 9605 asks for the shortest when encoding).
 */
export function readHeader(bytes: Uint8Array, offset = 0): Result<SframeHeader, "truncated" | "notMinimal"> {
	const config = bytes[offset];
	if (config === undefined) return err("truncated");
	const [high, low] = [config >> 4, config & 15];
	const kidLength = high < 8 ? 0 : (high & 7) + 1;
	const counterLength = low < 8 ? 0 : (low & 7) + 1;
	const length = 1 + kidLength + counterLength;
	if (offset + length > bytes.length) return err("truncated");
	const kid = kidLength === 0 ? BigInt(high) : readBigEndian(bytes, offset + 1, kidLength);
	const counter = counterLength === 0 ? BigInt(low) : readBigEndian(bytes, offset + 1 + kidLength, counterLength);
	return headerLength(kid, counter) === length ? ok({ kid, counter, length }) : err("notMinimal");
}

function readBigEndian(bytes: Uint8Array, offset: number, length: number): bigint {
	let value = 0n;
	for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[offset + i] as number);
	return value;
}
