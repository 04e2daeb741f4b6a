import { type Bytes, copyBytes, invariant, Secret, utf8 } from "@sotto/bytes";
import { argon2id } from "@noble/hashes/argon2.js";
import { nodeCrypto } from "./native.ts";

/** What deriving a key from a passphrase costs: Argon2id (RFC 9106) with this memory, over which it goes this often, in lanes. */
export type PassphraseCost = { readonly memoryKiB: number; readonly passes: number; readonly lanes: number };

/** RFC 9106 section 4, the second recommended: 64 MiB, 3 passes, 4 lanes. */
export const passphraseCost: PassphraseCost = { memoryKiB: 65_536, passes: 3, lanes: 4 };

/** What is computed for a file at all: whoever wrote it chose the cost, and must not choose how long a device is busy. */
export const passphraseCostBounds = {
	memoryKiB: { min: 8192, max: 262_144 },
	passes: { min: 1, max: 8 },
	lanes: { min: 1, max: 8 },
} as const;

export const passphraseSaltLength = 16;

/**
 * The key that a passphrase stands for. Spellings that look alike are one (Unicode NFKC). In a browser this keeps its thread busy
 * for seconds; Node computes beside it.
 */
export async function secretFromPassphrase(
	passphrase: string,
	salt: Uint8Array,
	cost: PassphraseCost,
): Promise<Secret> {
	invariant(salt.length === passphraseSaltLength, "a salt of 16 bytes");
	const message = utf8(passphrase.normalize("NFKC"));
	const key = await argon2(message, copyBytes(salt), cost);
	message.fill(0);
	return new Secret(key);
}

function argon2(message: Bytes, nonce: Bytes, { memoryKiB, passes, lanes }: PassphraseCost): Promise<Uint8Array> {
	const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
	const parameters = { message, nonce, parallelism: lanes, tagLength: 32, memory: memoryKiB, passes };
	if (nodeCrypto === undefined)
		return Promise.resolve(argon2id(message, nonce, { m: memoryKiB, t: passes, p: lanes, dkLen: 32 }));
	nodeCrypto.argon2("argon2id", parameters, (error, key) => (error === null ? resolve(key) : reject(error)));
	return promise;
}
