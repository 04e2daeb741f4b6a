import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createRoomRoute, joinRoomPath, maxRoomFrameBytes } from "@sotto/api";
import { type Bytes, err, ok } from "@sotto/bytes";
import { createApp, serveRoute } from "@sotto/door";
import type { Hono } from "hono";
import { type RawData, WebSocketServer } from "ws";
import { type JoinConnection, openJoin } from "./join-socket.ts";
import { defaultRoomLimits, type RoomLimits, Rooms } from "./rooms.ts";

export type SfuOptions = {
	/** The IP address that clients reach the rooms' UDP ports at; 127.0.0.1 serves this machine alone. */
	readonly mediaAddress: string;
	/** UDP ports for rooms, one each, ends included; undefined: whatever the system gives. */
	readonly mediaPorts?: { readonly from: number; readonly to: number };
	readonly limits?: Partial<RoomLimits>;
	/** Monotonic, ms. */
	readonly now: () => number;
	readonly random: (length: number) => Bytes;
	/** Lines for the operator: sums and reasons, never an address or an id. */
	readonly log: (line: string) => void;
	/** A folder for the room processes' compiled code. */
	readonly compileCache?: string;
	/** What a room's process runs, and its further arguments. The lab puts a room in here that keeps what it sees. */
	readonly roomEntry?: { readonly url: URL; readonly arguments: readonly string[] };
};

export type Sfu = {
	/** Answers `POST /v1/room`. */
	readonly app: Hono;
	/** Takes over an upgrade to `/v1/room/join`. False, and untouched, when it is for somebody else. */
	readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
	readonly count: () => { readonly rooms: number; readonly participants: number };
	readonly processIds: () => readonly number[];
	readonly stop: () => void;
};

const maxConnections = 1_000;

/** The media relay: rooms by join key, each in a process of its own. docs/spec/rooms.md, docs/spec/media.md. */
export function createSfu(options: SfuOptions): Sfu {
	const limits = { ...defaultRoomLimits, ...options.limits };
	const rooms = new Rooms({
		limits,
		log: options.log,
		process: {
			settings: {
				mediaAddress: options.mediaAddress,
				ports: options.mediaPorts ?? { from: 0, to: 0 },
				seats: limits.seats,
			},
			entry: options.roomEntry?.url ?? new URL("./room/process.ts", import.meta.url),
			arguments: options.roomEntry?.arguments ?? [],
			compileCache: options.compileCache,
			now: options.now,
		},
	});
	const connections = new Set<JoinConnection>();
	const sockets = new WebSocketServer({ noServer: true, maxPayload: maxRoomFrameBytes, perMessageDeflate: false });
	sockets.on("connection", (socket) => {
		const connection = openJoin(
			{ send: (frame) => socket.send(frame), close: () => socket.close() },
			rooms,
			options.random(32),
			options.now,
		);
		connections.add(connection);
		socket.on("message", (data, isBinary) => connection.frameArrived(isBinary ? frameBytes(data) : new Uint8Array(0)));
		// Errors are followed by close; without a listener they would end the server.
		socket.on("error", () => {});
		socket.on("close", () => {
			connections.delete(connection);
			connection.closed();
		});
	});
	const timer = setInterval(() => {
		for (const connection of connections) connection.tick();
		rooms.sweep();
	}, 1_000);

	return {
		app: roomRoutes(rooms, options.log),
		handleUpgrade(request, socket, head) {
			if (request.url?.split("?", 1)[0] !== joinRoomPath) return false;
			if (connections.size >= maxConnections) {
				socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
				return true;
			}
			sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
			return true;
		},
		count: () => rooms.count(),
		processIds: () => rooms.processIds(),
		stop() {
			clearInterval(timer);
			rooms.stop();
			for (const socket of sockets.clients) socket.terminate();
			sockets.close();
		},
	};
}

function roomRoutes(rooms: Rooms, log: (line: string) => void): Hono {
	const app = createApp();
	serveRoute(
		app,
		createRoomRoute,
		async ({ joinPublicKey }) => {
			const created = rooms.create(joinPublicKey);
			return created.ok ? ok({ roomId: created.value }) : err({ code: created.error });
		},
		({ route, error, at }) => log(`${route}: ${error} at ${at}`),
	);
	return app;
}

function frameBytes(data: RawData): Uint8Array {
	if (Array.isArray(data)) return Buffer.concat(data);
	return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
