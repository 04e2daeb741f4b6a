import { type Bytes, copyBytes, invariant, Secret } from "@sotto/bytes";
import { sha512 } from "@noble/hashes/sha2.js";
import type { CiphersuiteImpl } from "ts-mls";
import { type HashName, hashLength, hkdfExpand, hkdfExtract, randomBytes, sha256 } from "../hash.ts";
import { type HpkeSuite, hpkeOpen, hpkeSeal } from "../hpke.ts";
import { type Kem, x25519Kem, xWingKem } from "../kem.ts";
import { nodeCrypto } from "../native.ts";
import { generateSigningKey, signBytes, verifyBytes } from "../signatures.ts";
import type { MlsSuite } from "./types.ts";

/** A cipher suite of RFC 9420 as this door uses it: the library's view of it, and its KEM with keys as bytes. */
export type Suite = { readonly name: MlsSuite; readonly cs: CiphersuiteImpl; readonly kem: Kem };

// The library names its own HPKE keys CryptoKey; these carry bytes instead, and nobody but this file looks inside.
type HpkeKey = Awaited<ReturnType<CiphersuiteImpl["hpke"]["importPublicKey"]>> &
	Awaited<ReturnType<CiphersuiteImpl["hpke"]["importPrivateKey"]>>;
const asKey = (bytes: Uint8Array): HpkeKey => ({ hpkeKeyBytes: copyBytes(bytes) }) as unknown as HpkeKey;
const keyBytes = (key: unknown): Bytes => (key as { hpkeKeyBytes: Bytes }).hpkeKeyBytes;

class SuiteError extends Error {}

function digest(name: HashName, data: Uint8Array): Bytes {
	if (name === "sha256") return sha256(data);
	return copyBytes(nodeCrypto?.createHash("sha512").update(data).digest() ?? sha512(data));
}

function equalTags(a: Uint8Array, b: Uint8Array): boolean {
	let difference = a.length ^ b.length;
	for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
	return difference === 0;
}

async function aesGcm(
	work: "encrypt" | "decrypt",
	key: Uint8Array,
	nonce: Uint8Array,
	additionalData: Uint8Array,
	data: Uint8Array,
): Promise<Bytes> {
	const imported = await crypto.subtle.importKey("raw", copyBytes(key), { name: "AES-GCM" }, false, [work]);
	const parameters = { name: "AES-GCM", iv: copyBytes(nonce), additionalData: copyBytes(additionalData) };
	return new Uint8Array(await crypto.subtle[work](parameters, imported, copyBytes(data)));
}

function hpkeOf(suite: HpkeSuite): CiphersuiteImpl["hpke"] {
	const none = new Uint8Array();
	const unused = (): never => {
		throw new SuiteError("external commits are shut out at this door");
	};
	return {
		async open(privateKey, enc, ciphertext, info, additionalData = none) {
			const opened = await hpkeOpen(suite, keyBytes(privateKey), enc, info, additionalData, ciphertext);
			if (!opened.ok) throw new SuiteError("HPKE does not open");
			return opened.value;
		},
		async seal(publicKey, plaintext, info, additionalData = none) {
			const sealed = await hpkeSeal(suite, keyBytes(publicKey), info, additionalData, plaintext);
			return { ct: sealed.ciphertext, enc: sealed.enc };
		},
		exportSecret: unused,
		importSecret: unused,
		importPrivateKey: async (bytes) => asKey(bytes),
		async importPublicKey(bytes) {
			if (!suite.kem.isUsableKey(bytes)) throw new SuiteError("a public key that cannot be encapsulated to");
			return asKey(bytes);
		},
		exportPublicKey: async (key) => keyBytes(key),
		exportPrivateKey: async (key) => keyBytes(key),
		encryptAead: (key, nonce, aad, plaintext) => aesGcm("encrypt", key, nonce, aad ?? none, plaintext),
		decryptAead: (key, nonce, aad, ciphertext) => aesGcm("decrypt", key, nonce, aad ?? none, ciphertext),
		async deriveKeyPair(input) {
			const privateKey = suite.kem.derivePrivateKey(input);
			return { privateKey: asKey(privateKey), publicKey: asKey(await suite.kem.publicKey(privateKey)) };
		},
		async generateKeyPair() {
			const privateKey = randomBytes(32);
			return { privateKey: asKey(privateKey), publicKey: asKey(await suite.kem.publicKey(privateKey)) };
		},
		keyLength: suite.aead === "AES-128-GCM" ? 16 : 32,
		nonceLength: 12,
	};
}

function makeSuite(name: MlsSuite, hpke: HpkeSuite): Suite {
	const { kdf } = hpke;
	const cs: CiphersuiteImpl = {
		name,
		kdf: {
			size: hashLength[kdf],
			extract: async (salt, input) => hkdfExtract(kdf, salt, input),
			expand: async (key, info, length) => hkdfExpand(kdf, key, info, length),
		},
		hash: {
			digest: async (data) => digest(kdf, data),
			// HKDF-Extract is HMAC: RFC 5869 2.2.
			mac: async (key, data) => hkdfExtract(kdf, key, data),
			verifyMac: async (key, tag, data) => equalTags(hkdfExtract(kdf, key, data), tag),
		},
		signature: {
			sign: (key, message) => signBytes(new Secret(key), message),
			verify: verifyBytes,
			async keygen() {
				const { publicKey, privateKey } = await generateSigningKey();
				return { publicKey, signKey: privateKey.use(copyBytes) };
			},
		},
		hpke: hpkeOf(hpke),
		rng: { randomBytes },
	};
	return { name, cs, kem: hpke.kem };
}

const suites: { readonly [name in MlsSuite]: Suite } = {
	MLS_256_XWING_AES256GCM_SHA512_Ed25519: makeSuite("MLS_256_XWING_AES256GCM_SHA512_Ed25519", {
		kem: xWingKem,
		kdf: "sha512",
		aead: "AES-256-GCM",
	}),
	MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: makeSuite("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", {
		kem: x25519Kem,
		kdf: "sha256",
		aead: "AES-128-GCM",
	}),
};

/** The suite of that name, or undefined if this door does not know it. */
export function findSuite(name: string): Suite | undefined {
	return Object.hasOwn(suites, name) ? suites[name as MlsSuite] : undefined;
}

/** The suite of a state or package that was checked when it came in. */
export function suiteNamed(name: string): Suite {
	const suite = findSuite(name);
	invariant(suite !== undefined, "states hold only suites of this door");
	return suite;
}
