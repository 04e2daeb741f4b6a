import { type Bytes, concat, copyBytes, err, ok, type Result, type Secret, utf8 } from "@sotto/bytes";
import { hashLength, type HashName } from "./hash.ts";
import { type HpkeKem, type Kem, kems } from "./kem.ts";
import { labeledExpand, labeledExtract } from "./x25519.ts";

/** The symmetric half of an HPKE suite. */
export type HpkeSuite = { readonly kem: Kem; readonly kdf: HashName; readonly aead: "AES-128-GCM" | "AES-256-GCM" };

const kdfIds = { sha256: 1, sha512: 3 } as const;
const aeads = { "AES-128-GCM": { id: 1, keyLength: 16 }, "AES-256-GCM": { id: 2, keyLength: 32 } } as const;
const empty = new Uint8Array();

/** KeySchedule of RFC 9180 5.1 in base mode; a context here seals one message, so key and nonce are all of it. */
export function hpkeKeySchedule(
	suite: HpkeSuite,
	sharedSecret: Uint8Array,
	info: Uint8Array,
): { key: Bytes; nonce: Bytes; exporterSecret: Bytes } {
	const { kem, kdf } = suite;
	const aead = aeads[suite.aead];
	const ids = new Uint8Array([kem.id >> 8, kem.id, 0, kdfIds[kdf], 0, aead.id]);
	const suiteId = concat(utf8("HPKE"), ids);
	const pskIdHash = labeledExtract(kdf, suiteId, empty, "psk_id_hash", empty);
	const infoHash = labeledExtract(kdf, suiteId, empty, "info_hash", info);
	const context = concat(new Uint8Array([0]), pskIdHash, infoHash);
	const secret = labeledExtract(kdf, suiteId, sharedSecret, "secret", empty);
	return {
		key: labeledExpand(kdf, suiteId, secret, "key", context, aead.keyLength),
		nonce: labeledExpand(kdf, suiteId, secret, "base_nonce", context, 12),
		exporterSecret: labeledExpand(kdf, suiteId, secret, "exp", context, hashLength[kdf]),
	};
}

/** SealBase of RFC 9180 6.1. The caller has checked the public key. */
export async function hpkeSeal(
	suite: HpkeSuite,
	publicKey: Uint8Array,
	info: Uint8Array,
	additionalData: Uint8Array,
	plaintext: Uint8Array,
): Promise<{ enc: Bytes; ciphertext: Bytes }> {
	const { secret, enc } = await suite.kem.encapsulate(publicKey);
	const { key, nonce } = hpkeKeySchedule(suite, secret, info);
	const imported = await crypto.subtle.importKey("raw", key, { name: "AES-GCM" }, false, ["encrypt"]);
	const parameters = { name: "AES-GCM", iv: nonce, additionalData: copyBytes(additionalData) };
	return {
		enc,
		ciphertext: new Uint8Array(await crypto.subtle.encrypt(parameters, imported, copyBytes(plaintext))),
	};
}

/** OpenBase of RFC 9180 6.1. Error: `doesNotOpen`, whatever is wrong. */
export async function hpkeOpen(
	suite: HpkeSuite,
	privateKey: Uint8Array,
	enc: Uint8Array,
	info: Uint8Array,
	additionalData: Uint8Array,
	ciphertext: Uint8Array,
): Promise<Result<Bytes, "doesNotOpen">> {
	if (!suite.kem.isUsableEnc(enc)) return err("doesNotOpen");
	const { key, nonce } = hpkeKeySchedule(suite, await suite.kem.decapsulate(privateKey, enc), info);
	const imported = await crypto.subtle.importKey("raw", key, { name: "AES-GCM" }, false, ["decrypt"]);
	const parameters = { name: "AES-GCM", iv: nonce, additionalData: copyBytes(additionalData) };
	try {
		return ok(new Uint8Array(await crypto.subtle.decrypt(parameters, imported, copyBytes(ciphertext))));
	} catch {
		// WebCrypto throws OperationError on a wrong tag: bad input.
		return err("doesNotOpen");
	}
}

/** HKDF-SHA-256 and AES-256-GCM, with the named KEM. */
export function hpkeSuite(kem: HpkeKem): HpkeSuite {
	return { kem: kems[kem], kdf: "sha256", aead: "AES-256-GCM" };
}

/**
 * Single-shot HPKE in base mode (RFC 9180 6.1), HKDF-SHA-256 and AES-256-GCM: `enc || ciphertext || tag`, longer than the
 * plaintext by 48 bytes (X25519) or 1,136 (X-Wing). Error: `badPublicKey`, a key that cannot be encapsulated to.
 */
export async function sealTo(
	kem: HpkeKem,
	publicKey: Uint8Array,
	info: Uint8Array,
	additionalData: Uint8Array,
	plaintext: Uint8Array,
): Promise<Result<Bytes, "badPublicKey">> {
	if (!kems[kem].isUsableKey(publicKey)) return err("badPublicKey");
	const { enc, ciphertext } = await hpkeSeal(hpkeSuite(kem), publicKey, info, additionalData, plaintext);
	return ok(concat(enc, ciphertext));
}

/** The inverse of {@link sealTo}. Error: `doesNotOpen`, whatever is wrong. */
export async function openFrom(
	kem: HpkeKem,
	privateKey: Secret,
	info: Uint8Array,
	additionalData: Uint8Array,
	sealed: Uint8Array,
): Promise<Result<Bytes, "doesNotOpen">> {
	const { encLength } = kems[kem];
	if (sealed.length < encLength + 16) return err("doesNotOpen");
	const [enc, ciphertext] = [sealed.subarray(0, encLength), sealed.subarray(encLength)];
	return privateKey.use((key) => hpkeOpen(hpkeSuite(kem), key, enc, info, additionalData, ciphertext));
}
