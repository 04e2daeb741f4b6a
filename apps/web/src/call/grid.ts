/** How tiles share a stage. Pure. */

type Size = { readonly width: number; readonly height: number };
export type Grid = {
	readonly tile: Size;
	/** They do not all fit at a size at which a face can be known: the stage scrolls. */
	readonly scrolls: boolean;
};

/** Between tiles, as call-tiles.css has it. */
export const tileGap = 8;
/** No wider than a camera's picture, no taller than a face needs. */
const widest = 16 / 9;
const tallest = 3 / 4;
const smallest = 104;

/** The largest tiles of which `count` fit into `stage`: columns are tried one after the other. */
export function gridFor(count: number, stage: Size): Grid {
	const sizes = Array.from({ length: count }, (_, index) => tileIn(index + 1, count, stage));
	const best = sizes.reduce<Size>((found, size) => (areaOf(size) > areaOf(found) ? size : found), {
		width: 0,
		height: 0,
	});
	if (count <= 1 || (best.width >= smallest && best.height >= smallest * tallest))
		return { tile: best, scrolls: false };
	const columns = Math.max(2, Math.floor((stage.width + tileGap) / (smallest + tileGap)));
	const width = Math.max(0, Math.floor((stage.width - tileGap * (columns - 1)) / columns));
	return { tile: { width, height: width }, scrolls: true };
}

function tileIn(columns: number, count: number, stage: Size): Size {
	const rows = Math.ceil(count / columns);
	const width = Math.max(0, (stage.width - tileGap * (columns - 1)) / columns);
	const height = Math.max(0, (stage.height - tileGap * (rows - 1)) / rows);
	// Who is alone has the whole stage, whatever its shape.
	if (count === 1) return { width: Math.floor(width), height: Math.floor(height) };
	return { width: Math.floor(Math.min(width, height * widest)), height: Math.floor(Math.min(height, width / tallest)) };
}

/** Of what a camera's picture fills: a tile's long strips left and right, or above and below, gain little. */
function areaOf({ width, height }: Size): number {
	const side = Math.min(width, height * 1.4) * Math.min(height, width);
	return side;
}
