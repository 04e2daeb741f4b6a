import type { Bytes, Secret } from "@sotto/bytes";

/** DHKEM(X25519, HKDF-SHA256) or X-Wing (X25519 + ML-KEM-768); both with HKDF-SHA-256 and AES-256-GCM. RFC 9180 base mode. */
export type HpkeKem = "X25519" | "X-Wing";
/** Public: 32 bytes (X25519) or 1,216 (X-Wing). Private: 32 bytes in both, fit for local storage. */
export type HpkeKeyPair = { readonly publicKey: Bytes; readonly privateKey: Secret };
