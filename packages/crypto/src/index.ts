export * from "./aead.ts";
export * from "./hash.ts";
export * from "./ids.ts";
export * from "./logs.ts";
export * from "./records.ts";
export { generateSigningKey, type SigningKey, sign, signingKeyFromSeed, verify } from "./signatures.ts";
export * from "./coming.ts";
export type { HpkeKem, HpkeKeyPair } from "./hpke.ts";
export * from "./mls/types.ts";
