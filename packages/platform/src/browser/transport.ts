import type { Bytes } from "@sotto/bytes";
import type { Socket, SocketHandler, Transport } from "@sotto/client";
import { createFetchPost } from "../fetch-post.ts";

/** Transport on the browser's fetch and WebSocket; works in pages and workers. */
export function createBrowserTransport(): Transport & { readonly close: () => void } {
	const closing = new AbortController();
	return {
		post: createFetchPost(closing.signal),
		connect: (url, handler) => connect(url, handler, closing.signal),
		close: () => closing.abort(),
	};
}

function connect(url: string, handler: SocketHandler, whenClosed: AbortSignal): Socket {
	let socket: WebSocket;
	try {
		socket = new WebSocket(url);
	} catch {
		// Thrown for a URL that is none, or that this page's policy forbids: a socket that never opened.
		queueMicrotask(() => handler.closed());
		return { send: () => undefined, close: () => undefined };
	}
	socket.binaryType = "arraybuffer";
	const close = () => socket.close();
	whenClosed.addEventListener("abort", close);
	socket.addEventListener("open", () => handler.opened());
	socket.addEventListener("message", ({ data }) => {
		if (data instanceof ArrayBuffer) handler.received(new Uint8Array(data) as Bytes);
		else socket.close();
	});
	socket.addEventListener("close", () => {
		whenClosed.removeEventListener("abort", close);
		handler.closed();
	});
	return {
		send: (frame) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(frame);
		},
		close,
	};
}
