import {
	type Bytes,
	concat,
	err,
	isRecordSize,
	ok,
	padTo,
	recordSizeFor,
	type Result,
	Secret,
	unpad,
	utf8,
} from "@sotto/bytes";
import { hash, kdf } from "./hash.ts";
import { openFrom, sealTo } from "./hpke.ts";
import type { LogId } from "./ids.ts";
import { openRecord, sealRecord } from "./records.ts";

/** `k = H("sotto link", accountPublicKey, r)`: the link's commitment to the account key; `r` is 32 random bytes in the profile. Rule P1. */
export function profileKey(accountKey: Uint8Array, r: Uint8Array): Secret {
	return new Secret(hash("sotto link", accountKey, r));
}

/** Seals a profile version as a record under `KDF(k, "profile")`. Rule P1. Error: `tooLarge`. */
export function sealProfile(k: Secret, content: Uint8Array): Promise<Result<Bytes, "tooLarge">> {
	return sealRecord(new Secret(kdf(k, "profile")), content);
}

/** The inverse of {@link sealProfile}. Error: `doesNotOpen`. */
export function openProfile(k: Secret, record: Uint8Array): Promise<Result<Bytes, "doesNotOpen">> {
	return openRecord(new Secret(kdf(k, "profile")), record);
}

const overhead = 1120 + 16;
const mailboxInfo = (logId: LogId): Bytes => concat(utf8("sotto mailbox"), logId);

/**
 * Seals a record to a mailbox (HPKE, X-Wing), bound to the mailbox's log: `enc || ciphertext || tag`, in all exactly a
 * record size. Rule P3. Errors: `tooLarge`; `badPublicKey`.
 */
export async function sealMailbox(
	mailbox: { readonly publicKey: Uint8Array; readonly logId: LogId },
	content: Uint8Array,
): Promise<Result<Bytes, "tooLarge" | "badPublicKey">> {
	const size = recordSizeFor(content.length + 4 + overhead);
	if (!size.ok) return size;
	const padded = padTo(content, size.value - overhead);
	return sealTo("X-Wing", mailbox.publicKey, mailboxInfo(mailbox.logId), new Uint8Array(), padded);
}

/** The inverse of {@link sealMailbox}. Error: `doesNotOpen`. */
export async function openMailbox(
	mailbox: { readonly privateKey: Secret; readonly logId: LogId },
	record: Uint8Array,
): Promise<Result<Bytes, "doesNotOpen">> {
	if (!isRecordSize(record.length)) return err("doesNotOpen");
	const opened = await openFrom("X-Wing", mailbox.privateKey, mailboxInfo(mailbox.logId), new Uint8Array(), record);
	if (!opened.ok) return opened;
	const content = unpad(opened.value);
	return content.ok ? ok(content.value) : err("doesNotOpen");
}
