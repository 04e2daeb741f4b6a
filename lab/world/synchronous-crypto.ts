import * as node from "node:crypto";
import { type Bytes, bytesToBase64url, concat, copyBytes } from "@sotto/bytes";

/** What was sealed by AES-GCM: under which key, as what. The tag names the ciphertext. */
export type Sealing = { readonly key: string; readonly tag: string; readonly plaintext: Bytes; readonly aad: Bytes };

export type SynchronousCrypto = {
	/** All chance of the process from now on, but that of an X-Wing encapsulation: the same seed gives the same bytes. */
	readonly seed: (chance: () => number) => void;
	/** Is told every AES-GCM encryption. */
	readonly watch: (sealed: (sealing: Sealing) => void) => void;
	/** Puts the platform's own back. */
	readonly remove: () => void;
};

type Key =
	| { readonly sort: "aes"; readonly bytes: Buffer }
	| { readonly sort: "pair"; readonly id: string; readonly key: node.KeyObject; readonly jwk?: object }
	| { readonly sort: "hkdf"; readonly bytes: Bytes }
	| { readonly sort: "xwing"; readonly mlkem: node.KeyObject; readonly x25519: node.KeyObject; readonly pub: Bytes };

/**
 * Puts Node's synchronous calls in the place of WebCrypto, for the whole process: the same algorithms of the same library, but
 * done when they return, so that no order of events hangs on threads, and three times as fast. What the world does between
 * two events of its clock is then a plain sequence of promise jobs, the same for the same seed.
 */
export function installSynchronousCrypto(): SynchronousCrypto {
	const platform = Object.getOwnPropertyDescriptor(globalThis, "crypto");
	if (platform === undefined) throw new Error("Node has a global crypto");
	let watcher: (sealing: Sealing) => void = () => undefined;
	let chance = Math.random;
	const getRandomValues = (array: Uint8Array) => {
		for (let i = 0; i < array.length; i++) array[i] = Math.floor(chance() * 256);
		return array;
	};
	const subtle = subtleOf((sealing) => watcher(sealing), getRandomValues);
	Object.defineProperty(globalThis, "crypto", { value: { subtle, getRandomValues }, configurable: true });
	return {
		seed(next) {
			chance = next;
		},
		watch(sealed) {
			watcher = sealed;
		},
		remove: () => Object.defineProperty(globalThis, "crypto", platform),
	};
}

type Parameters = { readonly iv: Bytes; readonly additionalData?: Bytes };
const nothing = new Uint8Array();

function subtleOf(sealed: (sealing: Sealing) => void, fill: (array: Uint8Array) => Uint8Array) {
	return {
		importKey: async (format: string, bytes: Bytes, algorithm: string | { name: string }) =>
			importKey(format, bytes, typeof algorithm === "string" ? algorithm : algorithm.name),
		exportKey: async (_format: string, key: Key) => {
			if (key.sort === "xwing") return { pub: bytesToBase64url(key.pub) };
			return key.sort === "pair" ? (key.jwk ?? key.key.export({ format: "jwk" })) : undefined;
		},
		async encrypt({ iv, additionalData = nothing }: Parameters, key: Key, data: Bytes) {
			const bytes = aesBytes(key);
			const cipher = node.createCipheriv(gcmOf(bytes), bytes, iv).setAAD(additionalData);
			const ciphertext = concat(cipher.update(data), cipher.final(), cipher.getAuthTag());
			const tag = hex(ciphertext.subarray(-16));
			sealed({ key: hex(bytes), tag, plaintext: data, aad: additionalData });
			return ciphertext.buffer;
		},
		async decrypt({ iv, additionalData = nothing }: Parameters, key: Key, data: Bytes) {
			const bytes = aesBytes(key);
			const decipher = node.createDecipheriv(gcmOf(bytes), bytes, iv).setAAD(additionalData);
			decipher.setAuthTag(data.subarray(-16));
			return concat(decipher.update(data.subarray(0, -16)), decipher.final()).buffer;
		},
		sign: async (_name: string, key: Key, data: Bytes) => copyBytes(node.sign(null, data, keyObject(key))).buffer,
		verify: async (_name: string, key: Key, signature: Bytes, data: Bytes) => verify(key, signature, data),
		digest: async (_name: string, data: Bytes) => copyBytes(node.createHash("sha256").update(data).digest()).buffer,
		deriveBits: async (how: DeriveBits, key: Key, bits: number) => deriveBits(how, key, bits),
		encapsulateBits: async (_name: string, key: Key) => encapsulate(key, fill),
		decapsulateBits: async (_name: string, key: Key, ciphertext: Bytes) => decapsulate(key, ciphertext).buffer,
	};
}

const gcmOf = (key: Uint8Array) => (key.length === 16 ? "aes-128-gcm" : "aes-256-gcm");
const hex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

function aesBytes(key: Key): Buffer {
	if (key.sort !== "aes") throw new TypeError("not a key of AES-GCM");
	return key.bytes;
}

function keyObject(key: Key): node.KeyObject {
	if (key.sort !== "pair") throw new TypeError("not an asymmetric key");
	return key.key;
}

// RFC 8410: SubjectPublicKeyInfo of the two curves.
const spki = {
	Ed25519: new Uint8Array([0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0]),
	X25519: new Uint8Array([0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 33, 0]),
};
const x25519Pkcs8 = new Uint8Array([0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32]);

// The same keys come again and again, and OpenSSL's import is the dearest part of using one.
const imported = new Map<string, Key>();

