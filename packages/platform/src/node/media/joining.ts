import { type Bytes, bytesToHex } from "@sotto/bytes";
import type { ParticipantId } from "@sotto/crypto";
import type { Line } from "./line.ts";
import { openPeer, type Peer, type PeerEvents, type RoomAccess } from "./room-peer.ts";

/** What a joining begins with: the room, and our fresh id in it (K3). */
export type Begun = {
	readonly access: RoomAccess;
	/** The frame keys' number for it. */
	readonly session: number;
	readonly participantId: ParticipantId;
	/** Our id in the joining before it, which it takes the place of (K4). */
	readonly supersedes: Bytes | undefined;
};

/** For so long a sound counts as heard now. */
const heardNowMs = 1_000;

/** One stay in one room: its line, who is where in it, and who gets through. */
export class Joining {
	readonly session: number;
	readonly participantId: Bytes;
	readonly supersedes: Bytes | undefined;
	/** Which room it is (hex). */
	readonly roomKey: string;
	readonly line: Line;
	readonly peer: Peer;
	readonly seats = new Map<number, Bytes>();
	/** When each participant's (hex) sound was opened last. */
	readonly heardAt = new Map<string, number>();
	readonly heard = { has: (participantId: string) => this.isHeardSince(participantId, performance.now() - heardNowMs) };
	isConnected = false;

	constructor({ access, session, participantId, supersedes }: Begun, line: Line, events: PeerEvents) {
		this.session = session;
		this.participantId = participantId;
		this.supersedes = supersedes;
		this.roomKey = bytesToHex(access.joinPublicKey);
		this.line = line;
		this.peer = openPeer(line, access, participantId, events);
	}

	sit(seat: number, participantId: Bytes | undefined): void {
		if (participantId === undefined) this.seats.delete(seat);
		else this.seats.set(seat, participantId);
	}

	isHeardSince(participantId: string, since: number): boolean {
		return (this.heardAt.get(participantId) ?? Number.NEGATIVE_INFINITY) > since;
	}
}
