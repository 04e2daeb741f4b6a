import { randomInt } from "node:crypto";
import type { RoomAddresses } from "./addresses.ts";
import { screenPlaces } from "./media-plan.ts";
import { Participant, type SeatSsrcs, type VideoSsrcs } from "./participant.ts";
import { openPeer, type Peer, type PeerEvents } from "./peer.ts";

export type MemberOptions = {
	readonly key: string;
	/** What its certificate's SHA-256 must be (K6). */
	readonly fingerprint: Uint8Array;
	readonly addresses: RoomAddresses;
	readonly seats: number;
	readonly events: Omit<PeerEvents, "offer"> & {
		readonly offer: (sdp: string, seats: number, screens: number) => void;
		/** Its connection has the seats that were offered to it in addition. */
		readonly seatsAdded: () => void;
	};
};

/** A participant and its connection: seats exist for the room only once their m-lines are answered. */
export class Member {
	readonly participant: Participant;
	readonly peer: Peer;
	readonly #options: MemberOptions;
	/** Offered, not answered yet. */
	#offered: readonly SeatSsrcs[] = [];
	#wantedSeats: number;

	constructor(options: MemberOptions) {
		this.#options = options;
		this.#wantedSeats = options.seats;
		const seats = Array.from({ length: options.seats }, randomSeatSsrcs);
		const screens = Array.from({ length: screenPlaces }, randomVideoSsrcs);
		this.peer = openPeer(options.addresses, seats, screens, {
			...options.events,
			offer: (sdp) => options.events.offer(sdp, this.#seats + this.#offered.length, screenPlaces),
		});
		this.participant = new Participant(options.key, seats, screens, this.peer.send, () => randomInt(0x1_0000));
	}

	get #seats(): number {
		return this.participant.seats.length;
	}

	/** Takes an answer. False when it ends the connection. */
	answer(sdp: string): boolean {
		const answer = this.peer.answer(sdp, this.#options.fingerprint);
		if (!answer.ok) return false;
		this.participant.announce(answer.value.streams, answer.value.layers);
		if (this.#offered.length > 0) {
			this.participant.addSeats(this.#offered);
			this.#offered = [];
			this.#options.events.seatsAdded();
		}
		this.wantSeats(this.#wantedSeats);
		return true;
	}

	/** Offers more seats, at once or as soon as the offer that is under way was answered. */
	wantSeats(seats: number): void {
		this.#wantedSeats = Math.max(seats, this.#wantedSeats);
		const more = this.#wantedSeats - this.#seats;
		if (more <= 0 || this.#offered.length > 0) return;
		const offered = Array.from({ length: more }, randomSeatSsrcs);
		// Told by the offer's event, which may come before addSeats returns.
		this.#offered = offered;
		if (!this.peer.addSeats(this.#seats, offered)) this.#offered = [];
	}
}

/** Random, so that an SSRC says nothing about when or as which of many a participant came. */
function randomSsrc(): number {
	return randomInt(0x1_0000, 0xffff_ffff);
}

function randomVideoSsrcs(): VideoSsrcs {
	return { video: randomSsrc(), videoRtx: randomSsrc() };
}

function randomSeatSsrcs(): SeatSsrcs {
	return { audio: randomSsrc(), ...randomVideoSsrcs() };
}
