import { bytesToHex } from "@sotto/bytes";

// Platforms disagree about malformed keys: one throws on a small-order point, another computes with it. What counts in a
// conversation must be judged alike by all (C2), so the checks that matter are made here, in arithmetic that is the same everywhere.

const p = 2n ** 255n - 19n;

function littleEndian(bytes: Uint8Array): bigint {
	return BigInt(`0x${bytesToHex(bytes.toReversed())}`);
}

function fromHex(littleEndianHex: string): bigint {
	return BigInt(`0x${(littleEndianHex.match(/../g) ?? []).toReversed().join("")}`);
}

/** y-coordinates of the eight points of order 1, 2, 4 and 8 on edwards25519. */
const smallOrderY = new Set([
	0n,
	1n,
	p - 1n,
	fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
	fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]);

/** Whether an Ed25519 public key has 32 bytes, is canonical (y < p) and is not of small order. On-curve is for the importer. */
export function isUsableEd25519Key(key: Uint8Array): boolean {
	if (key.length !== 32) return false;
	const y = littleEndian(key) & (2n ** 255n - 1n);
	return y < p && !smallOrderY.has(y);
}

/** u-coordinates of the points of small order on curve25519 and its twist (RFC 7748 section 6.1; canonical forms). */
const smallOrderU = new Set([
	0n,
	1n,
	p - 1n,
	fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
	fromHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]);

/** Whether an X25519 public value has 32 bytes, is canonical and does not force an all-zero secret. */
export function isUsableX25519Key(key: Uint8Array): boolean {
	if (key.length !== 32) return false;
	const u = littleEndian(key);
	return u < p && !smallOrderU.has(u);
}

const mlKemKeyLength = 1184;
const mlKemCiphertextLength = 1088;
const mlKemModulus = 3329;

/**
 * Whether an X-Wing public key has 1,216 bytes and both halves can be encapsulated to: the modulus check of FIPS 203 7.2 on
 * the ML-KEM-768 part (a key of `ff` fails it), and {@link isUsableX25519Key}.
 */
export function isUsableXWingKey(key: Uint8Array): boolean {
	if (key.length !== mlKemKeyLength + 32) return false;
	for (let i = 0; i < mlKemKeyLength - 32; i += 3) {
		const [a, b, c] = [key[i] as number, key[i + 1] as number, key[i + 2] as number];
		if ((a | ((b & 15) << 8)) >= mlKemModulus || ((b >> 4) | (c << 4)) >= mlKemModulus) return false;
	}
	return isUsableX25519Key(key.subarray(mlKemKeyLength));
}

/** Whether an X-Wing ciphertext has 1,120 bytes and a usable X25519 part; ML-KEM accepts every 1,088 bytes. */
export function isUsableXWingCiphertext(ciphertext: Uint8Array): boolean {
	return (
		ciphertext.length === mlKemCiphertextLength + 32 && isUsableX25519Key(ciphertext.subarray(mlKemCiphertextLength))
	);
}
