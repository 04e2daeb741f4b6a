import { type Bytes, err, ok, type Result, Secret } from "@sotto/bytes";
import {
	type AppendCap,
	capHash,
	deriveLogId,
	hash,
	kdf,
	type LogCapHashes,
	type LogId,
	type OwnerCap,
	type ReadCap,
} from "@sotto/crypto";

/** Crockford's base 32: no I, L, O, U, so that what is read aloud is typed right. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const randomLength = 9;
const qrPrefix = "sotto-device-1:";
const maxTyped = 400;

/** What a person types to link a device: 45 random bits and a check character, `XXXXX-XXXXX` (D2). */
export type LinkingCode = string & { readonly "~brand": "LinkingCode" };

/** A code out of 9 unpredictable bytes. */
export function linkingCode(random: Uint8Array): LinkingCode {
	const letters = [...random.subarray(0, randomLength)].map((byte) => alphabet[byte & 31]).join("");
	return spell(letters + checkOf(letters));
}

/** What the QR code holds: the code and where its log is, for a device that knows several servers. */
export function linkingQr(code: LinkingCode, home: string): string {
	return `${qrPrefix}${code}@${home}`;
}

/** Reads what was typed or scanned. Small letters, blanks and dashes do not matter; a mistyped character is found. Error: `notACode`. */
export function parseLinkingCode(text: string): Result<LinkingCode, "notACode"> {
	if (text.length > maxTyped) return err("notACode");
	const typed = text.startsWith(qrPrefix) ? (text.slice(qrPrefix.length).split("@")[0] as string) : text;
	const letters = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
	const body = letters.slice(0, randomLength);
	const isCode = letters.length === randomLength + 1 && letters.split("").every((letter) => alphabet.includes(letter));
	return isCode && letters[randomLength] === checkOf(body) ? ok(spell(letters)) : err("notACode");
}

/** The log at home in which two devices meet, and the key that seals its records. All of it follows from the code. */
export type Rendezvous = {
	readonly logId: LogId;
	readonly hashes: LogCapHashes;
	readonly readCap: ReadCap;
	readonly appendCap: AppendCap;
	/** Whoever is done takes the log away. */
	readonly ownerCap: OwnerCap;
	readonly sealKey: Secret;
};

/**
 * Derives the meeting place. The home could find a code by trying all: what protects is the comparison of digits, and nothing
 * that stands in the log may be secret for another reason.
 */
export function rendezvousOf(code: LinkingCode): Rendezvous {
	const base: Bytes = hash("sotto linking code", new TextEncoder().encode(code));
	const secret = (label: string) => new Secret(kdf(base, label));
	const readCap = secret("read cap") as ReadCap;
	const appendCap = secret("append cap") as AppendCap;
	const ownerCap = secret("owner cap") as OwnerCap;
	const hashes = { read: capHash(readCap), append: capHash(appendCap), owner: capHash(ownerCap) };
	return { logId: deriveLogId(hashes), hashes, readCap, appendCap, ownerCap, sealKey: secret("seal key") };
}

function checkOf(letters: string): string {
	const digest = hash("sotto linking check", new TextEncoder().encode(letters));
	return alphabet[(digest[0] as number) & 31] as string;
}

function spell(letters: string): LinkingCode {
	return `${letters.slice(0, 5)}-${letters.slice(5)}` as LinkingCode;
}
