import { type Bytes, Secret } from "@sotto/bytes";
import { hash, kdfWith, type LogId } from "@sotto/crypto";

/** Digits that both users compare: a server in the middle has one try in 10^6 per code. */
export const digitCount = 6;

/** What both sides have seen when they hold the shared secret. */
export type Exchange = {
	readonly logId: LogId;
	/** The new device's ephemeral key. */
	readonly publicKey: Bytes;
	/** The secret, sealed to it. */
	readonly sealed: Bytes;
	readonly commitment: Bytes;
};

/** Commits the existing device to its nonce before it knows the other's. */
export function commitTo(nonce: Uint8Array, exchange: Omit<Exchange, "commitment">): Bytes {
	return hash("sotto linking commitment", nonce, exchange.logId, exchange.publicKey, exchange.sealed);
}

export type ChannelKeys = { readonly fromNew: Secret; readonly fromExisting: Secret };

/** One key for each direction; with the nonces once both are known. */
export function channelKeys(secret: Secret, exchange: Exchange, nonces: readonly Uint8Array[]): ChannelKeys {
	const context = [exchange.logId, exchange.publicKey, exchange.sealed, exchange.commitment, ...nonces];
	const key = (label: string) => new Secret(kdfWith(secret, label, context));
	return { fromNew: key("sotto linking new"), fromExisting: key("sotto linking existing") };
}

/**
 * The short authentication string over everything that was exchanged. Each side's nonce was fixed before it saw the other's, so
 * that nobody in between can steer the two strings towards each other.
 */
export function digitsOf(
	exchange: Exchange,
	nonces: { readonly ofNew: Uint8Array; readonly ofExisting: Uint8Array },
): string {
	const { logId, publicKey, sealed, commitment } = exchange;
	const digest = hash("sotto linking digits", logId, publicKey, sealed, commitment, nonces.ofNew, nonces.ofExisting);
	const number = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % 10n ** BigInt(digitCount);
	return number.toString().padStart(digitCount, "0");
}
