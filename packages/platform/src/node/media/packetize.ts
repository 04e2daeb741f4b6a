import { type Bytes, concat, copyBytes } from "@sotto/bytes";

/** A picture of an encoded file, sealed: what its packets must say beside its bytes. */
export type SealedPicture = {
	readonly codec: "vp8" | "vp9";
	readonly frame: Bytes;
	readonly isKeyFrame: boolean;
	readonly width: number;
	readonly height: number;
	/** Counts the pictures sent; 15 bits of it are shown. */
	readonly pictureId: number;
};

/** Sealed bytes in one packet, so that with all headers it stays below any path's 1,280 bytes. */
const maxPayload = 1_100;

/** The payloads of a picture's RTP packets, in order: a descriptor each, and a part of the frame. The last one is marked. */
export function packetizePicture(picture: SealedPicture): readonly Bytes[] {
	const describe = picture.codec === "vp9" ? vp9Descriptor : vp8Descriptor;
	const { frame } = picture;
	const count = Math.max(1, Math.ceil(frame.length / maxPayload));
	return Array.from({ length: count }, (_, index) => {
		const part = copyBytes(frame.subarray(index * maxPayload, (index + 1) * maxPayload));
		return concat(describe(picture, index === 0, index === count - 1), part);
	});
}

const bits = (...flags: readonly boolean[]) => flags.reduce((byte, flag) => (byte << 1) | Number(flag), 0);
const pictureIdBytes = (id: number) => [0x80 | ((id >> 8) & 0x7f), id & 0xff];

/**
 * RFC 9628 4.2, non-flexible mode, one layer: I P L F B E V Z, a picture id, and with a key frame the scalability structure,
 * which holds the size that the sealed bytes hide from the depacketizer.
 */
function vp9Descriptor(picture: SealedPicture, isFirst: boolean, isLast: boolean): Bytes {
	const { isKeyFrame, width, height, pictureId } = picture;
	const hasStructure = isKeyFrame && isFirst;
	const first = bits(true, !isKeyFrame, false, false, isFirst, isLast, hasStructure, false);
	const size = (value: number) => [(value >> 8) & 0xff, value & 0xff];
	// N_S = 0 (one spatial layer), Y = 1 (its size follows), G = 0.
	const structure = hasStructure ? [0x10, ...size(width), ...size(height)] : [];
	return new Uint8Array([first, ...pictureIdBytes(pictureId), ...structure]);
}

/** RFC 7741 4.2: X R N S R PID, then the extension I with a picture id of 15 bits. */
function vp8Descriptor({ pictureId }: SealedPicture, isFirst: boolean): Bytes {
	return new Uint8Array([0x80 | (isFirst ? 0x10 : 0), 0x80, ...pictureIdBytes(pictureId)]);
}
