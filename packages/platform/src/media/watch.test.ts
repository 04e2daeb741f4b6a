import { expect, test } from "vitest";
import { layerFor, type Tile, watchOf } from "./watch.ts";

const tile = (participantId: string, height: number, stream: Tile["stream"] = "camera"): Tile => ({
	participantId,
	stream,
	width: (height * 16) / 9,
	height,
});

test("a tile asks for the lowest layer that fills it", () => {
	const of = (height: number) => layerFor({ width: (height * 16) / 9, height });
	expect([0, 90, 135, 180, 200, 270, 360, 400, 540, 1080].map(of)).toEqual([0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
	expect(layerFor({ width: 640, height: 100 })).toBe(2);
});

test("what is not shown is not asked for", () => {
	const seats = new Map([
		[0, "ada"],
		[1, "bo"],
		[4, "cyd"],
	]);
	expect(watchOf([tile("cyd", 500), tile("ada", 100)], seats, new Map())).toEqual({
		seats: [
			{ seat: 0, camera: 1 },
			{ seat: 4, camera: 3 },
		],
		screens: [],
	});
	expect(watchOf([], seats, new Map([[0, "ada"]]))).toEqual({ seats: [], screens: [] });
});

test("of two tiles of one picture the larger counts, and a screen is no camera", () => {
	const seats = new Map([[0, "ada"]]);
	const screens = new Map([
		[2, "ada"],
		[3, "bo"],
	]);
	expect(watchOf([tile("ada", 100), tile("ada", 250), tile("bo", 500, "screen")], seats, screens)).toEqual({
		seats: [{ seat: 0, camera: 2 }],
		screens: [3],
	});
});

test("who is on screen but in no seat of this room is nobody's to ask for", () => {
	expect(watchOf([tile("gone", 500)], new Map([[0, "ada"]]), new Map())).toEqual({ seats: [], screens: [] });
});
