import { type Bytes, bytesToHex } from "@sotto/bytes";
import type { Ahead } from "../../media/ahead.ts";
import type { FrameKeys } from "../../media/frame-keys.ts";
import { placesHeard } from "../../media/places.ts";
import type { Rooms } from "../../media/rooms.ts";
import type { Roster } from "../../media/roster.ts";
import { audioStream } from "../../media/streams.ts";
import type { Joining } from "./joining.ts";
import type { HeardFrame } from "./line-messages.ts";
import type { Speaker } from "./media-session.ts";
import type { Device } from "./presence.ts";
import type { HeardSound } from "./recording.ts";

type HearingParts = {
	readonly keys: FrameKeys;
	readonly ahead: Ahead;
	readonly rooms: Rooms<Joining>;
	readonly roster: Roster<Device>;
	readonly onSound: (speaker: Speaker, sound: HeardSound) => void;
};

/** Opens what the lines bring and hands it on, each device's sound once, in whichever of its places it is heard (K5). */
export class Hearing {
	readonly #parts: HearingParts;
	#opening: Promise<void> = Promise.resolve();

	constructor(parts: HearingParts) {
		this.#parts = parts;
	}

	/** One after the other: WebCrypto answers in any order, and what is heard has one. */
	take(frames: readonly HeardFrame[], joining: Joining): void {
		const at = performance.now();
		this.#opening = this.#opening.then(async () => {
			for (const frame of frames) await this.#open(frame, joining, at);
		});
	}

	/** Resolves when everything that was taken by now has been handed on. */
	settled(): Promise<void> {
		return this.#opening;
	}

	async #open({ seat, sequence, timestamp, frame }: HeardFrame, joining: Joining, at: number): Promise<void> {
		const { keys, ahead, roster, onSound } = this.#parts;
		const id = joining.seats.get(seat);
		const opened = await ahead.open(audioStream, () => keys.open(joining.session, seat, audioStream, frame, 0));
		// A seat may change hands meanwhile.
		if (!("frame" in opened) || id === undefined || joining.seats.get(seat) !== id) return;
		const participantId = bytesToHex(id);
		joining.heardAt.set(participantId, at);
		const device = roster.personOf(id);
		if (device === undefined || !this.#isHeardThere(joining, seat, device.leaf)) return;
		onSound({ ...device, participantId }, { stream: participantId, sequence, timestamp, frame: opened.frame, at });
	}

	/** Whoever is in two places at once is heard in one. */
	#isHeardThere(joining: Joining, seat: number, leaf: number): boolean {
		const { rooms, roster } = this.#parts;
		const isTheirs = (id: Bytes) => roster.leafOf(id) === leaf;
		const places = rooms.all().flatMap(({ seats }) => [...seats.values()].filter(isTheirs));
		if (places.length < 2) return true;
		const heard = placesHeard(rooms.current, rooms.leaving, roster);
		return heard.some((place) => place.room === joining && place.seat === seat);
	}
}
