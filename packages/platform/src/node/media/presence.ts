import { bytesToHex } from "@sotto/bytes";
import type { PersonView } from "@sotto/client";
import type { HeardRoom } from "../../media/places.ts";
import type { Roster } from "../../media/roster.ts";
import type { CallMediaEvents, Speaker } from "./media-session.ts";

/** Whom the roster names: one device of a person. */
export type Device = { readonly person: PersonView; readonly leaf: number };

/** Who was told as being in the call: each device once, in however many rooms and under however many ids it is (K5). */
export class Presence {
	readonly #events: Pick<CallMediaEvents, "onCame" | "onWent">;
	readonly #told = new Map<number, Speaker>();

	constructor(events: Pick<CallMediaEvents, "onCame" | "onWent">) {
		this.#events = events;
	}

	/** To be called after each change of seats, roster or rooms. */
	look(rooms: readonly HeardRoom[], roster: Roster<Device>): void {
		const here = new Map<number, Speaker>();
		for (const id of rooms.flatMap(({ seats }) => [...seats.values()])) {
			const device = roster.personOf(id);
			if (device !== undefined && !here.has(device.leaf))
				here.set(device.leaf, { ...device, participantId: bytesToHex(id) });
		}
		for (const [leaf, speaker] of this.#told) if (!here.has(leaf)) this.#went(leaf, speaker);
		for (const [leaf, speaker] of here) if (!this.#told.has(leaf)) this.#came(leaf, speaker);
	}

	/** The connection was lost: after the next joining everybody is told anew. */
	forget(): void {
		this.#told.clear();
	}

	#came(leaf: number, speaker: Speaker): void {
		this.#told.set(leaf, speaker);
		this.#events.onCame(speaker);
	}

	#went(leaf: number, speaker: Speaker): void {
		this.#told.delete(leaf);
		this.#events.onWent(speaker);
	}
}
