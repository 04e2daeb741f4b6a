import {
	emptyRoomMs,
	type GoneReason,
	maxRoomParticipants,
	type RefusalCode,
	type RoomEvent,
	type RoomRequest,
	type WireParticipantId,
	type WireRoomId,
} from "@sotto/api";
import { type Bytes, bytesToHex, err, ok, type Result } from "@sotto/bytes";
import { hash } from "@sotto/crypto";
import { type BucketSize, TokenBucket } from "@sotto/door";
import type { FromProcess } from "./room/messages.ts";
import { type RoomProcess, type RoomProcessOptions, startRoomProcess } from "./room-process.ts";

export type RoomLimits = {
	readonly rooms: number;
	readonly participants: number;
	/** New rooms. Stands in for tokens (K2) until those exist. */
	readonly newRooms: BucketSize;
	/** Seats of each participant, at most. Fewer than there are others to see, only the first of them are seen. */
	readonly seats: number;
	readonly emptyRoomMs: number;
};

export const defaultRoomLimits: RoomLimits = {
	rooms: 100,
	participants: maxRoomParticipants,
	newRooms: { burst: 20, perSecond: 2 },
	seats: maxRoomParticipants - 1,
	emptyRoomMs,
};

/** One let-in connection, as its room sees it. */
export type Guest = {
	readonly participantId: WireParticipantId;
	readonly fingerprint: Bytes;
	readonly tell: (event: RoomEvent) => void;
	/** Tells why and closes. */
	readonly end: (reason: GoneReason) => void;
};

/** What a guest may say to its room once it was let in. */
export type GuestWord = Extract<RoomRequest, { type: "answer" | "share" | "watch" }>;

type Room = {
	readonly joinPublicKey: Bytes;
	readonly guests: Map<string, Guest>;
	process: RoomProcess | undefined;
	emptySince: number;
};

export type RoomsOptions = {
	readonly limits: RoomLimits;
	readonly process: Omit<RoomProcessOptions, "onMessage" | "onEnd">;
	/** Told of what deserves a line: sums and shortened ids at most. */
	readonly log: (line: string) => void;
};

/** All rooms of this server, in memory only. A room is its join key and whoever is in it at the moment. */
export class Rooms {
	readonly #options: RoomsOptions;
	readonly #rooms = new Map<string, Room>();
	readonly #newRooms: TokenBucket;
	#stopped = false;

	constructor(options: RoomsOptions) {
		this.#options = options;
		this.#newRooms = new TokenBucket(options.limits.newRooms, options.process.now());
	}

