import type { Bytes } from "./brand.ts";
import { err, ok, type Result } from "./result.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
	return encoder.encode(text);
}

export function utf8ToText(bytes: Uint8Array): Result<string, "notUtf8"> {
	try {
		return ok(decoder.decode(bytes));
	} catch {
		return err("notUtf8");
	}
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
	const total = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let offset = 0;
	for (const part of parts) {
		total.set(part, offset);
		offset += part.length;
	}
	return total;
}

/** Compares in time that depends on the lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
	return difference === 0;
}

/** Lexicographic order, as `Array.prototype.sort` wants it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const difference = (a[i] as number) - (b[i] as number);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

/** A copy with a buffer of its own: safe to keep, to transfer and to give to WebCrypto. */
export function copyBytes(bytes: Uint8Array): Bytes {
	return new Uint8Array(bytes);
}

/** Big-endian, 4 bytes. */
export function uint32(value: number): Bytes {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value);
	return bytes;
}

/** Big-endian, 8 bytes. */
export function uint64(value: number | bigint): Bytes {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
	return bytes;
}
