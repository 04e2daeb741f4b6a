/** Finds a QR code in a picture: the browser's own detector where there is one, jsQR elsewhere. */
import jsQR from "jsqr";

type Detector = { detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]> };
type DetectorClass = {
	new (options: { readonly formats: readonly string[] }): Detector;
	getSupportedFormats(): Promise<readonly string[]>;
};

let detector: Promise<Detector | undefined> | undefined;

async function makeDetector(): Promise<Detector | undefined> {
	const native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
	if (native === undefined) return undefined;
	try {
		const formats = await native.getSupportedFormats();
		return formats.includes("qr_code") ? new native({ formats: ["qr_code"] }) : undefined;
	} catch {
		return undefined;
	}
}

/** Larger pictures are scaled down: a code that fills a phone's photo is found sooner, and memory stays bounded. */
const longestSide = 1280;

function pixelsOf(source: CanvasImageSource, width: number, height: number): ImageData | undefined {
	const scale = Math.min(1, longestSide / Math.max(width, height));
	const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
	const context = canvas.getContext("2d", { willReadFrequently: true });
	if (context === null) return undefined;
	context.drawImage(source, 0, 0, canvas.width, canvas.height);
	return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The text of the first QR code in the picture, or undefined if there is none. */
export async function decodeQr(source: ImageBitmap | HTMLVideoElement): Promise<string | undefined> {
	detector ??= makeDetector();
	const native = await detector;
	if (native !== undefined) {
		try {
			const found = await native.detect(source);
			if (found[0] !== undefined) return found[0].rawValue;
		} catch {
			// Some systems offer the detector and then lack its service; jsQR below needs nothing.
		}
	}
	const [width, height] =
		source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
	if (width === 0 || height === 0) return undefined;
	const pixels = pixelsOf(source, width, height);
	if (pixels === undefined) return undefined;
	const text = jsQR(pixels.data, pixels.width, pixels.height)?.data;
	return text === undefined || text === "" ? undefined : text;
}
