import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	integerShape,
	mapShape,
	ok,
	parseCbor,
	type Result,
} from "@sotto/bytes";

/** The most bytes of the caller's part of a message's authenticated data. */
export const maxAuthenticatedData = 16 * 1024;

const shape = mapShape({ data: bytesShape(0, maxAuthenticatedData), generation: integerShape(0, 0xffffffff) });

/**
 * What a message authenticates beside its content: the generation it was sealed with, because MLS does not sign it (C2), and
 * the caller's bytes. Canonical CBOR `{ "data": bytes, "generation": uint }`.
 */
export type AuthenticatedData = { readonly generation: number; readonly data: Bytes };

export function encodeAuthenticatedData(generation: number, data: Uint8Array): Bytes {
	return encodeCbor({ data, generation });
}

export function parseAuthenticatedData(bytes: Uint8Array): Result<AuthenticatedData, "badAuthenticatedData"> {
	if (bytes.length > maxAuthenticatedData + 64) return err("badAuthenticatedData");
	const parsed = parseCbor(shape, bytes);
	return parsed.ok ? ok(parsed.value) : err("badAuthenticatedData");
}
