import { readUint16, writeUint16 } from "./packet.ts";

/**
 * What the room reads of a picture's packet: the RTP payload descriptor (VP9: RFC 9628 section 4.2; VP8: RFC 7741 section
 * 4.2) and nothing behind it, because what follows is sealed. Of VP8 the first payload byte is clear (sframe.md): it tells key
 * frames, which VP9's descriptor does by itself. Filled anew by each {@link readPicture}. Offsets are into the packet, -1: absent.
 */
export type PictureView = {
	/** The packet begins a key frame: whoever gets this one first can decode. */
	startsKeyFrame: boolean;
	pictureIdOffset: number;
	/** 15 bits, otherwise 7. */
	isPictureIdLong: boolean;
	pictureId: number;
	baseLayerIndexOffset: number;
	baseLayerIndex: number;
};

export function createPictureView(): PictureView {
	return {
		startsKeyFrame: false,
		pictureIdOffset: -1,
		isPictureIdLong: false,
		pictureId: 0,
		baseLayerIndexOffset: -1,
		baseLayerIndex: 0,
	};
}

export type PictureCodec = "vp8" | "vp9";

/** Reads the descriptor in `packet[from..end)`. False when it is cut off; `view` is then meaningless. */
export function readPicture(
	codec: PictureCodec,
	packet: Uint8Array,
	from: number,
	end: number,
	view: PictureView,
): boolean {
	view.startsKeyFrame = false;
	view.pictureIdOffset = -1;
	view.baseLayerIndexOffset = -1;
	if (from >= end) return false;
	return codec === "vp9" ? readVp9(packet, from, end, view) : readVp8(packet, from, end, view);
}

function readVp9(packet: Uint8Array, from: number, end: number, view: PictureView): boolean {
	const flags = packet[from] as number;
	let at = from + 1;
	if ((flags & 0x80) !== 0) {
		at = readPictureId(packet, at, end, view);
		if (at < 0) return false;
	}
	let spatialLayer = 0;
	if ((flags & 0x20) !== 0) {
		const isFlexible = (flags & 0x10) !== 0;
		if (at + (isFlexible ? 1 : 2) > end) return false;
		spatialLayer = ((packet[at] as number) >> 1) & 7;
		at++;
		if (!isFlexible) {
			view.baseLayerIndexOffset = at;
			view.baseLayerIndex = packet[at] as number;
		}
	}
	const isPredicted = (flags & 0x40) !== 0;
	const beginsFrame = (flags & 0x08) !== 0;
	view.startsKeyFrame = !isPredicted && beginsFrame && spatialLayer === 0;
	return true;
}

function readVp8(packet: Uint8Array, from: number, end: number, view: PictureView): boolean {
	const first = packet[from] as number;
	let at = from + 1;
	if ((first & 0x80) !== 0) {
		if (at >= end) return false;
		const flags = packet[at] as number;
		at++;
		if ((flags & 0x80) !== 0) {
			at = readPictureId(packet, at, end, view);
			if (at < 0) return false;
		}
		if ((flags & 0x40) !== 0) {
			if (at >= end) return false;
			view.baseLayerIndexOffset = at;
			view.baseLayerIndex = packet[at] as number;
			at++;
		}
		if ((flags & 0x30) !== 0) at++;
	}
	// S bit and partition 0: the frame begins here, and its first byte says (inverted) whether it is a key frame.
	const beginsFrame = (first & 0x10) !== 0 && (first & 0x07) === 0;
	view.startsKeyFrame = beginsFrame && at < end && ((packet[at] as number) & 1) === 0;
	return at <= end;
}

/** Returns what is behind the picture id, or -1 when the packet ends in it. */
function readPictureId(packet: Uint8Array, at: number, end: number, view: PictureView): number {
	if (at >= end) return -1;
	view.pictureIdOffset = at;
	view.isPictureIdLong = ((packet[at] as number) & 0x80) !== 0;
	if (!view.isPictureIdLong) {
		view.pictureId = packet[at] as number;
		return at + 1;
	}
	if (at + 2 > end) return -1;
	view.pictureId = readUint16(packet, at) & 0x7fff;
	return at + 2;
}

/** Writes picture id and base layer index (TL0PICIDX), shifted, over those that `view` was read from. */
export function writePicture(
	packet: Uint8Array,
	view: Readonly<PictureView>,
	pictureShift: number,
	baseLayerShift: number,
): void {
	if (view.pictureIdOffset >= 0) {
		const at = view.pictureIdOffset;
		if (view.isPictureIdLong) writeUint16(packet, at, 0x8000 | ((view.pictureId + pictureShift) & 0x7fff));
		else packet[at] = (view.pictureId + pictureShift) & 0x7f;
	}
	if (view.baseLayerIndexOffset >= 0) packet[view.baseLayerIndexOffset] = (view.baseLayerIndex + baseLayerShift) & 0xff;
}
