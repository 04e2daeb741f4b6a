import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { RoomSettings } from "./messages.ts";

export type RoomAddresses = {
	/** Where clients reach the room, the best first. */
	readonly addresses: readonly string[];
	/** What is bound; undefined: every address of this machine. */
	readonly bindAddress: string | undefined;
	/** The room's one UDP port. */
	readonly port: number;
};

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * Which addresses a room is reached at and binds. A loopback address serves this machine alone, and Firefox pairs no address
 * of its own with it (measured): the machine's other addresses are offered behind it. An address that no interface has is one
 * of a router in front of us: everything is bound.
 */
export function chooseAddresses(mediaAddress: string, interfaces: Interfaces): Omit<RoomAddresses, "port"> {
	const entries = Object.values(interfaces).flatMap((list) => list ?? []);
	const own = entries.find((entry) => entry.address === mediaAddress);
	if (own === undefined) return { addresses: [mediaAddress], bindAddress: undefined };
	if (!own.internal) return { addresses: [mediaAddress], bindAddress: mediaAddress };
	const others = entries.filter((entry) => !entry.internal && entry.family === "IPv4").map((entry) => entry.address);
	return { addresses: [mediaAddress, ...others.slice(0, 4)], bindAddress: undefined };
}

/** The addresses of a room and a free port of its range. Throws when no port is free. */
export async function openAddresses({ mediaAddress, ports }: RoomSettings): Promise<RoomAddresses> {
	const chosen = chooseAddresses(mediaAddress, networkInterfaces());
	const span = ports.to - ports.from + 1;
	// From a random place, so that rooms that start together do not try the same ports one after the other.
	const start = span > 1 ? randomInt(span) : 0;
	for (let step = 0; step < span; step++) {
		const port = await tryPort(mediaAddress, chosen.bindAddress, ports.from + ((start + step) % span));
		if (port !== undefined) return { ...chosen, port };
	}
	throw new Error(`no free UDP port from ${ports.from} to ${ports.to}`);
}

function tryPort(mediaAddress: string, bindAddress: string | undefined, port: number): Promise<number | undefined> {
	return new Promise((resolve) => {
		const socket = createSocket(isIP(mediaAddress) === 6 ? "udp6" : "udp4");
		socket.once("error", () => resolve(undefined));
		socket.bind(port, bindAddress, () => {
			const chosen = socket.address().port;
			socket.close(() => resolve(chosen));
		});
	});
}
