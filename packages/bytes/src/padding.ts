import type { Bytes } from "./brand.ts";
import { err, invariant, ok, type Result } from "./result.ts";

/** Sizes in bytes that a record may have on the wire and on disk: docs/spec/logs.md, L2. */
export const recordSizes = [2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288] as const;
export const maxRecordSize = 524288;

export function isRecordSize(size: number): boolean {
	return (recordSizes as readonly number[]).includes(size);
}

/** The smallest record size that holds `size` bytes. */
export function recordSizeFor(size: number): Result<number, "tooLarge"> {
	const found = recordSizes.find((candidate) => candidate >= size);
	return found === undefined ? err("tooLarge") : ok(found);
}

/** `length (4 bytes, big-endian) || content || zeros`, `size` bytes in all. */
export function padTo(content: Uint8Array, size: number): Bytes {
	invariant(content.length + 4 <= size, "padded content fits its size");
	const padded = new Uint8Array(size);
	new DataView(padded.buffer).setUint32(0, content.length);
	padded.set(content, 4);
	return padded;
}

/** The inverse of {@link padTo}; every padding byte must be zero. */
export function unpad(padded: Uint8Array): Result<Bytes, "badPadding"> {
	if (padded.length < 4) return err("badPadding");
	const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
	if (length > padded.length - 4) return err("badPadding");
	for (let i = 4 + length; i < padded.length; i++) if (padded[i] !== 0) return err("badPadding");
	return ok(padded.slice(4, 4 + length));
}
