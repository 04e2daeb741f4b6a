import type { Bytes } from "@sotto/bytes";
import type { Socket, SocketHandler, Transport } from "@sotto/client";
import { WebSocket } from "ws";
import { createFetchPost } from "../fetch-post.ts";

/** No frame of ours comes near this; a larger one closes the socket. */
const maxFrameBytes = 1 << 20;
const handshakeMs = 15_000;

/** Transport on Node's fetch and `ws`. `close` ends what is under way, so that a command can exit. */
export function createNodeTransport(): Transport & { readonly close: () => void } {
	const closing = new AbortController();
	const sockets = new Set<WebSocket>();
	return {
		post: createFetchPost(closing.signal),
		connect: (url, handler) => connect(url, handler, sockets),
		close: () => {
			closing.abort();
			for (const socket of sockets) socket.terminate();
		},
	};
}

function connect(url: string, handler: SocketHandler, sockets: Set<WebSocket>): Socket {
	let socket: WebSocket;
	try {
		socket = new WebSocket(url, {
			perMessageDeflate: false,
			maxPayload: maxFrameBytes,
			handshakeTimeout: handshakeMs,
			followRedirects: false,
		});
	} catch {
		// ws throws on a URL that is none: for the engine that is a socket that never opened.
		queueMicrotask(() => handler.closed());
		return { send: () => undefined, close: () => undefined };
	}
	sockets.add(socket);
	socket.binaryType = "arraybuffer";
	socket.on("open", () => handler.opened());
	socket.on("message", (data, isBinary) => {
		if (isBinary) handler.received(new Uint8Array(data as ArrayBuffer) as Bytes);
		else socket.close(1003);
	});
	// "close" follows every error.
	socket.on("error", () => undefined);
	socket.on("close", () => {
		sockets.delete(socket);
		handler.closed();
	});
	return {
		send: (frame) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(frame);
		},
		close: () => socket.close(),
	};
}
