import { type Bytes, concat, copyBytes, Secret, uint32, utf8 } from "@sotto/bytes";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { nodeCrypto } from "./native.ts";

/** SHA-256, 32 bytes. Synchronous: native in Node, JavaScript elsewhere. */
export function sha256(bytes: Uint8Array): Bytes {
	return copyBytes(
		nodeCrypto === undefined ? nobleSha256(bytes) : nodeCrypto.createHash("sha256").update(bytes).digest(),
	);
}

/** `length (4 bytes, big-endian) || part` for each part: two different lists never encode to the same bytes. */
export function encodeParts(label: string, parts: readonly Uint8Array[]): Bytes {
	return concat(...[utf8(label), ...parts].flatMap((part) => [uint32(part.length), part]));
}

/** The `H(label, …)` of docs/spec/crypto.md: SHA-256 over {@link encodeParts}; 32 bytes. */
export function hash(label: string, ...parts: readonly Uint8Array[]): Bytes {
	return sha256(encodeParts(label, parts));
}

/** The `KDF` of docs/spec/crypto.md: HKDF-SHA-256 (RFC 5869), empty salt, info = encodeParts(label, []). */
export function kdf(secret: Secret | Uint8Array, label: string, length = 32): Bytes {
	return kdfWith(secret, label, [], length);
}

/** {@link kdf} with context: info = encodeParts(label, context), so that context cannot run into the label. */
export function kdfWith(
	secret: Secret | Uint8Array,
	label: string,
	context: readonly Uint8Array[],
	length = 32,
): Bytes {
	const info = encodeParts(label, context);
	const derive = (input: Uint8Array) => copyBytes(expand(nobleSha256, extract(nobleSha256, input), info, length));
	return secret instanceof Secret ? secret.use(derive) : derive(secret);
}

/** `length` bytes from the system's generator. */
export function randomBytes(length: number): Bytes {
	return crypto.getRandomValues(new Uint8Array(length));
}
