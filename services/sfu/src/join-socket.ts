import {
	apiVersion,
	joinSignatureLabel,
	joinSignedMessage,
	maxRoomFrameBytes,
	type GoneReason,
	type RefusalCode,
	type RoomEvent,
	type RoomRequest,
	roomRequestShape,
	roomSilenceMs,
	type WireRoomId,
} from "@sotto/api";
import { type Bytes, encodeCbor, parseCbor } from "@sotto/bytes";
import { verify } from "@sotto/crypto";
import type { Guest, Rooms } from "./rooms.ts";

/** The little that a joining connection needs of a WebSocket. */
export type JoinSocket = {
	readonly send: (frame: Bytes) => void;
	readonly close: () => void;
};

export type JoinConnection = {
	readonly frameArrived: (frame: Uint8Array) => void;
	readonly closed: () => void;
	/** To be called about every second: ends a connection that has been silent. */
	readonly tick: () => void;
};

type Phase =
	| { readonly phase: "joining" }
	| { readonly phase: "checking" }
	| { readonly phase: "joined"; readonly roomId: WireRoomId; readonly guest: Guest; offers: number }
	| { readonly phase: "over" };

/** A joined client says a few words: answers, what it watches, pings. More than this many frames in a second is no client of ours. */
const maxFramesPerSecond = 20;

/**
 * The server's side of `/v1/room/join`: nonce, join, offer, answer, then seats and pings (docs/spec/rooms.md). `now` is
 * monotonic, in ms.
 */
export function openJoin(socket: JoinSocket, rooms: Rooms, nonce: Bytes, now: () => number): JoinConnection {
	let state: Phase = { phase: "joining" };
	let heardAt = now();
	let frames = { second: 0, count: 0 };

	const tell = (event: RoomEvent) => socket.send(encodeCbor(event));
	const refuse = (code: RefusalCode) => {
		if (state.phase === "over") return;
		leave();
		tell({ type: "refused", code });
		socket.close();
	};
	const leave = () => {
		if (state.phase === "joined") rooms.leave(state.roomId, state.guest);
		state = { phase: "over" };
	};

	async function join(request: Extract<RoomRequest, { type: "join" }>): Promise<void> {
		if (request.v !== apiVersion) return refuse("unknownVersion");
		const key = rooms.joinKey(request.roomId);
		if (key === undefined) return refuse("notFound");
		state = { phase: "checking" };
		const message = joinSignedMessage(nonce, request.participantId, request.fingerprint);
		const isRight = await verify(joinSignatureLabel, key, message, request.signature);
		// It may have closed or misbehaved meanwhile.
		if ((state as Phase).phase !== "checking") return;
		if (!isRight) return refuse("badSignature");
		const guest: Guest = {
			participantId: request.participantId,
			fingerprint: request.fingerprint,
			tell(event) {
				if (event.type === "offer" && state.phase === "joined") state.offers++;
				tell(event);
			},
			end(reason: GoneReason) {
				state = { phase: "over" };
				tell({ type: "gone", reason });
				socket.close();
			},
		};
		const entered = rooms.enter(request.roomId, guest);
		if (!entered.ok) return refuse(entered.error);
		state = { phase: "joined", roomId: request.roomId, guest, offers: 0 };
	}

	tell({ type: "nonce", nonce });
	return {
		frameArrived(frame) {
			if (state.phase === "over") return;
			heardAt = now();
			const second = Math.floor(heardAt / 1000);
			frames = { second, count: frames.second === second ? frames.count + 1 : 1 };
			if (frames.count > maxFramesPerSecond) return refuse("tooManyRequests");
			if (frame.length > maxRoomFrameBytes) return refuse("tooLarge");
			const request = parseCbor(roomRequestShape, frame);
			if (!request.ok) return refuse("malformed");
			switch (request.value.type) {
				case "join":
					return state.phase === "joining" ? void join(request.value) : refuse("malformed");
				case "answer":
					// One answer for each offer.
					if (state.phase !== "joined" || state.offers === 0) return refuse("malformed");
					state.offers--;
					return rooms.say(state.roomId, state.guest, request.value);
				case "share":
				case "watch":
					if (state.phase !== "joined") return refuse("malformed");
					return rooms.say(state.roomId, state.guest, request.value);
				case "ping":
					return tell({ type: "pong" });
			}
		},
		closed: leave,
		tick() {
			if (state.phase !== "over" && now() - heardAt > roomSilenceMs) {
				leave();
				socket.close();
			}
		},
	};
}
