export { type AeadKey, aeadOpen, aeadOverhead, aeadSeal, importAeadKey } from "./aead.ts";
export { encodeParts, hash, kdf, kdfWith, randomBytes, sha256 } from "./hash.ts";
export * from "./ids.ts";
export * from "./logs.ts";
export * from "./records.ts";
export {
	generateSigningKey,
	importSigningKey,
	type SigningKey,
	sign,
	signingKeyFromSeed,
	signWith,
	verify,
} from "./signatures.ts";
export * from "./blobs.ts";
export * from "./calls.ts";
export { openFrom, sealTo } from "./hpke.ts";
export { generateHpkeKeyPair, type HpkeKem, type HpkeKeyPair } from "./kem.ts";
export * from "./mailbox.ts";
export * from "./passphrase.ts";
export * from "./sealed-parts.ts";
export * from "./ring-address.ts";
export * from "./mls/index.ts";
export * from "./sframe/index.ts";
