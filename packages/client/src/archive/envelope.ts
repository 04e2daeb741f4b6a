import {
	type Bytes,
	bytesShape,
	concat,
	encodeCbor,
	equalBytes,
	err,
	integerShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type Secret,
	uint32,
	utf8,
} from "@sotto/bytes";
import {
	type AeadKey,
	openPart,
	partsKey,
	type PassphraseCost,
	passphraseCostBounds,
	passphraseSaltLength,
	sealedPartOverhead,
	sealPart,
	secretFromPassphrase,
} from "@sotto/crypto";

const magic = utf8("sotto archive 1\n");
const maxHeaderBytes = 128;
/** The most bytes of one part: nothing longer is read into memory at once. */
export const maxPartBytes = 1_048_576;

const { memoryKiB, passes, lanes } = passphraseCostBounds;
const headerShape = mapShape({
	salt: bytesShape(passphraseSaltLength, passphraseSaltLength),
	/** Missing: the key is no passphrase's, but a secret that its reader has. */
	argon2id: optional(
		mapShape({
			memoryKiB: integerShape(memoryKiB.min, memoryKiB.max),
			passes: integerShape(passes.min, passes.max),
			lanes: integerShape(lanes.min, lanes.max),
		}),
	),
});

/** What opens an archive: a passphrase, or a secret that was handed over. */
export type ArchiveKey =
	| { readonly kind: "passphrase"; readonly passphrase: string }
	| { readonly kind: "secret"; readonly secret: Secret };

/**
 * Seals an archive (docs/spec/archive.md): header, then each part under its place, the last one marked. Pieces of the file as they
 * become ready.
 */
export async function* sealArchive(
	key: ArchiveKey,
	options: { readonly salt: Bytes; readonly cost: PassphraseCost },
	parts: AsyncIterable<Bytes>,
): AsyncGenerator<Bytes> {
	const { salt, cost } = options;
	const header = encodeCbor(key.kind === "passphrase" ? { salt, argon2id: { ...cost } } : { salt });
	const start = concat(magic, uint32(header.length), header);
	const sealKey = await partsKey(await secretOf(key, salt, cost), start);
	yield start;
	let index = 0;
	let waiting: Bytes | undefined;
	const seal = async (part: Bytes, isLast: boolean) => {
		const sealed = await sealPart(sealKey, index++, isLast, part);
		return concat(uint32(sealed.length), sealed);
	};
	for await (const part of parts) {
		if (waiting !== undefined) yield await seal(waiting, false);
		waiting = part;
	}
	yield await seal(waiting ?? new Uint8Array(), true);
}

/** An archive whose header was understood. */
export type OpenedArchive = { readonly bytes: Uint8Array; readonly start: number; readonly key: AeadKey };

/**
 * Reads the header and derives the key. Errors: `badFile`, no archive, or one that asks for more than is computed for a file;
 * `wrongKey`, the first part does not open.
 */
export async function openArchive(
	bytes: Uint8Array,
	key: ArchiveKey,
): Promise<Result<OpenedArchive, "badFile" | "wrongKey">> {
	const lengthAt = magic.length;
	if (bytes.length < lengthAt + 4 || !equalBytes(bytes.subarray(0, lengthAt), magic)) return err("badFile");
	const length = uint32At(bytes, lengthAt);
	const start = lengthAt + 4 + length;
	if (length > maxHeaderBytes || start > bytes.length) return err("badFile");
	const header = parseCbor(headerShape, bytes.subarray(lengthAt + 4, start));
	if (!header.ok) return err("badFile");
	const { salt, argon2id } = header.value;
	if ((argon2id !== undefined) !== (key.kind === "passphrase")) return err("badFile");
	const secret = await secretOf(key, salt, argon2id);
	const opened = { bytes, start, key: await partsKey(secret, bytes.subarray(0, start)) };
	const end = endOfPart(bytes, start);
	if (end === undefined) return err("badFile");
	const first = bytes.subarray(start + 4, end);
	for (const isLast of [end === bytes.length, end !== bytes.length])
		if ((await openPart(opened.key, 0, isLast, first)).ok) return ok(opened);
	return err("wrongKey");
}

/** The parts in order, each with where it ends in the file. Ends behind the last one, or with an error: `badFile`. */
export async function* readArchive({
	bytes,
	start,
	key,
}: OpenedArchive): AsyncGenerator<Result<{ readonly part: Bytes; readonly end: number }, "badFile">> {
	for (let index = 0, at = start; at < bytes.length; index++) {
		const end = endOfPart(bytes, at);
		if (end === undefined) return yield err("badFile");
		const part = await openPart(key, index, end === bytes.length, bytes.subarray(at + 4, end));
		if (!part.ok) return yield err("badFile");
		yield ok({ part: part.value, end });
		at = end;
	}
	if (start === bytes.length) yield err("badFile");
}

function endOfPart(bytes: Uint8Array, at: number): number | undefined {
	if (bytes.length < at + 4) return undefined;
	const length = uint32At(bytes, at);
	const end = at + 4 + length;
	return length < sealedPartOverhead || length > maxPartBytes + sealedPartOverhead || end > bytes.length
		? undefined
		: end;
}

function uint32At(bytes: Uint8Array, at: number): number {
	return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

async function secretOf(key: ArchiveKey, salt: Bytes, cost: PassphraseCost | undefined): Promise<Secret> {
	if (key.kind === "secret" || cost === undefined) return (key as ArchiveKey & { kind: "secret" }).secret;
	return secretFromPassphrase(key.passphrase, salt, cost);
}
