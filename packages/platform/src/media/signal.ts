import {
	apiVersion,
	createRoomRoute,
	encodeRequest,
	maxRoomFrameBytes,
	parseRefusal,
	parseResponse,
	type RefusalCode,
	type RoomEvent,
	roomEventShape,
	roomPingMs,
	type RoomRequest,
	roomSilenceMs,
	type WireParticipantId,
	type WireRoomId,
} from "@sotto/api";
import { type Bytes, encodeCbor, err, ok, parseCbor, type Result } from "@sotto/bytes";

export type CreateRoomError =
	| { readonly kind: "unreachable" }
	| { readonly kind: "refused"; readonly code: RefusalCode };

/** Makes the room of a join key, or finds it (K2), at `url`. */
export async function createRoom(
	url: string,
	joinPublicKey: Bytes,
	signal: AbortSignal,
): Promise<Result<WireRoomId, CreateRoomError>> {
	try {
		const answer = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/cbor" },
			body: encodeRequest(createRoomRoute, { joinPublicKey }),
			referrerPolicy: "no-referrer",
			credentials: "omit",
			signal,
		});
		const body = new Uint8Array(await answer.arrayBuffer());
		if (answer.ok) {
			const created = parseResponse(createRoomRoute, body);
			return created.ok ? ok(created.value.roomId) : err({ kind: "unreachable" });
		}
		const refusal = parseRefusal(body);
		return err(refusal.ok ? { kind: "refused", code: refusal.value.code } : { kind: "unreachable" });
	} catch {
		return err({ kind: "unreachable" });
	}
}

export type RoomWatch = Extract<RoomRequest, { type: "watch" }>;

export type Signal = {
	readonly join: (join: {
		readonly roomId: WireRoomId;
		readonly participantId: WireParticipantId;
		readonly fingerprint: Bytes;
		readonly signature: Bytes;
	}) => void;
	readonly answer: (sdp: string) => void;
	readonly watch: (watch: Omit<RoomWatch, "type">) => void;
	readonly share: (on: boolean) => void;
	readonly close: () => void;
};

/**
 * The WebSocket of one joining: parses what comes, pings, and reports a server that has fallen silent. `onClose` comes once,
 * whatever the cause, and not after `close`.
 */
export function openSignal(url: string, onEvent: (event: RoomEvent) => void, onClose: () => void): Signal {
	const socket = new WebSocket(url);
	socket.binaryType = "arraybuffer";
	let isOver = false;
	let heardAt = performance.now();

	const say = (request: RoomRequest) => {
		if (socket.readyState === WebSocket.OPEN) socket.send(encodeCbor(request));
	};
	const timer = setInterval(() => {
		if (performance.now() - heardAt > roomSilenceMs) return end(true);
		say({ type: "ping" });
	}, roomPingMs);
	function end(isTold: boolean): void {
		if (isOver) return;
		isOver = true;
		clearInterval(timer);
		socket.close();
		if (isTold) onClose();
	}

	socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
		if (isOver) return;
		heardAt = performance.now();
		if (!(data instanceof ArrayBuffer) || data.byteLength > maxRoomFrameBytes) return end(true);
		const event = parseCbor(roomEventShape, new Uint8Array(data));
		if (!event.ok) return end(true);
		if (event.value.type !== "pong") onEvent(event.value);
	});
	socket.addEventListener("close", () => end(true));

	return {
		join: (join) => say({ type: "join", v: apiVersion, ...join }),
		answer: (sdp) => say({ type: "answer", sdp }),
		watch: (watch) => say({ type: "watch", ...watch }),
		share: (on) => say({ type: "share", on }),
		close: () => end(false),
	};
}
