import { type Bytes, concat, err, invariant, ok, type Result, type Secret, utf8 } from "@sotto/bytes";
import { hpkeKeySchedule, hpkeSuite, sealTo } from "./hpke.ts";
import { nodeCrypto } from "./native.ts";
import { isUsableX25519Key } from "./point-checks.ts";
import { x25519DecapsulateNow } from "./x25519.ts";

/** What a device hands to those who may wake it, readable by its notifier alone. Rule R1. */
export type RingAddress = {
	/** 32 bytes: the device, at its notifier. */
	readonly wakeId: Bytes;
	/** 16 bytes, one per holder of the address: the device can deny a tag. */
	readonly tag: Bytes;
	/** 0…255: what a ring by this address may do, in the notifier's contract. */
	readonly flags: number;
};

/** Bytes of a sealed address: enc (32), wake id (32), tag (16), flags (1), authentication tag (16). */
export const ringAddressLength = 97;
const info = utf8("sotto ring address");
const suite = hpkeSuite("X25519");

/** Seals an address to the notifier (HPKE base mode, X25519). 97 bytes. Error: `badPublicKey`. */
export function sealRingAddress(
	notifierPublicKey: Uint8Array,
	address: RingAddress,
): Promise<Result<Bytes, "badPublicKey">> {
	invariant(address.wakeId.length === 32 && address.tag.length === 16, "a wake id has 32 bytes, a tag 16");
	invariant(Number.isInteger(address.flags) && address.flags >= 0 && address.flags < 256, "flags are one byte");
	const plaintext = concat(address.wakeId, address.tag, new Uint8Array([address.flags]));
	return sealTo("X25519", notifierPublicKey, info, new Uint8Array(), plaintext);
}

/**
 * Opens an address by Node's synchronous calls (about 0.1 ms): for the notifier, which runs in Node. `keyPair` is the
 * notifier's. Error: `doesNotOpen`, whatever is wrong.
 */
export function openRingAddress(
	keyPair: { readonly publicKey: Uint8Array; readonly privateKey: Secret },
	sealed: Uint8Array,
): Result<RingAddress, "doesNotOpen"> {
	const enc = sealed.subarray(0, 32);
	if (sealed.length !== ringAddressLength || !isUsableX25519Key(enc)) return err("doesNotOpen");
	const shared = keyPair.privateKey.use((key) => x25519DecapsulateNow(key, keyPair.publicKey, enc));
	const { key, nonce } = hpkeKeySchedule(suite, shared, info);
	const plaintext = openNow(key, nonce, sealed.subarray(32));
	if (plaintext === undefined) return err("doesNotOpen");
	const flags = plaintext[48] as number;
	return ok({ wakeId: plaintext.slice(0, 32), tag: plaintext.slice(32, 48), flags });
}

function openNow(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Bytes | undefined {
	invariant(nodeCrypto !== undefined, "ring addresses are opened in Node");
	const decipher = nodeCrypto.createDecipheriv("aes-256-gcm", key, nonce);
	decipher.setAuthTag(sealed.subarray(sealed.length - 16));
	try {
		return concat(decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final());
	} catch {
		// A wrong tag makes final() throw: bad input.
		return undefined;
	}
}
