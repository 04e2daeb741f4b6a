import {
	bytesToBase64url,
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	parseCbor,
	type ShapeOf,
} from "@sotto/bytes";
import { parseBlobId, shapeOf } from "@sotto/crypto";

/** Bytes of the archive in one blob; a blob's own sealing and padding come on top. */
export const historyBlobBytes = 2_000_000;
const maxBlobs = 600;

const historyShape = mapShape({
	v: literalShape(1),
	/** Opens the archive. */
	secret: bytesShape(32, 32),
	/** Its bytes, in order. */
	blobs: listShape(mapShape({ blobId: shapeOf(parseBlobId), key: bytesShape(32, 32) }), maxBlobs),
	/** Parts of the archive: what progress is shown of. */
	parts: integerShape(1, 2 ** 32),
});
/** Where the history lies that an older device hands to a new one: the register of that device. Empty once it has it. */
export type HandedHistory = ShapeOf<typeof historyShape>;

export const historyTable = "history/";

export function historyRegister(device: Uint8Array): string {
	return historyTable + bytesToBase64url(device);
}

export function encodeHistory(history: HandedHistory): Bytes {
	return encodeCbor({ ...history, blobs: history.blobs.map((blob) => ({ ...blob })) } as CborValue);
}

export function decodeHistory(bytes: Uint8Array | undefined): HandedHistory | undefined {
	const history = bytes === undefined ? undefined : parseCbor(historyShape, bytes);
	return history?.ok ? history.value : undefined;
}
