import { type Bytes, bytesToHex } from "@sotto/bytes";
import type { Roster, Signs } from "../../media/roster.ts";
import { shownLevel } from "../../media/speaker.ts";
import type { Joining } from "./joining.ts";
import type { MediaParticipant } from "./media-session.ts";

type Room = Pick<Joining, "seats" | "screens" | "heard" | "seen"> & {
	readonly peer: Pick<Joining["peer"], "downlinks">;
};

type Context<Person> = {
	readonly roster: Roster<Person>;
	readonly signsOf: (participantId: string) => Signs | undefined;
	readonly levelOf: (participantId: string) => number;
};

/**
 * Who is in the call. While it moves from one room to the next (K5) somebody may be in both: they are shown, and heard, in the new
 * one as soon as their sound opens there, and until then in the old one, so that no word is heard twice and none is missed.
 */
export function participantsOf<Person>(
	current: Room | undefined,
	leaving: Room | undefined,
	context: Context<Person>,
): readonly MediaParticipant<Person>[] {
	const here = current === undefined ? [] : onePerLeaf(placesOf(current, context.roster));
	const known = leaving === undefined ? [] : placesOf(leaving, context.roster).filter(({ leaf }) => leaf !== undefined);
	const there = onePerLeaf(known);
	const chosen = here.map((place) => {
		const old = there.find(({ leaf }) => leaf === place.leaf);
		return old !== undefined && !place.isHeard && old.isHeard ? old : place;
	});
	const left = there.filter(({ leaf, isHeard }) => isHeard && !here.some((place) => place.leaf === leaf));
	return [...chosen, ...left].flatMap((place) => viewOf(place, context) ?? []);
}

type SeatedPlace = {
	readonly room: Room;
	readonly seat: number;
	readonly id: Bytes;
	readonly leaf: number | undefined;
	readonly isHeard: boolean;
	readonly isSuperseded: boolean;
};

/**
 * A device whose network changed is in the same room twice for a moment: it counts where it came to as soon as it is heard there, and
 * until then where it was.
 */
function onePerLeaf(places: readonly SeatedPlace[]): readonly SeatedPlace[] {
	const rank = ({ isSuperseded, isHeard }: SeatedPlace) => (isHeard ? (isSuperseded ? 1 : 2) : isSuperseded ? -1 : 0);
	return places.filter(
		(place) =>
			place.leaf === undefined ||
			places.every((other) => other === place || other.leaf !== place.leaf || rank(place) > rank(other)),
	);
}

function placesOf<Person>(room: Room, roster: Roster<Person>): readonly SeatedPlace[] {
	return [...room.seats].map(([seat, id]) => {
		const isHeard = room.heard.has(bytesToHex(id));
		return { room, seat, id, leaf: roster.leafOf(id), isHeard, isSuperseded: roster.isSuperseded(id) };
	});
}

function viewOf<Person>(place: SeatedPlace, context: Context<Person>): MediaParticipant<Person> | undefined {
	const { room, seat, id, isHeard } = place;
	const tracks = room.peer.downlinks.seats[seat];
	if (tracks === undefined) return undefined;
	const participantId = bytesToHex(id);
	const isSeen = room.seen.has(participantId);
	const screen = [...room.screens].find(([, sharer]) => bytesToHex(sharer) === participantId)?.[0];
	const signs = context.signsOf(participantId);
	return {
		participantId,
		person: context.roster.personOf(id),
		audioTrack: tracks.audio,
		videoTrack: tracks.video,
		screenTrack: screen === undefined ? undefined : room.peer.downlinks.screens[screen],
		signs: signs ?? { muted: false, handRaisedAt: undefined, camera: isSeen, screen: screen !== undefined },
		level: shownLevel(context.levelOf(participantId)),
		isHeard,
		isSeen,
	};
}

/** Whether everybody who is still heard in the room that is being left is heard in the new one (K5). */
export function haveMoved<Person>(current: Room, leaving: Room, roster: Roster<Person>): boolean {
	const here = placesOf(current, roster);
	return placesOf(leaving, roster)
		.filter(({ isHeard, leaf }) => isHeard && leaf !== undefined)
		.every(({ leaf }) => here.some((place) => place.leaf === leaf && place.isHeard));
}
