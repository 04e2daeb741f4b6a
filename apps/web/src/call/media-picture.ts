/** From the platform's picture of a call's media to the one that the call screen takes. Pure. */
import type { MediaReport, PersonView } from "@sotto/client";
import type {
	DeviceError,
	DeviceState,
	LineSample,
	MediaParticipant,
	MediaState,
	MediaView,
} from "@sotto/platform/browser/media";
import type { DeviceTrouble, Quality, RemoteParticipant, ShownReaction, SourceState } from "./session.ts";

/** Above this much loss in the last seconds the line is not weak but bad. */
const badLoss = 0.15;
const badSamples = 3;

export function troubleOf(error: DeviceError): DeviceTrouble {
	switch (error.kind) {
		case "noDevice":
			return "missing";
		case "denied":
		case "insecurePage":
			return "denied";
		case "inUse":
			return "busy";
		case "unplugged":
			return "unplugged";
		case "failed":
			return "failed";
	}
}

/** `wanted`: whether the person wants it on. A device that was asked for and has not answered yet is starting. */
export function sourceOf(device: DeviceState, wanted: boolean): SourceState {
	switch (device.state) {
		case "off":
			return { phase: wanted ? "starting" : "off" };
		case "on":
			return { phase: "on" };
		case "muted":
			return { phase: "off" };
		case "failed":
			return wanted ? { phase: "trouble", trouble: troubleOf(device.error) } : { phase: "off" };
	}
}

/** Only who was verified has a place (K4); a camera that shows nothing is off. */
export function remotesOf(participants: readonly MediaParticipant<PersonView>[]): readonly RemoteParticipant[] {
	const taken = new Set<string>();
	return participants.flatMap((participant) => {
		const { participantId, person, audioTrack, videoTrack, screenTrack, signs, level, isSeen, weakLine } = participant;
		if (person === undefined) return [];
		// Somebody who rejoins keeps their place; a second device of theirs gets one of its own.
		const key = taken.has(person.account) ? participantId : person.account;
		taken.add(key);
		return [
			{
				key,
				participantId,
				person,
				audioTrack,
				videoTrack: isSeen && signs.camera ? videoTrack : undefined,
				screenTrack: signs.screen ? screenTrack : undefined,
				muted: signs.muted,
				handRaisedAt: signs.handRaisedAt,
				level,
				weakLine,
			},
		];
	});
}

/** One's own, and those of people who are verified. */
export function reactionsOf(
	reactions: MediaView<PersonView>["reactions"],
	remotes: readonly RemoteParticipant[],
): readonly ShownReaction[] {
	return reactions.flatMap(({ id, participantId, emoji }): readonly ShownReaction[] => {
		if (participantId === undefined) return [{ id, person: undefined, emoji }];
		const person = remotes.find((remote) => remote.participantId === participantId)?.person;
		return person === undefined ? [] : [{ id, person, emoji }];
	});
}

/** Whose hands are up, in the order in which they went up. */
export function handsUp(remotes: readonly RemoteParticipant[]): readonly RemoteParticipant[] {
	return remotes
		.filter(({ handRaisedAt }) => handRaisedAt !== undefined)
		.toSorted((a, b) => (a.handRaisedAt ?? 0) - (b.handRaisedAt ?? 0));
}

export function qualityOf(word: MediaView<PersonView>["quality"], samples: readonly LineSample[]): Quality {
	const last = samples.slice(-badSamples);
	const isBad = word === "weak" && last.length === badSamples && last.every(({ loss }) => loss > badLoss);
	return { word: isBad ? "bad" : word, samples };
}

/** How many others are verified and were heard or seen in the last second or two. */
export function heardCount(participants: readonly MediaParticipant<PersonView>[]): number {
	return participants.filter(({ person, isHeard, isSeen }) => person !== undefined && (isHeard || isSeen)).length;
}

/** How long nobody may be heard before the call counts as interrupted; sound never pauses, not even when muted. */
export const silenceMs = 4_000;

/**
 * What the engine is to be told. `heardAt` is when somebody was heard last; undefined before the first time, in which the call
 * still connects. `isAlone`: in a group's call, and nobody else is in the room. Times in ms of one clock.
 */
export function reportOf(
	state: MediaState,
	heard: number,
	{ heardAt, isAlone }: { readonly heardAt: number | undefined; readonly isAlone: boolean },
	now: number,
): MediaReport | undefined {
	switch (state.phase) {
		case "joining":
			return { phase: "joining" };
		case "reconnecting":
			return heardAt === undefined ? { phase: "joining" } : { phase: "reconnecting" };
		case "connected":
			if (heard > 0 || isAlone) return { phase: "connected", participants: heard };
			return heardAt !== undefined && now - heardAt > silenceMs ? { phase: "reconnecting" } : undefined;
		case "ended":
			return state.reason === "left" ? undefined : { phase: "failed", reason: state.reason };
	}
}
