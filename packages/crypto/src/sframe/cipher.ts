import { type Bytes, concat, copyBytes, err, ok, type Result, uint64, utf8 } from "@sotto/bytes";

/** Cipher suites of RFC 9605 4.5: 4 is AES_128_GCM_SHA256_128, 5 is AES_256_GCM_SHA512_128. */
export type SframeSuite = 4 | 5;

const parameters = {
	4: { hash: "SHA-256", keyLength: 16 },
	5: { hash: "SHA-512", keyLength: 32 },
} as const;

/** Both suites' tag, in bytes. */
export const tagLength = 16;
const saltLength = 12;

/** The key and salt of one KID (RFC 9605 4.4.2). The key does not leave WebCrypto. */
export type SframeKey = {
	readonly suite: SframeSuite;
	readonly kid: bigint;
	readonly key: CryptoKey;
	readonly salt: Bytes;
};

/** The labels that {@link deriveSframeKey} expands by; also in the vectors of RFC 9605 appendix C.3. */
export function keyLabels(suite: SframeSuite, kid: bigint): { readonly key: Bytes; readonly salt: Bytes } {
	const tail = concat(uint64(kid), new Uint8Array([0, suite]));
	return { key: concat(utf8("SFrame 1.0 Secret key "), tail), salt: concat(utf8("SFrame 1.0 Secret salt "), tail) };
}

/** Derives a KID's key and salt from its base key: HKDF with an empty salt. */
export async function deriveSframeKey(suite: SframeSuite, baseKey: Uint8Array, kid: bigint): Promise<SframeKey> {
	const { hash, keyLength } = parameters[suite];
	const base = await crypto.subtle.importKey("raw", copyBytes(baseKey), "HKDF", false, ["deriveBits"]);
	const labels = keyLabels(suite, kid);
	const derive = (info: Bytes, length: number) =>
		crypto.subtle.deriveBits({ name: "HKDF", hash, salt: new Uint8Array(), info }, base, length * 8);
	const [keyBytes, salt] = await Promise.all([derive(labels.key, keyLength), derive(labels.salt, saltLength)]);
	const key = await crypto.subtle.importKey("raw", keyBytes, { name: "AES-GCM" }, false, ["encrypt", "decrypt"]);
	return { suite, kid, key, salt: new Uint8Array(salt) };
}

/** `nonce = salt XOR counter` (RFC 9605 4.4.3). */
export function nonceOf(key: SframeKey, counter: bigint): Bytes {
	const nonce = copyBytes(key.salt);
	const bytes = uint64(counter);
	for (let i = 0; i < 8; i++) nonce[saltLength - 8 + i] = (nonce[saltLength - 8 + i] as number) ^ (bytes[i] as number);
	return nonce;
}

/** AEAD.Encrypt of RFC 9605 4.4.3: ciphertext and tag. `additionalData` is header and metadata. The caller counts. */
export async function encryptFrame(
	key: SframeKey,
	counter: bigint,
	additionalData: Bytes,
	plaintext: Bytes,
): Promise<Bytes> {
	const gcm = { name: "AES-GCM", iv: nonceOf(key, counter), additionalData };
	return new Uint8Array(await crypto.subtle.encrypt(gcm, key.key, plaintext));
}

/** AEAD.Decrypt of RFC 9605 4.4.4. Error: `doesNotOpen`. */
export async function decryptFrame(
	key: SframeKey,
	counter: bigint,
	additionalData: Bytes,
	ciphertext: Bytes,
): Promise<Result<Bytes, "doesNotOpen">> {
	if (ciphertext.length < tagLength) return err("doesNotOpen");
	const gcm = { name: "AES-GCM", iv: nonceOf(key, counter), additionalData };
	try {
		return ok(new Uint8Array(await crypto.subtle.decrypt(gcm, key.key, ciphertext)));
	} catch {
		// WebCrypto throws OperationError on a wrong tag: bad input.
		return err("doesNotOpen");
	}
}
