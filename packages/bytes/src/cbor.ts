import { decode, encode, rfc8949EncodeOptions } from "cborg";
import type { Bytes } from "./brand.ts";
import { copyBytes, equalBytes } from "./octets.ts";
import { err, ok, type Result } from "./result.ts";

/** What our messages are made of. Maps have text keys; numbers are integers, or bigint beyond 2^53. */
export type CborValue =
	| null
	| boolean
	| number
	| bigint
	| string
	| Uint8Array
	| readonly CborValue[]
	| { readonly [key: string]: CborValue | undefined };

/** RFC 8949 section 4.2.1, core deterministic encoding. Keys whose value is undefined are left out. */
export function encodeCbor(value: CborValue): Bytes {
	return copyBytes(encode(value, { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true }));
}

/**
 * Strict inverse of {@link encodeCbor}: accepts exactly the bytes that encodeCbor would write, so a value has one
 * spelling and a hash of it means something. The caller bounds `bytes` before it calls.
 */
export function decodeCbor(bytes: Uint8Array): Result<CborValue, "notCbor"> {
	try {
		const value = decode(bytes, { strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true }) as unknown;
		return isCborValue(value) && equalBytes(encodeCbor(value), bytes) ? ok(value) : err("notCbor");
	} catch {
		// cborg throws on malformed input, and the stack overflows on absurd nesting: both are bad input.
		return err("notCbor");
	}
}

/** Leaves out what CBOR knows and we do not use: floats and undefined. */
function isCborValue(value: unknown): value is CborValue {
	if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
	if (value === undefined) return false;
	if (typeof value !== "object" || value === null || value instanceof Uint8Array) return true;
	return Object.values(value).every(isCborValue);
}
