import type { RejoinState } from "../../media/rejoin.ts";
import type { MediaState, MediaView } from "./media-session.ts";

/** What a screen shows of a view that goes by by itself, loudness in steps: whoever draws it need not draw more often. */
export function lookOf({
	participants,
	activeSpeaker,
	reactions,
	outOfStep,
	quality,
	samples,
}: MediaView<unknown>): string {
	const people = participants.map(({ participantId, level, isHeard, isSeen, weakLine }) => [
		participantId,
		Math.round(level * 5),
		isHeard,
		isSeen,
		weakLine,
	]);
	return JSON.stringify([people, activeSpeaker, reactions.map(({ id }) => id), outOfStep, quality, samples.at(-1)?.at]);
}

/** How the joining and rejoining of a room looks from outside. */
export function mediaState(state: RejoinState): MediaState {
	switch (state.phase) {
		case "connected":
			return { phase: "connected" };
		case "ended":
			return { phase: "ended", reason: state.reason };
		case "joining":
			return state.brokenSince === undefined
				? { phase: "joining" }
				: { phase: "reconnecting", since: state.brokenSince };
		case "waiting":
			return { phase: "reconnecting", since: state.brokenSince };
	}
}
