import { base64urlToBytes, bytesToBase64url, compareBytes, concat, equalBytes } from "@sotto/bytes";
import { type AccountKey, hash } from "@sotto/crypto";

const rounds = 5200;
const prefix = "sotto-safety-1:";

/**
 * The number that two people compare: 12 groups of 5 digits, the same on both sides. Each account key gives six groups, by a
 * hash iterated 5,200 times so that a colliding key costs that much more to search for; the lower key's come first.
 */
export function safetyNumber(one: AccountKey, other: AccountKey): readonly string[] {
	return sorted(one, other).flatMap(digitsOf);
}

/** What the QR code of a safety number holds. */
export function safetyQr(one: AccountKey, other: AccountKey): string {
	return prefix + bytesToBase64url(concat(...sorted(one, other)));
}

/** Whether a scanned QR code is the one of these two keys. */
export function matchesSafetyQr(one: AccountKey, other: AccountKey, scanned: string): boolean {
	if (!scanned.startsWith(prefix)) return false;
	const bytes = base64urlToBytes(scanned.slice(prefix.length), 64);
	return bytes.ok && equalBytes(bytes.value, concat(...sorted(one, other)));
}

function sorted(one: AccountKey, other: AccountKey): readonly AccountKey[] {
	return [one, other].toSorted(compareBytes);
}

function digitsOf(account: AccountKey): readonly string[] {
	let digest = hash("sotto safety number", account);
	for (let round = 1; round < rounds; round++) digest = hash("sotto safety number", digest, account);
	return [0, 5, 10, 15, 20, 25].map((at) => {
		const value = digest.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
		return String(value % 100_000).padStart(5, "0");
	});
}
