import { type Bytes, copyBytes, err, ok, padTo, type Result, Secret, unpad } from "@sotto/bytes";
import { importAeadKey, streamNonce } from "./aead.ts";
import { kdfWith, randomBytes } from "./hash.ts";

/** Bytes of plaintext in every chunk but the last. */
export const blobChunkLength = 65536;
const tagLength = 16;
const saltLength = 16;
const sealedChunkLength = blobChunkLength + tagLength;

/** Bytes of a sealed blob, all that are possible: 2^k and 3·2^(k-1) from 4 KiB to 64 MiB. */
export const blobSizes: readonly number[] = Array.from({ length: 29 }, (_, i) =>
	i % 2 === 0 ? 4096 * 2 ** (i / 2) : 4096 * 1.5 * 2 ** ((i - 1) / 2),
);
export const maxBlobSize = 64 * 1024 * 1024;

export function isBlobSize(sealedLength: number): boolean {
	return blobSizes.includes(sealedLength);
}

/** A fresh key for one blob. */
export function newBlobKey(): Secret {
	return new Secret(randomBytes(32));
}

/**
 * Seals a blob: `salt (16) || chunk …`, each chunk AES-256-GCM of 64 KiB (the last one shorter) under a key derived from blob
 * key and salt; the nonce is the chunk's place and whether it is the last (the STREAM construction), so chunks cannot be
 * moved, dropped or cut off. The salt comes from the content, so a retry gives the same bytes and no key ever seals two
 * contents. In all exactly one of {@link blobSizes}. Error: `tooLarge`.
 */
export async function sealBlob(key: Secret, content: Uint8Array): Promise<Result<Bytes, "tooLarge">> {
	const size = blobSizes.find((candidate) => plaintextLength(candidate) >= content.length + 4);
	if (size === undefined) return err("tooLarge");
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", copyBytes(content)));
	const salt = kdfWith(key, "sotto blob salt", [digest], saltLength);
	const chunkKey = await deriveChunkKey(key, salt);
	const padded = padTo(content, plaintextLength(size));
	const sealed = new Uint8Array(size);
	sealed.set(salt);
	for (let i = 0; i < chunkCount(size); i++) {
		const chunk = padded.slice(i * blobChunkLength, (i + 1) * blobChunkLength);
		const parameters = { name: "AES-GCM", iv: streamNonce(i, i === chunkCount(size) - 1) };
		sealed.set(
			new Uint8Array(await crypto.subtle.encrypt(parameters, chunkKey, chunk)),
			saltLength + i * sealedChunkLength,
		);
	}
	return ok(sealed);
}

/** The inverse of {@link sealBlob}. Error: `doesNotOpen` for another size, another key, or anything altered, moved or missing. */
export async function openBlob(key: Secret, sealed: Uint8Array): Promise<Result<Bytes, "doesNotOpen">> {
	if (!isBlobSize(sealed.length)) return err("doesNotOpen");
	const chunkKey = await deriveChunkKey(key, sealed.subarray(0, saltLength));
	const padded = new Uint8Array(plaintextLength(sealed.length));
	const count = chunkCount(sealed.length);
	for (let i = 0; i < count; i++) {
		const from = saltLength + i * sealedChunkLength;
		const parameters = { name: "AES-GCM", iv: streamNonce(i, i === count - 1) };
		try {
			const chunk = copyBytes(sealed.subarray(from, from + sealedChunkLength));
			padded.set(new Uint8Array(await crypto.subtle.decrypt(parameters, chunkKey, chunk)), i * blobChunkLength);
		} catch {
			// WebCrypto throws OperationError on a wrong tag: bad input.
			return err("doesNotOpen");
		}
	}
	const content = unpad(padded);
	return content.ok ? content : err("doesNotOpen");
}

function chunkCount(size: number): number {
	return Math.ceil((size - saltLength) / sealedChunkLength);
}

function plaintextLength(size: number): number {
	return size - saltLength - tagLength * chunkCount(size);
}

function deriveChunkKey(key: Secret, salt: Uint8Array): Promise<CryptoKey> {
	return importAeadKey(kdfWith(key, "sotto blob chunks", [salt]));
}
