import { type Bytes, Secret } from "@sotto/bytes";
import { randomBytes } from "./hash.ts";
import { isUsableX25519Key, isUsableXWingCiphertext, isUsableXWingKey } from "./point-checks.ts";
import { deriveX25519PrivateKey, x25519Decapsulate, x25519Encapsulate, x25519PublicKey } from "./x25519.ts";
import { deriveXWingSeed, xWing } from "./x-wing.ts";

/** A key encapsulation mechanism of RFC 9180, keys as bytes. */
export type Kem = {
	/** The KEM id of RFC 9180 7.1 (X-Wing: draft-connolly-cfrg-xwing-kem section 6.5). */
	readonly id: number;
	readonly encLength: number;
	/** Decides alike on every platform whether a public key can be encapsulated to. */
	readonly isUsableKey: (publicKey: Uint8Array) => boolean;
	/** Decides alike on every platform whether a ciphertext is one that this KEM can make. */
	readonly isUsableEnc: (enc: Uint8Array) => boolean;
	/** DeriveKeyPair's private key, 32 bytes. */
	readonly derivePrivateKey: (input: Uint8Array) => Bytes;
	readonly publicKey: (privateKey: Uint8Array) => Promise<Bytes>;
	/** The caller has asked isUsableKey. */
	readonly encapsulate: (publicKey: Uint8Array) => Promise<{ readonly secret: Bytes; readonly enc: Bytes }>;
	/** The caller has asked isUsableEnc. */
	readonly decapsulate: (privateKey: Uint8Array, enc: Uint8Array) => Promise<Bytes>;
};

export const x25519Kem: Kem = {
	id: 0x0020,
	encLength: 32,
	isUsableKey: isUsableX25519Key,
	isUsableEnc: isUsableX25519Key,
	derivePrivateKey: deriveX25519PrivateKey,
	publicKey: x25519PublicKey,
	encapsulate: (publicKey) => x25519Encapsulate(publicKey),
	decapsulate: x25519Decapsulate,
};

export const xWingKem: Kem = {
	id: 0x647a,
	encLength: 1120,
	isUsableKey: isUsableXWingKey,
	isUsableEnc: isUsableXWingCiphertext,
	derivePrivateKey: deriveXWingSeed,
	publicKey: async (seed) => (await xWing()).publicKey(seed),
	encapsulate: async (publicKey) => (await xWing()).encapsulate(publicKey),
	decapsulate: async (seed, enc) => (await xWing()).decapsulate(seed, enc),
};

/** DHKEM(X25519, HKDF-SHA256) or X-Wing (X25519 + ML-KEM-768). */
export type HpkeKem = "X25519" | "X-Wing";
export const kems: { readonly [name in HpkeKem]: Kem } = { X25519: x25519Kem, "X-Wing": xWingKem };

/** Public: 32 bytes (X25519) or 1,216 (X-Wing). Private: 32 bytes in both, fit for local storage. */
export type HpkeKeyPair = { readonly publicKey: Bytes; readonly privateKey: Secret };

/** A fresh key pair. */
export async function generateHpkeKeyPair(kem: HpkeKem): Promise<HpkeKeyPair> {
	const privateKey = randomBytes(32);
	return { publicKey: await kems[kem].publicKey(privateKey), privateKey: new Secret(privateKey) };
}
