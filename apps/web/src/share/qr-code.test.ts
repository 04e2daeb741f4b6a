import jsQR from "jsqr";
import { expect, test } from "vitest";
import { qrPath } from "./qr-code.tsx";

/** Draws the path's unit squares as a scanner would see them: 4 pixels a module, 4 modules of white around. */
function draw({ side, path }: ReturnType<typeof qrPath>): {
	readonly pixels: Uint8ClampedArray;
	readonly width: number;
} {
	const scale = 4;
	const width = (side + 8) * scale;
	const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
	for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
		for (let row = 0; row < scale; row += 1) {
			for (let column = 0; column < Number(length) * scale; column += 1) {
				const at = ((Number(y) + 4) * scale + row) * width + (Number(x) + 4) * scale + column;
				pixels.set([0, 0, 0], at * 4);
			}
		}
	}
	return { pixels, width };
}

test("a scanner reads back what the code was made of", () => {
	for (const text of [
		"https://sotto.example/#AUq3vX0bJm2t7kPZ9nS1uWcYdR4e",
		"x",
		`sotto-safety:${"0123456789".repeat(20)}`,
	]) {
		const { pixels, width } = draw(qrPath(text));
		expect(jsQR(pixels, width, width)?.data).toBe(text);
	}
});
