import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { type Bytes, bytesToHex, hexToBytes, invariant } from "@sotto/bytes";
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
	const port = await freePort(settings);
	const bindAddress = ownAddress(settings.mediaAddress);
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
		const peer = openPeer({ mediaAddress: settings.mediaAddress, bindAddress, port }, seats, {
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
	say({ type: "ready", port });
}

function say(message: FromProcess): void {
	if (process.connected) process.send?.(encodeProcessMessage(message));
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

/** The address to bind: `address` if an interface of this machine has it, else all (behind a NAT it has another). */
function ownAddress(address: string): string | undefined {
	const own = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
	return own ? address : undefined;
}

/** One free UDP port of the range; the system's choice for the range 0 to 0. Throws when none is free. */
async function freePort({ mediaAddress, ports }: RoomSettings): Promise<number> {
	const span = ports.to - ports.from + 1;
	const start = span > 1 ? randomInt(span) : 0;
	for (let step = 0; step < span; step++) {
		const port = await tryPort(mediaAddress, ports.from + ((start + step) % span));
		if (port !== undefined) return port;
	}
	throw new Error(`no free UDP port from ${ports.from} to ${ports.to}`);
}

function tryPort(mediaAddress: string, port: number): Promise<number | undefined> {
	return new Promise((resolve) => {
		const socket = createSocket(isIP(mediaAddress) === 6 ? "udp6" : "udp4");
		socket.once("error", () => resolve(undefined));
		socket.bind(port, ownAddress(mediaAddress), () => {
			const chosen = socket.address().port;
			socket.close(() => resolve(chosen));
		});
	});
}
