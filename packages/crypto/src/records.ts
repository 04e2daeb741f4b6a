import {
	type Bytes,
	err,
	invariant,
	isRecordSize,
	maxRecordSize,
	ok,
	padTo,
	recordSizeFor,
	type Result,
	type Secret,
	unpad,
	utf8,
} from "@sotto/bytes";
import { type AeadKey, aeadOpen, aeadOverhead, aeadSeal } from "./aead.ts";

const recordLabel = utf8("sotto record");
const hintLabel = utf8("sotto hint");

/** The most content, in bytes, that fits into one record. */
export const maxRecordContent = maxRecordSize - aeadOverhead - 4;
/** Bytes of plaintext in a ring's hint. */
export const hintContentLength = 36;
/** Bytes of a sealed hint. */
export const hintLength = hintContentLength + aeadOverhead;

/**
 * Seals content as a record: `nonce || AES-256-GCM(length || content || zeros) || tag`, in all exactly one of the record
 * sizes (2 KiB to 512 KiB, L2). Sealing the same content twice gives two different records.
 * Error: `tooLarge` above {@link maxRecordContent}.
 */
export async function sealRecord(sealKey: AeadKey | Secret, content: Uint8Array): Promise<Result<Bytes, "tooLarge">> {
	const size = recordSizeFor(content.length + 4 + aeadOverhead);
	return size.ok ? ok(await aeadSeal(sealKey, padTo(content, size.value - aeadOverhead), recordLabel)) : size;
}

/** The inverse of {@link sealRecord}. Error: `doesNotOpen` for another size, another key or anything altered. */
export async function openRecord(sealKey: AeadKey | Secret, record: Uint8Array): Promise<Result<Bytes, "doesNotOpen">> {
	if (!isRecordSize(record.length)) return err("doesNotOpen");
	const opened = await aeadOpen(sealKey, record, recordLabel);
	if (!opened.ok) return opened;
	const content = unpad(opened.value);
	return content.ok ? content : err("doesNotOpen");
}

/** Seals exactly {@link hintContentLength} bytes for a ring; the result is exactly {@link hintLength} (64) bytes. */
export function sealHint(hintKey: AeadKey | Secret, content: Uint8Array): Promise<Bytes> {
	invariant(content.length === hintContentLength, "a hint has one size");
	return aeadSeal(hintKey, content, hintLabel);
}

/** The inverse of {@link sealHint}. Error: `doesNotOpen`; a hint is advice, so the client then syncs everything (R3). */
export async function openHint(hintKey: AeadKey | Secret, hint: Uint8Array): Promise<Result<Bytes, "doesNotOpen">> {
	return hint.length === hintLength ? aeadOpen(hintKey, hint, hintLabel) : err("doesNotOpen");
}
