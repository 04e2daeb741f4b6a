import { type Bytes, bytesToHex } from "@sotto/bytes";
import type { Roster } from "./roster.ts";

/** A room that this device is in, as far as it matters who is where and who gets through. */
export type HeardRoom = {
	/** Participants by their seats. */
	readonly seats: ReadonlyMap<number, Bytes>;
	/** Whose sound opened in the last second, by participant id (hex). */
	readonly heard: { readonly has: (participantId: string) => boolean };
};

export type SeatedPlace<Room extends HeardRoom> = {
	readonly room: Room;
	readonly seat: number;
	readonly id: Bytes;
	readonly leaf: number | undefined;
	readonly isHeard: boolean;
	readonly isSuperseded: boolean;
};

/**
 * Where each device is heard. While a call moves from one room to the next (K5) somebody may be in both: they are heard in the new
 * one as soon as their sound opens there, and until then in the old one, so that no word is heard twice and none is missed.
 */
export function placesHeard<Room extends HeardRoom, Person>(
	current: Room | undefined,
	leaving: Room | undefined,
	roster: Roster<Person>,
): readonly SeatedPlace<Room>[] {
	const here = current === undefined ? [] : onePerLeaf(placesOf(current, roster));
	const known = leaving === undefined ? [] : placesOf(leaving, roster).filter(({ leaf }) => leaf !== undefined);
	const there = onePerLeaf(known);
	const chosen = here.map((place) => {
		const old = there.find(({ leaf }) => leaf === place.leaf);
		return old !== undefined && !place.isHeard && old.isHeard ? old : place;
	});
	const left = there.filter(({ leaf, isHeard }) => isHeard && !here.some((place) => place.leaf === leaf));
	return [...chosen, ...left];
}

/**
 * A device whose network changed is in the same room twice for a moment: it counts where it came to as soon as it is heard there, and
 * until then where it was.
 */
function onePerLeaf<Room extends HeardRoom>(places: readonly SeatedPlace<Room>[]): readonly SeatedPlace<Room>[] {
	const rank = ({ isSuperseded, isHeard }: SeatedPlace<Room>) =>
		isHeard ? (isSuperseded ? 1 : 2) : isSuperseded ? -1 : 0;
	return places.filter(
		(place) =>
			place.leaf === undefined ||
			places.every((other) => other === place || other.leaf !== place.leaf || rank(place) > rank(other)),
	);
}

export function placesOf<Room extends HeardRoom, Person>(
	room: Room,
	roster: Roster<Person>,
): readonly SeatedPlace<Room>[] {
	return [...room.seats].map(([seat, id]) => {
		const isHeard = room.heard.has(bytesToHex(id));
		return { room, seat, id, leaf: roster.leafOf(id), isHeard, isSuperseded: roster.isSuperseded(id) };
	});
}

/** Whether everybody who is still heard in the room that is being left is heard in the new one (K5). */
export function haveMoved<Person>(current: HeardRoom, leaving: HeardRoom, roster: Roster<Person>): boolean {
	const here = placesOf(current, roster);
	return placesOf(leaving, roster)
		.filter(({ isHeard, leaf }) => isHeard && leaf !== undefined)
		.every(({ leaf }) => here.some((place) => place.leaf === leaf && place.isHeard));
}
