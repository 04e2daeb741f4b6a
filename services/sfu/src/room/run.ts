import { randomInt } from "node:crypto";
import process from "node:process";
import { type Bytes, bytesToHex, hexToBytes, invariant } from "@sotto/bytes";
import { openAddresses } from "./addresses.ts";
import {
	encodeProcessMessage,
	type FromProcess,
	parseToProcess,
	type RoomSettings,
	type ToProcess,
} from "./messages.ts";
import { Participant, type SeatSsrcs } from "./participant.ts";
import { openPeer, type Peer } from "./peer.ts";
import { type ObservePacket, Room } from "./room.ts";

type Member = { readonly fingerprint: Uint8Array; readonly peer: Peer; readonly participant: Participant };

/**
 * A room's process: rooms meet strangers' packets in native code that one packet can hang, so each has a process of its own
 * that the server watches, kills and replaces. `observe` is for the lab's harness only.
 */
export async function runRoom(settings: RoomSettings, observe?: ObservePacket): Promise<void> {
	const members = new Map<string, Member>();
	const addresses = await openAddresses(settings);
	const now = () => performance.now();
	const room = new Room(
		({ viewer, seat }) =>
			say({
				type: "seat",
				viewer: idBytes(viewer.key),
				seat: seat.index,
				...(seat.occupant === undefined ? {} : { occupant: idBytes(seat.occupant.key) }),
			}),
		observe,
	);

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
		const seats = Array.from({ length: settings.seats }, randomSeatSsrcs);
		const peer = openPeer(addresses, seats, {
			offer: (sdp) => say({ type: "offer", participantId: id, sdp, seats: settings.seats }),
			open: () => {
				const member = members.get(key);
				if (member !== undefined && !room.has(key)) room.enter(member.participant, member.peer.sendRoster, now());
			},
			packet: (mid, packet) => room.packetArrived(key, mid, packet, now()),
			roster: (frame) => room.rosterArrived(key, frame, now()),
			lost: () => lose(key, "transportLost"),
		});
		const participant = new Participant(key, seats, peer.send, () => randomInt(0x1_0000));
		members.set(key, { fingerprint, peer, participant });
	}

	function obey(message: ToProcess): void {
		switch (message.type) {
			case "add":
				return add(message.participantId, message.fingerprint);
			case "answer": {
				const member = members.get(bytesToHex(message.participantId));
				if (member === undefined) return;
				const taken = member.peer.answer(message.sdp, member.fingerprint);
				if (!taken.ok) lose(bytesToHex(message.participantId), "badAnswer");
				return;
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

function say(message: FromProcess): void {
	// A server that died in this moment is no fault of the room's: "disconnect" ends it.
	if (process.connected) process.send?.(encodeProcessMessage(message), undefined, undefined, () => {});
}

function idBytes(key: string): Bytes {
	const bytes = hexToBytes(key);
	invariant(bytes.ok, "a participant's key is the hex of its id");
	return bytes.value;
}

/** Random, so that an SSRC says nothing about when or as which of many a participant came. */
function randomSeatSsrcs(): SeatSsrcs {
	const ssrc = () => randomInt(0x1_0000, 0xffff_ffff);
	return { audio: ssrc(), video: ssrc(), videoRtx: ssrc() };
}
