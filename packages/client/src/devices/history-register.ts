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
	taggedShape,
} from "@sotto/bytes";
import { parseBlobId, shapeOf } from "@sotto/crypto";

/** Bytes of the archive in one blob; a blob's own sealing and padding come on top. */
export const historyBlobBytes = 2_000_000;
const maxBlobs = 600;

const historyShape = taggedShape("type", {
	/** Where the history lies that an older device hands to a new one. */
	handed: mapShape({
		type: literalShape("handed"),
		/** Opens the archive. */
		secret: bytesShape(32, 32),
		/** Its bytes, in order. */
		blobs: listShape(mapShape({ blobId: shapeOf(parseBlobId), key: bytesShape(32, 32) }), maxBlobs),
		/** Parts of the archive: what progress is shown of. */
		parts: integerShape(1, 2 ** 32),
	}),
	/** The new device could not open what it was handed, and asks the device `from` for it once more. */
	again: mapShape({ type: literalShape("again"), from: bytesShape(32, 32) }),
});
/** What two devices of an account say of a history, in the register of the one that gets it. Empty once it has it. */
export type History = ShapeOf<typeof historyShape>;
export type HandedHistory = History & { readonly type: "handed" };

export const historyTable = "history/";

export function historyRegister(device: Uint8Array): string {
	return historyTable + bytesToBase64url(device);
}

export function encodeHistory(history: History): Bytes {
	const plain = history.type === "again" ? history : { ...history, blobs: history.blobs.map((blob) => ({ ...blob })) };
	return encodeCbor(plain as CborValue);
}

export function decodeHistory(bytes: Uint8Array | undefined): History | undefined {
	const history = bytes === undefined ? undefined : parseCbor(historyShape, bytes);
	return history?.ok ? history.value : undefined;
}
