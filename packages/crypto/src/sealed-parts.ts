import { type Bytes, copyBytes, err, ok, type Result, type Secret } from "@sotto/bytes";
import { type AeadKey, importAeadKey, streamNonce } from "./aead.ts";
import { kdfWith } from "./hash.ts";

/** Bytes that sealing a part adds. */
export const sealedPartOverhead = 16;

/** The key of one sequence of parts. `header` is everything that stands before them: whoever changes it changes the key. */
export function partsKey(secret: Secret, header: Uint8Array): Promise<AeadKey> {
	return importAeadKey(kdfWith(secret, "sotto archive parts", [header]));
}

/** Seals the `index`th part of a sequence, of any length (AES-256-GCM, {@link streamNonce}). */
export async function sealPart(key: AeadKey, index: number, isLast: boolean, content: Uint8Array): Promise<Bytes> {
	const parameters = { name: "AES-GCM", iv: streamNonce(index, isLast) };
	return new Uint8Array(await crypto.subtle.encrypt(parameters, key, copyBytes(content)));
}

/** The inverse of {@link sealPart}. Error: `doesNotOpen` for another key or place, or anything altered. */
export async function openPart(
	key: AeadKey,
	index: number,
	isLast: boolean,
	sealed: Uint8Array,
): Promise<Result<Bytes, "doesNotOpen">> {
	if (sealed.length < sealedPartOverhead) return err("doesNotOpen");
	const parameters = { name: "AES-GCM", iv: streamNonce(index, isLast) };
	try {
		return ok(new Uint8Array(await crypto.subtle.decrypt(parameters, key, copyBytes(sealed))));
	} catch {
		// WebCrypto throws OperationError on a wrong tag: bad input.
		return err("doesNotOpen");
	}
}
