import type { RoomWatch } from "./signal.ts";

/** How large a participant's picture is shown, in device pixels. */
export type Tile = {
	readonly participantId: string;
	readonly stream: "camera" | "screen";
	readonly width: number;
	readonly height: number;
};
type Watch = Omit<RoomWatch, "type">;

/** Heights of a camera's two smaller layers (see encodings.ts), and how much a layer may be blown up before it looks soft. */
const layerHeights = [135, 270] as const;
const stretch = 1.35;

/** The lowest layer (1 to 3) that fills a tile of this height, 0 for a tile that is not to be seen. */
export function layerFor({ width, height }: Pick<Tile, "width" | "height">): number {
	if (width <= 0 || height <= 0) return 0;
	const tall = Math.max(height, (width * 9) / 16);
	const index = layerHeights.findIndex((layer) => tall <= layer * stretch);
	return index === -1 ? layerHeights.length + 1 : index + 1;
}

/** What to ask the room for: `seats` and `screens` say who is where in it. Nobody is asked for twice; the larger tile counts. */
export function watchOf(
	tiles: readonly Tile[],
	seats: ReadonlyMap<number, string>,
	screens: ReadonlyMap<number, string>,
): Watch {
	const layerOf = (participantId: string, stream: Tile["stream"]) =>
		Math.max(
			0,
			...tiles.filter((tile) => tile.participantId === participantId && tile.stream === stream).map(layerFor),
		);
	return {
		seats: [...seats]
			.map(([seat, participantId]) => ({ seat, camera: layerOf(participantId, "camera") }))
			.filter(({ camera }) => camera > 0)
			.toSorted((a, b) => a.seat - b.seat),
		screens: [...screens]
			.filter(([, participantId]) => layerOf(participantId, "screen") > 0)
			.map(([screen]) => screen)
			.toSorted((a, b) => a - b),
	};
}
