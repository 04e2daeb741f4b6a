import { type Bytes, concat, copyBytes, invariant, Secret, uint32, utf8 } from "@sotto/bytes";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256, sha512 as nobleSha512 } from "@noble/hashes/sha2.js";
import { nodeCrypto } from "./native.ts";

/** SHA-256, 32 bytes. Synchronous: native in Node, JavaScript elsewhere. */
export function sha256(bytes: Uint8Array): Bytes {
	return copyBytes(nodeCrypto?.createHash("sha256").update(bytes).digest() ?? nobleSha256(bytes));
}

export type HashName = "sha256" | "sha512";
export const hashLength = { sha256: 32, sha512: 64 } as const;
const nobleHashes = { sha256: nobleSha256, sha512: nobleSha512 };

function hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
	return nodeCrypto?.createHmac(name, key).update(data).digest() ?? nobleHmac(nobleHashes[name], key, data);
}

/** HKDF-Extract (RFC 5869 2.2). An empty salt stands for zeros, as HMAC pads it. */
export function hkdfExtract(name: HashName, salt: Uint8Array, input: Uint8Array): Bytes {
	return copyBytes(hmac(name, salt, input));
}

/** HKDF-Expand (RFC 5869 2.3). */
export function hkdfExpand(name: HashName, key: Uint8Array, info: Uint8Array, length: number): Bytes {
	const size = hashLength[name];
	invariant(length <= 255 * size, "HKDF gives at most 255 blocks");
	const output = new Uint8Array(Math.ceil(length / size) * size);
	let block: Uint8Array = new Uint8Array();
	for (let i = 0; i * size < length; i++) {
		block = hmac(name, key, concat(block, info, new Uint8Array([i + 1])));
		output.set(block, i * size);
	}
	return output.slice(0, length);
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
	const derive = (input: Uint8Array) =>
		hkdfExpand("sha256", hkdfExtract("sha256", new Uint8Array(), input), info, length);
	return secret instanceof Secret ? secret.use(derive) : derive(secret);
}

/** `length` bytes from the system's generator. */
export function randomBytes(length: number): Bytes {
	return crypto.getRandomValues(new Uint8Array(length));
}
