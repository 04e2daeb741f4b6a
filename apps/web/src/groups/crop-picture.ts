/** Makes a group's picture out of any picture file: its middle square, scaled and squeezed until it may be sent. */

/** What the engine takes at most. */
export const mostPictureBytes = 12 * 1024;

/** Tried in this order; even noise fits at the end. */
const attempts = [256, 192, 128, 96].flatMap((side) => [0.85, 0.7, 0.5, 0.3].map((quality) => ({ side, quality })));

function drawSquare(picture: ImageBitmap, side: number): OffscreenCanvas | undefined {
	const canvas = new OffscreenCanvas(side, side);
	const context = canvas.getContext("2d");
	if (context === null) return undefined;
	const cut = Math.min(picture.width, picture.height);
	context.imageSmoothingQuality = "high";
	// What shines through becomes white, not black, where the format knows no transparency.
	context.fillStyle = "white";
	context.fillRect(0, 0, side, side);
	context.drawImage(picture, (picture.width - cut) / 2, (picture.height - cut) / 2, cut, cut, 0, 0, side, side);
	return canvas;
}

/** WebP, or JPEG where the browser writes no WebP: it would answer with a PNG then. */
async function encode(canvas: OffscreenCanvas, quality: number): Promise<Blob> {
	const webp = await canvas.convertToBlob({ type: "image/webp", quality });
	return webp.type === "image/webp" ? webp : canvas.convertToBlob({ type: "image/jpeg", quality });
}

/** At most {@link mostPictureBytes}; undefined if the file is no picture that this browser reads. Drops place and camera. */
export async function cropPicture(file: Blob): Promise<Uint8Array<ArrayBuffer> | undefined> {
	try {
		const picture = await createImageBitmap(file);
		try {
			for (const { side, quality } of attempts) {
				const canvas = drawSquare(picture, side);
				if (canvas === undefined) return undefined;
				const blob = await encode(canvas, quality);
				if (blob.size <= mostPictureBytes) return new Uint8Array(await blob.arrayBuffer());
			}
			return undefined;
		} finally {
			picture.close();
		}
	} catch {
		return undefined;
	}
}