function importKey(format: string, bytes: Bytes, name: string): Key {
	if (name === "AES-GCM") return { sort: "aes", bytes: Buffer.from(bytes) };
	if (name === "HKDF") return { sort: "hkdf", bytes };
	const id = `${name} ${format} ${hex(bytes)}`;
	const present = imported.get(id);
	if (present !== undefined) return present;
	if (imported.size > 5_000) imported.clear();
	const key = importAsymmetric(format, bytes, name, id);
	imported.set(id, key);
	return key;
}

function importAsymmetric(format: string, bytes: Bytes, name: string, id: string): Key {
	if (format === "raw-seed") return xWingOfSeed(bytes);
	if (format === "raw-public") return xWingOfPublic(bytes);
	if (name !== "Ed25519" && name !== "X25519") throw new TypeError(`no such algorithm: ${name}`);
	if (format === "raw") return { sort: "pair", id, key: publicKey(name, bytes) };
	const key = node.createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" });
	return { sort: "pair", id, key, jwk: node.createPublicKey(key).export({ format: "jwk" }) };
}

function publicKey(name: keyof typeof spki, bytes: Uint8Array): node.KeyObject {
	return node.createPublicKey({ key: Buffer.from(concat(spki[name], bytes)), format: "der", type: "spki" });
}

// Everybody verifies the same credentials; a verification is a function of its three inputs.
const verified = new Map<string, boolean>();

function verify(key: Key, signature: Bytes, data: Bytes): boolean {
	if (key.sort !== "pair") throw new TypeError("not a key of Ed25519");
	const id = `${key.id} ${node.createHash("sha256").update(signature).update(data).digest("base64")}`;
	const present = verified.get(id);
	if (present !== undefined) return present;
	if (verified.size > 20_000) verified.clear();
	const isGood = node.verify(null, data, key.key, signature);
	verified.set(id, isGood);
	return isGood;
}

type DeriveBits = { readonly name: string; readonly public?: Key; readonly salt?: Bytes; readonly info?: Bytes };

function deriveBits(how: DeriveBits, key: Key, bits: number): ArrayBufferLike {
	if (key.sort === "hkdf")
		return node.hkdfSync("sha256", key.bytes, how.salt ?? nothing, how.info ?? nothing, bits / 8) as ArrayBuffer;
	if (how.public === undefined) throw new TypeError("a Diffie-Hellman has two sides");
	return agree(keyObject(key), keyObject(how.public)).buffer;
}

function agree(privateKey: node.KeyObject, publicKey: node.KeyObject): Bytes {
	const shared = copyBytes(node.diffieHellman({ privateKey, publicKey }));
	if (shared.every((byte) => byte === 0)) throw new Error("a public key of small order");
	return shared;
}

// X-Wing, draft-connolly-cfrg-xwing-kem section 5: ML-KEM-768 and X25519, combined by SHA3-256.
const mlkemRaw = { asymmetricKeyType: "ml-kem-768" } as const;
const xWingLabel = new Uint8Array([0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c]);

function xWingOfSeed(seed: Bytes): Key {
	const expanded = node.createHash("shake256", { outputLength: 96 }).update(seed).digest();
	const mlkem = node.createPrivateKey({ ...mlkemRaw, key: expanded.subarray(0, 64), format: "raw-seed" });
	const der = Buffer.from(concat(x25519Pkcs8, expanded.subarray(64)));
	const x25519 = node.createPrivateKey({ key: der, format: "der", type: "pkcs8" });
	const halves = [rawPublic(mlkem, 1184), rawPublic(x25519, 32)];
	return { sort: "xwing", mlkem, x25519, pub: concat(...halves) };
}

function xWingOfPublic(bytes: Bytes): Key {
	const mlkem = node.createPublicKey({ ...mlkemRaw, key: Buffer.from(bytes.subarray(0, 1184)), format: "raw-public" });
	return { sort: "xwing", mlkem, x25519: publicKey("X25519", bytes.subarray(1184)), pub: bytes };
}

function rawPublic(key: node.KeyObject, length: number): Bytes {
	return copyBytes(node.createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-length));
}

function encapsulate(key: Key, fill: (array: Uint8Array) => Uint8Array) {
	if (key.sort !== "xwing") throw new TypeError("not a key of X-Wing");
	const { sharedKey, ciphertext } = node.encapsulate(key.mlkem);
	const der = Buffer.from(concat(x25519Pkcs8, fill(new Uint8Array(32))));
	const ephemeral = node.createPrivateKey({ key: der, format: "der", type: "pkcs8" });
	const theirs = rawPublic(ephemeral, 32);
	const secret = combine(sharedKey, agree(ephemeral, key.x25519), theirs, key.pub.subarray(1184));
	return { sharedKey: secret.buffer, ciphertext: concat(ciphertext, theirs).buffer };
}

function decapsulate(key: Key, ciphertext: Bytes): Bytes {
	if (key.sort !== "xwing") throw new TypeError("not a key of X-Wing");
	const theirs = ciphertext.subarray(1088);
	const secret = node.decapsulate(key.mlkem, Buffer.from(ciphertext.subarray(0, 1088)));
	return combine(secret, agree(key.x25519, publicKey("X25519", theirs)), theirs, key.pub.subarray(1184));
}

function combine(mlkem: Uint8Array, x25519: Uint8Array, theirs: Uint8Array, ours: Uint8Array): Bytes {
	const hashed = node.createHash("sha3-256").update(mlkem).update(x25519).update(theirs).update(ours);
	return copyBytes(hashed.update(xWingLabel).digest());
}
