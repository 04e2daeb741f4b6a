import { open } from "node:fs/promises";
import { seeded } from "../../seeded.ts";

/** Less than the product asks a camera for: four encoders and decoders have to go on two cores beside the rest. */
const [width, height, rate, frames] = [640, 360, 15, 45];
const side = 512;

/** Smooth noise from 0 to 255 that goes on at its edges: what a room looks like to an encoder, no plain areas. */
function texture(chance: () => number): Uint8Array {
	const sum = new Float64Array(side * side);
	for (const [cells, weight] of [
		[8, 0.5],
		[32, 0.3],
		[128, 0.2],
	] as const) {
		const grid = Float64Array.from({ length: cells * cells }, chance);
		const at = (x: number, y: number) => grid[(y % cells) * cells + (x % cells)] as number;
		for (let y = 0; y < side; y++)
			for (let x = 0; x < side; x++) {
				const [gx, gy] = [(x * cells) / side, (y * cells) / side];
				const [ix, iy] = [Math.floor(gx), Math.floor(gy)];
				const [fx, fy] = [gx - ix, gy - iy];
				const top = at(ix, iy) * (1 - fx) + at(ix + 1, iy) * fx;
				const bottom = at(ix, iy + 1) * (1 - fx) + at(ix + 1, iy + 1) * fx;
				sum[y * side + x] = (sum[y * side + x] as number) + weight * (top * (1 - fy) + bottom * fy);
			}
	}
	return Uint8Array.from(sum, (value) => Math.round(value * 255));
}

/**
 * Writes a Y4M of three seconds that a browser takes as its camera, over and over: a textured wall behind which the camera sways, and
 * somebody, textured too, who moves in front of it. About what a person at a desk costs an encoder, and the same each time.
 */
export async function writeMovingPicture(path: string): Promise<void> {
	const [wall, person] = [texture(seeded(1)), texture(seeded(2))];
	const file = await open(path, "w");
	await file.write(`YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420jpeg\n`);
	const luma = new Uint8Array(width * height);
	const chroma = new Uint8Array(width * height * 0.5).fill(128);
	for (let frame = 0; frame < frames; frame++) {
		const turn = (2 * Math.PI * frame) / frames;
		const [swayX, swayY] = [Math.round(6 * Math.sin(turn)), Math.round(3 * Math.sin(2 * turn))];
		const [centreX, centreY] = [width / 2 + 40 * Math.sin(turn), height * 0.6 + 10 * Math.sin(3 * turn)];
		for (let y = 0; y < height; y++)
			for (let x = 0; x < width; x++) {
				const [dx, dy] = [(x - centreX) / 115, (y - centreY) / 155];
				const isPerson = dx * dx + dy * dy < 1;
				const [px, py] = isPerson
					? [x - Math.round(centreX) + side, y - Math.round(centreY) + side]
					: [x + swayX, y + swayY];
				const source = isPerson ? person : wall;
				luma[y * width + x] = source[(((py + side) % side) * side + ((px + side) % side)) | 0] as number;
			}
		await file.write("FRAME\n");
		await file.write(luma);
		await file.write(chroma);
	}
	await file.close();
}
