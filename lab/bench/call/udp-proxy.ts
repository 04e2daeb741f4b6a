import { createSocket, type Socket } from "node:dgram";
import type { Line } from "./line.ts";

export type UdpProxy = {
	/** Of 127.0.0.1: what is sent there goes to the target, and answers come back from there. */
	readonly port: number;
	readonly close: () => void;
};

export type Target = { readonly address: string; readonly port: number };

/** Packets on their way through a line, let out in their order when their time has come. */
class Way {
	readonly #line: Line;
	readonly #send: (packet: Buffer) => void;
	readonly #waiting: { readonly at: number; readonly packet: Buffer }[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(line: Line, send: (packet: Buffer) => void) {
		this.#line = line;
		this.#send = send;
	}

	arrived(packet: Buffer): void {
		const now = performance.now();
		const at = this.#line.take(packet.length, now);
		if (at === undefined) return;
		if (at <= now && this.#waiting.length === 0) return this.#send(packet);
		this.#waiting.push({ at, packet });
		this.#timer ??= setTimeout(this.#letOut, at - now);
	}

	readonly #letOut = (): void => {
		this.#timer = undefined;
		// Timers count whole milliseconds.
		const now = performance.now() + 0.5;
		for (let next = this.#waiting[0]; next !== undefined && next.at <= now; next = this.#waiting[0]) {
			this.#waiting.shift();
			this.#send(next.packet);
		}
		const [next] = this.#waiting;
		if (next !== undefined) this.#timer = setTimeout(this.#letOut, Math.max(1, next.at - now));
	};

	close(): void {
		clearTimeout(this.#timer);
	}
}

/**
 * A line of a bad quality in front of a UDP port, in userspace: for one client, which sends to the proxy's port instead. Lines may be
 * shared by several proxies: one bottleneck then.
 */
export async function openUdpProxy(target: Target, up: Line, down: Line): Promise<UdpProxy> {
	const [near, far] = [createSocket("udp4"), createSocket("udp4")];
	let client: Target | undefined;
	const upwards = new Way(up, (packet) => far.send(packet, target.port, target.address));
	const downwards = new Way(down, (packet) => client && near.send(packet, client.port, client.address));
	near.on("message", (packet, { address, port }) => {
		client = { address, port };
		upwards.arrived(packet);
	});
	far.on("message", (packet) => downwards.arrived(packet));
	await Promise.all([bind(near, "127.0.0.1"), bind(far)]);
	return {
		port: near.address().port,
		close() {
			for (const way of [upwards, downwards]) way.close();
			for (const socket of [near, far]) socket.close();
		},
	};
}

function bind(socket: Socket, address?: string): Promise<void> {
	// Nobody listens there any more, says the system: packets of a connection that has ended.
	socket.on("error", () => undefined);
	return new Promise((resolve) => socket.bind(0, address, resolve));
}
