import { bytesToHex } from "@sotto/bytes";
import { placesHeard, type SeatedPlace } from "../../media/places.ts";
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
	/** As heard here. */
	readonly isWeakOf: (participantId: string) => boolean;
};

/** Who is in the call, each where they are heard. */
export function participantsOf<Person>(
	current: Room | undefined,
	leaving: Room | undefined,
	context: Context<Person>,
): readonly MediaParticipant<Person>[] {
	return placesHeard(current, leaving, context.roster).flatMap((place) => viewOf(place, context) ?? []);
}

function viewOf<Person>(place: SeatedPlace<Room>, context: Context<Person>): MediaParticipant<Person> | undefined {
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
		signs: signs ?? silentSigns(isSeen, screen !== undefined),
		weakLine: signs?.weakLine === true || context.isWeakOf(participantId),
		level: shownLevel(context.levelOf(participantId)),
		isHeard,
		isSeen,
	};
}

/** Of somebody who has said nothing of itself yet. */
function silentSigns(camera: boolean, screen: boolean): Signs {
	return { muted: false, handRaisedAt: undefined, camera, screen, weakLine: false };
}
