import { simulcastRids } from "@sotto/api";
import { allocate, type Wish } from "./allocation.ts";
import type { Participant } from "./participant.ts";
import type { Place } from "./place.ts";
import type { Source } from "./source.ts";

/** What is on a participant's screen, as it last said: of each seat the highest layer that it wants, and which screens. */
export type Watching = { readonly cameras: ReadonlyMap<number, number>; readonly screens: ReadonlySet<number> };

/** The most that anybody is to be sent of a participant: see `wanted` in @sotto/api. */
export type Wanted = { readonly camera: number; readonly screen: boolean };

const allLayers = simulcastRids.length;

/** A picture that a participant may be sent, into which place, and up to which layer it wants it. */
type Picture = { readonly source: Source; readonly place: Place; readonly most: number };

/** Screens come first: there is a reason that somebody shares one. Then whoever is shown largest. Until it has said, a participant wants all. */
function picturesFor({ watching, seats, screens }: Participant): readonly Picture[] {
	const shared = screens.flatMap(({ index, occupant, place }) => {
		const most = (watching?.screens.has(index) ?? true) ? allLayers : 0;
		return occupant === undefined ? [] : [{ source: occupant.screen, place, most }];
	});
	const seated = seats.flatMap(({ index, occupant, video }) => {
		const most = watching === undefined ? allLayers : (watching.cameras.get(index) ?? 0);
		return occupant === undefined ? [] : [{ source: occupant.camera, place: video, most }];
	});
	return [...shared, ...seated.toSorted((a, b) => b.most - a.most)];
}

/** Aims a participant's places at what it wants and its line takes. To be called when either changes, and each second. `now` in ms. */
export function choosePictures(viewer: Participant, now: number): void {
	const pictures = picturesFor(viewer);
	for (const { place, most } of pictures) if (most === 0) place.aimAt(undefined);
	const wanted = pictures.filter(({ most }) => most > 0);
	const wishes = wanted.map(({ source, place, most }): Wish => {
		const layers = source.layers.map((layer) => ({
			isAlive: layer.isAlive(now),
			bitsPerSecond: layer.bitsPerSecond,
		}));
		return { layers, most, current: source.layers.findIndex((layer) => layer === place.aim) };
	});
	const chosen = allocate(wishes, viewer.limit.bitsPerSecond);
	for (const [index, { source, place }] of wanted.entries()) place.aimAt(source.layers[chosen[index] ?? -1]);
}

/** Of each camera and screen the highest layer that anybody wants. */
export function wantedPictures(viewers: Iterable<Participant>): ReadonlyMap<Source, number> {
	const wanted = new Map<Source, number>();
	for (const viewer of viewers)
		for (const { source, most } of picturesFor(viewer)) wanted.set(source, Math.max(most, wanted.get(source) ?? 0));
	return wanted;
}

/** Whether anything of `sender` is sent to `viewer` that is to be seen. */
export function shows(viewer: Participant, sender: Participant): boolean {
	if (viewer.seatOf(sender)?.video.aim !== undefined) return true;
	return viewer.screens.some(({ occupant, place }) => occupant === sender && place.aim !== undefined);
}