	/** Makes the room of a join key, or finds it; its process starts at once, so that it is ready when its maker joins. */
	create(joinPublicKey: Bytes): Result<WireRoomId, RefusalCode> {
		const roomId = hash("sotto room", joinPublicKey) as WireRoomId;
		const key = bytesToHex(roomId);
		if (this.#rooms.has(key)) return ok(roomId);
		if (this.#stopped) return err("unavailable");
		if (this.#rooms.size >= this.#options.limits.rooms) return err("tooManyRooms");
		if (!this.#newRooms.take(this.#options.process.now())) return err("tooManyRequests");
		const room: Room = {
			joinPublicKey,
			guests: new Map(),
			process: undefined,
			emptySince: this.#options.process.now(),
		};
		this.#rooms.set(key, room);
		this.#startProcess(room);
		return ok(roomId);
	}

	/** The key whose signature lets in, if there is such a room. */
	joinKey(roomId: WireRoomId): Bytes | undefined {
		return this.#rooms.get(bytesToHex(roomId))?.joinPublicKey;
	}

	/** Lets a guest in whose signature was checked. It is told its offer as soon as the room's process has made it. */
	enter(roomId: WireRoomId, guest: Guest): Result<void, RefusalCode> {
		const room = this.#rooms.get(bytesToHex(roomId));
		if (room === undefined) return err("notFound");
		const key = bytesToHex(guest.participantId);
		if (room.guests.has(key)) return err("malformed");
		if (room.guests.size >= this.#options.limits.participants) return err("roomFull");
		room.guests.set(key, guest);
		room.process ??= this.#startProcess(room);
		room.process.say({ type: "add", participantId: guest.participantId, fingerprint: guest.fingerprint });
		return ok();
	}

	/** What a guest says to its room; the guest is told the room's answers by `tell`. */
	say(roomId: WireRoomId, guest: Guest, said: GuestWord): void {
		this.#roomOf(roomId, guest)?.process?.say({ ...said, participantId: guest.participantId });
	}

	leave(roomId: WireRoomId, guest: Guest): void {
		const room = this.#roomOf(roomId, guest);
		if (room === undefined) return;
		room.guests.delete(bytesToHex(guest.participantId));
		room.process?.say({ type: "remove", participantId: guest.participantId });
		if (room.guests.size === 0) room.emptySince = this.#options.process.now();
	}

	/** To be called every second or so: ends rooms that have been empty for long enough. */
	sweep(): void {
		const now = this.#options.process.now();
		for (const [key, room] of this.#rooms) {
			if (room.guests.size > 0 || now - room.emptySince < this.#options.limits.emptyRoomMs) continue;
			this.#rooms.delete(key);
			room.process?.stop();
		}
	}

	stop(): void {
		this.#stopped = true;
		for (const room of this.#rooms.values()) {
			this.#endGuests(room, "serverStopping");
			room.process?.stop();
		}
		this.#rooms.clear();
	}

	/** Sums for the operator. */
	count(): { readonly rooms: number; readonly participants: number } {
		const participants = [...this.#rooms.values()].reduce((sum, room) => sum + room.guests.size, 0);
		return { rooms: this.#rooms.size, participants };
	}

	/** The processes now running, for tests that stop one. */
	processIds(): readonly number[] {
		return [...this.#rooms.values()].flatMap((room) => (room.process?.pid === undefined ? [] : [room.process.pid]));
	}

	#roomOf(roomId: WireRoomId, guest: Guest): Room | undefined {
		const room = this.#rooms.get(bytesToHex(roomId));
		return room?.guests.get(bytesToHex(guest.participantId)) === guest ? room : undefined;
	}

	#startProcess(room: Room): RoomProcess {
		const process = startRoomProcess({
			...this.#options.process,
			onMessage: (message) => this.#heard(room, message),
			onEnd: (why) => {
				if (room.process !== process) return;
				// Whoever joins next starts a new one.
				room.process = undefined;
				if (why !== "ended") this.#options.log(`a room's process was ended: ${why}`);
				this.#endGuests(room, "roomRestarted");
				room.emptySince = this.#options.process.now();
			},
		});
		room.process = process;
		return process;
	}

	#endGuests(room: Room, reason: GoneReason): void {
		const guests = [...room.guests.values()];
		room.guests.clear();
		for (const guest of guests) guest.end(reason);
	}

	#heard(room: Room, message: FromProcess): void {
		const tell = (id: Bytes, event: RoomEvent) => room.guests.get(bytesToHex(id))?.tell(event);
		switch (message.type) {
			case "offer":
				return tell(message.participantId, {
					type: "offer",
					sdp: message.sdp,
					seats: message.seats,
					screens: message.screens,
				});
			case "seat":
				return tell(message.viewer, { type: "seat", seat: message.seat, ...participantOf(message) });
			case "screen":
				return tell(message.viewer, { type: "screen", screen: message.screen, ...participantOf(message) });
			case "wanted":
				return tell(message.participantId, { type: "wanted", camera: message.camera, screen: message.screen });
			case "lost": {
				const guest = room.guests.get(bytesToHex(message.participantId));
				room.guests.delete(bytesToHex(message.participantId));
				if (room.guests.size === 0) room.emptySince = this.#options.process.now();
				guest?.end(message.reason);
				return;
			}
			case "ready":
			case "beat":
				return;
		}
	}
}

function participantOf({ occupant }: { readonly occupant?: Bytes | undefined }) {
	return occupant === undefined ? {} : { participantId: occupant as WireParticipantId };
}
