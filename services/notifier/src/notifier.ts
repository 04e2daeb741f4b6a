import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { attachPath, maxAttachFrameBytes, notifierKeyRoute, ringRoute } from "@sotto/api";
import { ok } from "@sotto/bytes";
import type { HpkeKeyPair } from "@sotto/crypto";
import { type Clock, createApp, serveRoute } from "@sotto/door";
import type { LogLine } from "@sotto/storage";
import type { Hono } from "hono";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type AttachConnection, openAttach } from "./attach-socket.ts";
import { defaultRingLimits, type RingLimits } from "./limits.ts";
import { createRinger } from "./ring.ts";
import { Switchboard } from "./switchboard.ts";

export type NotifierDependencies = {
	readonly clock: Clock;
	readonly keyPair: HpkeKeyPair;
	readonly limits?: RingLimits;
	/** More connections than this are turned away. */
	readonly maxConnections?: number;
	/** Takes the few lines that may be logged; every one is declared in services/storage/src/schema.ts. */
	readonly log: (line: LogLine) => void;
};

export type Notifier = {
	/** Answers the routes of the notifier: its key, and ring. */
	readonly app: Hono;
	/** Takes over an upgrade to `/v1/attach`. False, and untouched, when it is for somebody else. */
	readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
	/** Sums. `attached`: devices on a line; `awaited`: devices away for which a ring waits. */
	readonly count: () => { readonly attached: number; readonly awaited: number };
	readonly stop: () => void;
};

const tickMs = 5_000;
/** A device that takes nothing while this much waits for it is as good as gone. */
const maxBufferedBytes = 65_536;

/**
 * The notifier role: wakes a device behind a sealed address (R1 to R3, docs/spec/rings.md). It knows wake ids and lines, in memory
 * alone; it keeps and logs no address, no user agent, nobody's coming and going.
 */
export function createNotifier(dependencies: NotifierDependencies): Notifier {
	const { clock, keyPair, log } = dependencies;
	const switchboard = new Switchboard(clock);
	const limits = dependencies.limits ?? defaultRingLimits;
	let toldAt = Number.NEGATIVE_INFINITY;
	const ringer = createRinger(keyPair, switchboard, limits, clock, () => {
		if (clock.now() - toldAt < 3_600_000) return;
		toldAt = clock.now();
		log({ event: "limited", role: "notifier", what: "rings" });
	});
	const door = openSocketDoor(switchboard, clock, dependencies.maxConnections ?? 100_000);
	let cancel = () => {};
	const tick = () => {
		cancel = clock.wakeAt(clock.now() + tickMs, tick);
		switchboard.tick();
		ringer.prune();
		door.tick();
	};
	tick();

	const app = createApp();
	const onFault = (fault: { route: string; error: string; at: string }) =>
		log({ event: "fault", role: "notifier", ...fault });
	serveRoute(app, notifierKeyRoute, async () => ok({ publicKey: keyPair.publicKey }), onFault);
	serveRoute(app, ringRoute, async (request) => ringer.ring(request), onFault);
	return {
		app,
		handleUpgrade: (request, socket, head) => door.handleUpgrade(request, socket, head),
		count: () => switchboard.count(),
		stop() {
			cancel();
			door.stop();
		},
	};
}

/** The WebSocket end: accepts upgrades, and gives each connection to the state machine in attach-socket.ts. */
function openSocketDoor(switchboard: Switchboard, clock: Clock, maxConnections: number) {
	const sockets = new WebSocketServer({
		noServer: true,
		maxPayload: maxAttachFrameBytes,
		perMessageDeflate: false,
		clientTracking: false,
	});
	const open = new Map<WebSocket, AttachConnection>();
	const accept = (socket: WebSocket) => {
		const connection = openAttach(attachSocketOver(socket), switchboard, clock);
		open.set(socket, connection);
		socket.on("message", (data, isBinary) => connection.frameArrived(isBinary ? frameBytes(data) : new Uint8Array()));
		socket.on("pong", connection.pongArrived);
		// Errors are followed by close; without a listener they would end the server.
		socket.on("error", () => {});
		socket.on("close", () => {
			open.delete(socket);
			connection.closed();
		});
	};
	return {
		handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
			if (request.url?.split("?", 1)[0] !== attachPath) return false;
			if (open.size >= maxConnections) socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
			else sockets.handleUpgrade(request, socket, head, accept);
			return true;
		},
		tick() {
			for (const connection of open.values()) connection.tick();
		},
		stop() {
			for (const socket of open.keys()) socket.terminate();
			sockets.close();
		},
	};
}

function attachSocketOver(socket: WebSocket) {
	const ifOpen = (work: () => void) => {
		if (socket.readyState !== WebSocket.OPEN) return;
		if (socket.bufferedAmount > maxBufferedBytes) socket.terminate();
		else work();
	};
	return {
		send: (frame: Uint8Array) => ifOpen(() => socket.send(frame)),
		ping: (payload: Uint8Array) => ifOpen(() => socket.ping(payload)),
		close: (code: number, reason: string) => socket.close(code, reason),
	};
}

function frameBytes(data: RawData): Uint8Array {
	if (Array.isArray(data)) return Buffer.concat(data);
	return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
