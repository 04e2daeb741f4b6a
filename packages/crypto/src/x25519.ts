import { base64urlToBytes, type Bytes, concat, copyBytes, invariant, utf8 } from "@sotto/bytes";
import { hkdfExpand, hkdfExtract, randomBytes } from "./hash.ts";
import { nodeCrypto } from "./native.ts";

// DHKEM(X25519, HKDF-SHA256), RFC 9180 4.1, KEM id 0x0020.
const suiteId = concat(utf8("KEM"), new Uint8Array([0, 0x20]));
// RFC 8410 section 7: the PKCS #8 and SubjectPublicKeyInfo wrappings of X25519 keys.
const pkcs8Prefix = new Uint8Array([0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32]);
const spkiPrefix = new Uint8Array([0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 33, 0]);

/** LabeledExtract of RFC 9180 section 4. */
export function labeledExtract(
	name: "sha256" | "sha512",
	suite: Uint8Array,
	salt: Uint8Array,
	label: string,
	input: Uint8Array,
): Bytes {
	return hkdfExtract(name, salt, concat(utf8("HPKE-v1"), suite, utf8(label), input));
}

/** LabeledExpand of RFC 9180 section 4. */
export function labeledExpand(
	name: "sha256" | "sha512",
	suite: Uint8Array,
	key: Uint8Array,
	label: string,
	info: Uint8Array,
	length: number,
): Bytes {
	const lengthBytes = new Uint8Array([length >> 8, length]);
	return hkdfExpand(name, key, concat(lengthBytes, utf8("HPKE-v1"), suite, utf8(label), info), length);
}

/** DeriveKeyPair's private key (RFC 9180 7.1.3). */
export function deriveX25519PrivateKey(input: Uint8Array): Bytes {
	const key = labeledExtract("sha256", suiteId, new Uint8Array(), "dkp_prk", input);
	return labeledExpand("sha256", suiteId, key, "sk", new Uint8Array(), 32);
}

function importPrivate(privateKey: Uint8Array, extractable: boolean): Promise<CryptoKey> {
	const wrapped = concat(pkcs8Prefix, privateKey);
	return crypto.subtle.importKey("pkcs8", wrapped, "X25519", extractable, ["deriveBits"]);
}

export async function x25519PublicKey(privateKey: Uint8Array): Promise<Bytes> {
	const key = await importPrivate(privateKey, true);
	const { x } = (await crypto.subtle.exportKey("jwk", key)) as unknown as { x: string };
	const publicKey = base64urlToBytes(x, 32);
	invariant(publicKey.ok, "WebCrypto writes base64url");
	return publicKey.value;
}

async function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes> {
	const theirs = await crypto.subtle.importKey("raw", copyBytes(publicKey), "X25519", false, []);
	const parameters = { name: "X25519", public: theirs };
	return new Uint8Array(await crypto.subtle.deriveBits(parameters, await importPrivate(privateKey, false), 256));
}

function sharedSecret(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Bytes {
	const key = labeledExtract("sha256", suiteId, new Uint8Array(), "eae_prk", dh);
	return labeledExpand("sha256", suiteId, key, "shared_secret", concat(enc, publicKey), 32);
}

/** Encap of RFC 9180 4.1. `ephemeral` is for known-answer tests. Throws on a public key of small order. */
export async function x25519Encapsulate(
	publicKey: Uint8Array,
	ephemeral: Uint8Array = randomBytes(32),
): Promise<{ secret: Bytes; enc: Bytes }> {
	const enc = await x25519PublicKey(ephemeral);
	return { secret: sharedSecret(await x25519(ephemeral, publicKey), enc, publicKey), enc };
}

/** Decap of RFC 9180 4.1. Throws on an `enc` of small order. */
export async function x25519Decapsulate(privateKey: Uint8Array, enc: Uint8Array): Promise<Bytes> {
	return sharedSecret(await x25519(privateKey, enc), enc, await x25519PublicKey(privateKey));
}

/** {@link x25519Decapsulate} by Node's synchronous calls, for services. `publicKey` belongs to `privateKey`. Throws likewise. */
export function x25519DecapsulateNow(privateKey: Uint8Array, publicKey: Uint8Array, enc: Uint8Array): Bytes {
	invariant(nodeCrypto !== undefined, "synchronous X25519 is for services, which run in Node");
	const mine = nodeCrypto.createPrivateKey({ key: concat(pkcs8Prefix, privateKey), format: "der", type: "pkcs8" });
	const theirs = nodeCrypto.createPublicKey({ key: concat(spkiPrefix, enc), format: "der", type: "spki" });
	return sharedSecret(nodeCrypto.diffieHellman({ privateKey: mine, publicKey: theirs }), enc, publicKey);
}
