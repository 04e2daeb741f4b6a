import process from "node:process";
import { type Bytes, bytesToHex, hexToBytes, invariant } from "@sotto/bytes";
import { openAddresses } from "./addresses.ts";
import { Member } from "./member.ts";
import {
	encodeProcessMessage,
	type FromProcess,
	parseToProcess,
	type RoomSettings,
	type ToProcess,
} from "./messages.ts";
import type { Participant } from "./participant.ts";
import { type ObservePacket, Room, type RoomEvents } from "./room.ts";
import { seatsAhead } from "./seating.ts";

/**
 * A room's process: rooms meet strangers' packets in native code that one packet can hang, so each has a process of its own
 * that the server watches, kills and replaces. `observe` is for the lab's harness only.
 */
export async function runRoom(settings: RoomSettings, observe?: ObservePacket): Promise<void> {
	const members = new Map<string, Member>();
	const addresses = await openAddresses(settings);
	const now = () => performance.now();
	const room = new Room(settings.seats, tellEvents(members), observe);

	const remove = (key: string) => {
		const member = members.get(key);
		members.delete(key);
		room.leave(key);
		member?.peer.close();
	};
	const lose = (key: string, reason: "transportLost" | "badAnswer") => {
		if (!members.has(key)) return;
		remove(key);
		say({ type: "lost", participantId: idBytes(key), reason });
	};

	function add(id: Bytes, fingerprint: Uint8Array): void {
		const key = bytesToHex(id);
		invariant(!members.has(key), "the server adds a participant once");
		const member = new Member({
			key,
			fingerprint,
			addresses,
			seats: seatsAhead(members.size, settings.seats),
			events: {
				offer: (sdp, seats, screens) => say({ type: "offer", participantId: id, sdp, seats, screens }),
				seatsAdded: () => room.seatsAdded(member.participant),
				open: () => {
					if (members.get(key) === member && !room.has(key))
						room.enter(member.participant, member.peer.sendRoster, now());
				},
				packet: (packet) => room.packetArrived(key, packet, now()),
				roster: (frame) => room.rosterArrived(key, frame, now()),
				lost: () => lose(key, "transportLost"),
			},
		});
		members.set(key, member);
	}

	function obey(message: ToProcess): void {
		switch (message.type) {
			case "add":
				return add(message.participantId, message.fingerprint);
			case "answer": {
				const key = bytesToHex(message.participantId);
				if (members.get(key)?.answer(message.sdp) === false) lose(key, "badAnswer");
				return;
			}
			case "share":
				return room.share(bytesToHex(message.participantId), message.on);
			case "watch": {
				const member = members.get(bytesToHex(message.participantId));
				if (member === undefined) return;
				const cameras = new Map(message.seats.map(({ seat, camera }) => [seat, camera]));
				return room.watch(member.participant, { cameras, screens: new Set(message.screens) });
			}
			case "remove":
				return remove(bytesToHex(message.participantId));
			case "beat": {
				const { user, system } = process.cpuUsage();
				const cpuMs = Math.round((user + system) / 1000);
				return say({ type: "beat", beat: message.beat, cpuMs, packets: room.forwarded });
			}
			case "stop":
				for (const key of members.keys()) remove(key);
				// A clean exit fills the compile cache.
				return void setTimeout(() => process.exit(0), 50);
		}
	}

	process.on("message", (raw) => {
		const message = parseToProcess(raw);
		if (message.ok) obey(message.value);
	});
	// The server is gone: nobody could join or be told anything any more.
	process.on("disconnect", () => process.exit(0));
	setInterval(() => room.tick(now()), 20);
	say({ type: "ready", port: addresses.port });
}

/** What happens in the room, told to the server. */
function tellEvents(members: ReadonlyMap<string, Member>): RoomEvents {
	return {
		seat: (viewer, { index, occupant }) =>
			say({ type: "seat", viewer: idBytes(viewer.key), seat: index, ...occupantOf(occupant) }),
		screen: (viewer, { index, occupant }) =>
			say({ type: "screen", viewer: idBytes(viewer.key), screen: index, ...occupantOf(occupant) }),
		wanted: ({ key }, { camera, screen }) => say({ type: "wanted", participantId: idBytes(key), camera, screen }),
		seatsWanted: (participant, seats) => members.get(participant.key)?.wantSeats(seats),
	};
}

function occupantOf(occupant: Participant | undefined): { readonly occupant?: Bytes } {
	return occupant === undefined ? {} : { occupant: idBytes(occupant.key) };
}

function say(message: FromProcess): void {
	// A server that died in this moment is no fault of the room's: "disconnect" ends it.
	if (process.connected) process.send?.(encodeProcessMessage(message), undefined, undefined, () => {});
}

function idBytes(key: string): Bytes {
	const bytes = hexToBytes(key);
	invariant(bytes.ok, "a participant's key is the hex of its id");
	return bytes.value;
}
