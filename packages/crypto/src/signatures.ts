import { base64urlToBytes, type Bytes, concat, copyBytes, invariant, Secret, utf8 } from "@sotto/bytes";
import { isUsableEd25519Key } from "./point-checks.ts";
import { randomBytes } from "./hash.ts";
import { encodeVector } from "./tls-vector.ts";

/** An Ed25519 key pair; the private part is the 32-byte seed of RFC 8032. */
export type SigningKey = { readonly publicKey: Bytes; readonly privateKey: Secret };

/** A fresh Ed25519 key pair. */
export function generateSigningKey(): Promise<SigningKey> {
	return signingKeyFromSeed(new Secret(randomBytes(32)));
}

/** The key pair of a 32-byte seed (RFC 8032 5.1.5), as read from storage or derived by {@link kdf}. */
export async function signingKeyFromSeed(seed: Secret): Promise<SigningKey> {
	invariant(seed.length === 32, "an Ed25519 seed has 32 bytes");
	const key = await importSeed(seed, true);
	const { x } = (await crypto.subtle.exportKey("jwk", key)) as unknown as { x: string };
	const publicKey = base64urlToBytes(x, 32);
	invariant(publicKey.ok, "WebCrypto writes base64url");
	return { publicKey: publicKey.value, privateKey: seed };
}

/**
 * Signs `message` under `label`: Ed25519 over the SignContent structure of RFC 9420 5.1.2 with the prefix "Sotto 1.0 ", so
 * that a signature made for one purpose is none for another. 64 bytes.
 */
export function sign(label: string, key: SigningKey | Secret, message: Uint8Array): Promise<Bytes> {
	return signBytes(key instanceof Secret ? key : key.privateKey, signContent(label, message));
}

/** A seed as a key that cannot be exported: what the engine may hand to the page, which then signs with {@link signWith}. */
export function importSigningKey(seed: Secret): Promise<CryptoKey> {
	return importSeed(seed, false);
}

/** {@link sign} with a key of {@link importSigningKey}. */
export async function signWith(label: string, key: CryptoKey, message: Uint8Array): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.sign("Ed25519", key, signContent(label, message)));
}

/**
 * Whether `signature` is `publicKey`'s over `message` under `label`. False for malformed keys and signatures too. Small-order
 * and non-canonical keys are refused before the platform is asked, because platforms differ on them.
 */
export function verify(
	label: string,
	publicKey: Uint8Array,
	message: Uint8Array,
	signature: Uint8Array,
): Promise<boolean> {
	return verifyBytes(publicKey, signContent(label, message), signature);
}

function signContent(label: string, content: Uint8Array): Bytes {
	return concat(encodeVector(utf8(`Sotto 1.0 ${label}`)), encodeVector(content));
}

/** Plain Ed25519 over `message`. The MLS provider adds its own labels; everything else uses {@link sign}. */
export async function signBytes(seed: Secret, message: Uint8Array): Promise<Bytes> {
	const key = await importSeed(seed, false);
	return new Uint8Array(await crypto.subtle.sign("Ed25519", key, copyBytes(message)));
}

/** Plain Ed25519 verification with the key checks of {@link verify}. */
export async function verifyBytes(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
	if (signature.length !== 64 || !isUsableEd25519Key(publicKey)) return false;
	try {
		const key = await crypto.subtle.importKey("raw", copyBytes(publicKey), "Ed25519", false, ["verify"]);
		return await crypto.subtle.verify("Ed25519", key, copyBytes(signature), copyBytes(message));
	} catch {
		// A key that is no point on the curve does not import: bad input.
		return false;
	}
}

// RFC 8410 section 7: the PKCS #8 wrapping of an Ed25519 seed. WebCrypto imports no raw private key.
const pkcs8Prefix = new Uint8Array([0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32]);

function importSeed(seed: Secret, extractable: boolean): Promise<CryptoKey> {
	return seed.use((bytes) =>
		crypto.subtle.importKey("pkcs8", concat(pkcs8Prefix, bytes), "Ed25519", extractable, ["sign"]),
	);
}
