import { shake256 } from "@noble/hashes/sha3.js";
import { base64urlToBytes, type Bytes, copyBytes, invariant } from "@sotto/bytes";

/** X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768 in one KEM. Private keys are its 32-byte seeds. */
export type XWing = {
	readonly publicKey: (seed: Uint8Array) => Promise<Bytes>;
	/** Throws on a public key that {@link isUsableXWingKey} refuses. */
	readonly encapsulate: (publicKey: Uint8Array) => Promise<{ readonly secret: Bytes; readonly enc: Bytes }>;
	/** Never fails for a ciphertext of the right length with a usable X25519 part (implicit rejection). */
	readonly decapsulate: (seed: Uint8Array, enc: Uint8Array) => Promise<Bytes>;
};

/** The seed of HPKE's DeriveKeyPair. */
export function deriveXWingSeed(input: Uint8Array): Bytes {
	return copyBytes(shake256(input, { dkLen: 32 }));
}

type Encapsulated = { readonly sharedKey: ArrayBuffer; readonly ciphertext: ArrayBuffer };
// Newer than the type libraries: a KEM's two calls, and its two key formats.
type KemSubtle = Pick<SubtleCrypto, "exportKey"> & {
	importKey(
		format: "raw-seed" | "raw-public",
		data: Uint8Array,
		algorithm: string,
		extractable: boolean,
		usages: string[],
	): Promise<CryptoKey>;
	encapsulateBits(algorithm: string, key: CryptoKey): Promise<Encapsulated>;
	decapsulateBits(algorithm: string, key: CryptoKey, ciphertext: Uint8Array): Promise<ArrayBuffer>;
};

const name = "MLKEM768-X25519";
const kemSubtle = (): KemSubtle => crypto.subtle as unknown as KemSubtle;

/** WebCrypto's X-Wing: Node 26, Chromium 156. */
export const nativeXWing: XWing = {
	async publicKey(seed) {
		const key = await kemSubtle().importKey("raw-seed", copyBytes(seed), name, true, ["decapsulateBits"]);
		const { pub } = (await crypto.subtle.exportKey("jwk", key)) as unknown as { pub: string };
		const publicKey = base64urlToBytes(pub);
		invariant(publicKey.ok, "WebCrypto writes base64url");
		return publicKey.value;
	},
	async encapsulate(publicKey) {
		const subtle = kemSubtle();
		const key = await subtle.importKey("raw-public", copyBytes(publicKey), name, false, ["encapsulateBits"]);
		const { sharedKey, ciphertext } = await subtle.encapsulateBits(name, key);
		return { secret: new Uint8Array(sharedKey), enc: new Uint8Array(ciphertext) };
	},
	async decapsulate(seed, enc) {
		const subtle = kemSubtle();
		const key = await subtle.importKey("raw-seed", copyBytes(seed), name, false, ["decapsulateBits"]);
		return new Uint8Array(await subtle.decapsulateBits(name, key, copyBytes(enc)));
	},
};

/** X-Wing in JavaScript, for Firefox 153 and older browsers; loaded only there. Wire-compatible with {@link nativeXWing}. */
export async function loadJavaScriptXWing(): Promise<XWing> {
	const { XWing: Library } = await import("@hpke/hybridkem-x-wing");
	const library = new Library();
	const privateKey = (seed: Uint8Array) => library.deserializePrivateKey(copyBytes(seed).buffer);
	return {
		async publicKey(seed) {
			const pair = await library.generateKeyPairDerand(copyBytes(seed));
			return new Uint8Array(await library.serializePublicKey(pair.publicKey));
		},
		async encapsulate(publicKey) {
			const recipientPublicKey = await library.deserializePublicKey(copyBytes(publicKey).buffer);
			const { sharedSecret, enc } = await library.encap({ recipientPublicKey });
			return { secret: new Uint8Array(sharedSecret), enc: new Uint8Array(enc) };
		},
		async decapsulate(seed, enc) {
			const recipientKey = await privateKey(seed);
			return new Uint8Array(await library.decap({ recipientKey, enc: copyBytes(enc).buffer }));
		},
	};
}

let chosen: Promise<XWing> | undefined;

/** The native implementation where WebCrypto has it, else the JavaScript one; decided once. */
export function xWing(): Promise<XWing> {
	chosen ??= nativeXWing.publicKey(new Uint8Array(32)).then(() => nativeXWing, loadJavaScriptXWing);
	return chosen;
}
