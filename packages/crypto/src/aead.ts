import { type Bytes, concat, copyBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { randomBytes } from "./hash.ts";

/** An AES-256-GCM key that cannot be exported; storable in IndexedDB and transferable to a worker. */
export type AeadKey = CryptoKey;

/** Bytes that sealing adds: a 12-byte nonce before and a 16-byte tag behind. */
export const aeadOverhead = 28;
const nonceLength = 12;

/** Makes a 32-byte secret into a non-extractable AES-256-GCM key. */
export function importAeadKey(secret: Secret | Uint8Array): Promise<AeadKey> {
	const importBytes = (bytes: Uint8Array) =>
		crypto.subtle.importKey("raw", copyBytes(bytes), { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
	return secret instanceof Secret ? secret.use(importBytes) : importBytes(secret);
}

function aeadKey(key: AeadKey | Secret): AeadKey | Promise<AeadKey> {
	return key instanceof Secret ? importAeadKey(key) : key;
}

/**
 * AES-256-GCM (NIST SP 800-38D): `nonce (12, random) || ciphertext || tag (16)`. A key seals far fewer than 2^32 messages,
 * which random nonces allow (a log ends at 4,096 records).
 */
export async function aeadSeal(
	key: AeadKey | Secret,
	plaintext: Uint8Array,
	additionalData: Uint8Array = new Uint8Array(),
): Promise<Bytes> {
	const nonce = randomBytes(nonceLength);
	const parameters = { name: "AES-GCM", iv: nonce, additionalData: copyBytes(additionalData) };
	const sealed = await crypto.subtle.encrypt(parameters, await aeadKey(key), copyBytes(plaintext));
	return concat(nonce, new Uint8Array(sealed));
}

/** The inverse of {@link aeadSeal}. Error: `doesNotOpen`, whatever is wrong. */
export async function aeadOpen(
	key: AeadKey | Secret,
	sealed: Uint8Array,
	additionalData: Uint8Array = new Uint8Array(),
): Promise<Result<Bytes, "doesNotOpen">> {
	if (sealed.length < aeadOverhead) return err("doesNotOpen");
	const iv = sealed.slice(0, nonceLength) as Bytes;
	const parameters = { name: "AES-GCM", iv, additionalData: copyBytes(additionalData) };
	const imported = await aeadKey(key);
	try {
		return ok(
			new Uint8Array(await crypto.subtle.decrypt(parameters, imported, copyBytes(sealed.subarray(nonceLength)))),
		);
	} catch {
		// WebCrypto throws OperationError on a wrong tag: bad input.
		return err("doesNotOpen");
	}
}

/**
 * The nonce of the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a part's place and whether it is the last,
 * so that parts cannot be moved, dropped or cut off. One key seals one stream.
 */
export function streamNonce(index: number, isLast: boolean): Bytes {
	const nonce = new Uint8Array(nonceLength);
	new DataView(nonce.buffer).setUint32(7, index);
	nonce[11] = isLast ? 1 : 0;
	return nonce;
}
