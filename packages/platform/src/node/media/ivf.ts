import { type Bytes, copyBytes, err, ok, type Result } from "@sotto/bytes";

/** A picture of an IVF file, and when it is shown, in ms from the file's beginning. */
export type FilePicture = { readonly frame: Bytes; readonly atMs: number; readonly isKeyFrame: boolean };
export type PictureFile = {
	readonly codec: "vp8" | "vp9";
	readonly width: number;
	readonly height: number;
	readonly pictures: readonly FilePicture[];
};
export type IvfError = "notIvf" | "otherCodec" | "damaged" | "tooLarge";

const headBytes = 32;
const frameHeadBytes = 12;

/** Reads an IVF file of VP8 or VP9, as `ffmpeg -c:v libvpx-vp9 out.ivf` writes it. `maxFrame`: the largest picture that can be sent. */
export function readIvf(file: Uint8Array, maxFrame: number): Result<PictureFile, IvfError> {
	const view = new DataView(file.buffer, file.byteOffset, file.length);
	if (file.length < headBytes || view.getUint32(0) !== 0x444b_4946) return err("notIvf");
	const codec = new Map([
		[0x5650_3830, "vp8"],
		[0x5650_3930, "vp9"],
	] as const).get(view.getUint32(8) as 0x5650_3830 | 0x5650_3930);
	if (codec === undefined) return err("otherCodec");
	// The time base: a picture's number times `scale / rate` is when it is shown, in seconds.
	const rate = view.getUint32(16, true);
	const scale = view.getUint32(20, true);
	if (rate === 0 || scale === 0) return err("damaged");
	const pictures: FilePicture[] = [];
	let at = view.getUint16(6, true);
	while (at + frameHeadBytes <= file.length) {
		const size = view.getUint32(at, true);
		const from = at + frameHeadBytes;
		if (size === 0 || from + size > file.length) return err("damaged");
		if (size > maxFrame) return err("tooLarge");
		const frame = copyBytes(file.subarray(from, from + size));
		const atMs = (Number(view.getBigUint64(at + 4, true)) * scale * 1000) / rate;
		pictures.push({ frame, atMs, isKeyFrame: isKeyFrame(codec, frame) });
		at = from + size;
	}
	if (pictures[0]?.isKeyFrame !== true) return err("damaged");
	return ok({ codec, width: view.getUint16(12, true), height: view.getUint16(14, true), pictures });
}

function isKeyFrame(codec: "vp8" | "vp9", frame: Bytes): boolean {
	const first = frame[0] ?? 0;
	// RFC 6386 9.1: the lowest bit is 0. VP9 bitstream 6.2: marker 10, profile (2 bits, 0), show_existing 0, then frame_type 0.
	return codec === "vp8" ? (first & 1) === 0 : (first & 0xfc) === 0x80;
}
