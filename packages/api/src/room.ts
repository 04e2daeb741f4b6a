import {
	booleanShape,
	type Brand,
	brandedBytes,
	type Bytes,
	bytesShape,
	concat,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { refusals, type RefusalCode } from "./errors.ts";
import type { Route } from "./route.ts";

/** Rooms: docs/spec/rooms.md. A room is known by `roomId = H("sotto room", joinPublicKey)`; the sfu learns no more (K2). */
const joinPublicKey = bytesShape(32, 32);
const participantId = brandedBytes<"ParticipantId">(16);
const roomIdShape = brandedBytes<"RoomId">(32);
export type WireParticipantId = Brand<Bytes, "ParticipantId">;
export type WireRoomId = Brand<Bytes, "RoomId">;
const seat = integerShape(0, 63);
/** Downlink places for shared screens, apart from the seats. */
const screen = integerShape(0, 7);

/** Participants of a room. */
export const maxRoomParticipants = 32;
/** A camera's simulcast layers, low to high; `camera` in `watch` names the highest that is wanted, 0 none. */
export const simulcastRids = ["l", "m", "h"] as const;

/** What is on a screen: of each seat the highest layer that is wanted, and which shared screens. */
export const watchedSeatsShape = listShape(mapShape({ seat, camera: integerShape(0, simulcastRids.length) }), 64);
export const watchedScreensShape = listShape(screen, 8);

function route<Request, Response>(definition: Omit<Route<Request, Response>, "role">): Route<Request, Response> {
	return { role: "sfu", ...definition };
}

/** Idempotent: whoever knows the key makes the same room. Refusals: `tooManyRooms`, `tooManyRequests`. */
export const createRoomRoute = route({
	path: "/v1/room",
	maxRequestBytes: 128,
	maxResponseBytes: 128,
	request: mapShape({ joinPublicKey }),
	response: mapShape({ roomId: roomIdShape }),
});

/** The WebSocket of one participant. Frames are CBOR, one message each, at most `maxRoomFrameBytes`. */
export const joinRoomPath = "/v1/room/join";
export const maxRoomFrameBytes = 65_536;
const maxSdpLength = 49_152;
/** What participants tell each other over the room's data channel, sealed (K4): at most this many bytes a frame. */
export const maxRosterFrameBytes = 4096;
/** Clients ping at this pace; a side that hears nothing for `roomSilenceMs` takes the connection for lost. */
export const roomPingMs = 2_000;
export const roomSilenceMs = 8_000;
/** An empty room ends after this. */
export const emptyRoomMs = 30_000;

/** The label of the Ed25519 signature in `join`; its message is {@link joinSignedMessage} (K6). */
export const joinSignatureLabel = "sotto join";

/** `nonce (32) || participantId (16) || fingerprint (32)`: what the room's key signs to join. */
export function joinSignedMessage(nonce: Uint8Array, participant: Uint8Array, fingerprint: Uint8Array): Bytes {
	return concat(nonce, participant, fingerprint);
}

/**
 * The first message is `join`: the nonce of this connection, the participant id and the SHA-256 fingerprint of the DTLS
 * certificate, signed with the room's key (K6), so that nobody else can take the place or swap the certificate. The
 * certificate in `answer` must be that one.
 */
export const roomRequestShape = taggedShape("type", {
	join: mapShape({
		type: literalShape("join"),
		v: integerShape(0, 65_535),
		roomId: roomIdShape,
		participantId,
		fingerprint: bytesShape(32, 32),
		signature: bytesShape(64, 64),
	}),
	/** The answer to the newest offer. */
	answer: mapShape({ type: literalShape("answer"), sdp: textShape(maxSdpLength) }),
	/** What is on this participant's screen; what is not named is not sent. Sound is always sent. */
	watch: mapShape({
		type: literalShape("watch"),
		seats: watchedSeatsShape,
		screens: watchedScreensShape,
	}),
	/** This participant's screen begins or ends: the room gives it a place with everybody, or takes it away. */
	share: mapShape({ type: literalShape("share"), on: booleanShape }),
	ping: mapShape({ type: literalShape("ping") }),
});
export type RoomRequest = ShapeOf<typeof roomRequestShape>;

/** Why the server ends a connection that it had let in. After each of them the client joins anew. */
export const goneReasons = ["roomRestarted", "transportLost", "badAnswer", "serverStopping"] as const;
export type GoneReason = (typeof goneReasons)[number];

/**
 * An `offer` may come again, with more seats than before, ahead of need: the client answers it on the connection that it has.
 * `offer` carries the server's SDP and how many seats it holds: seat n is the m-lines `a<n>` and `v<n>`. `seat` says who sits
 * where from now on, nobody if `participantId` is missing.
 */
export const roomEventShape = taggedShape("type", {
	nonce: mapShape({ type: literalShape("nonce"), nonce: bytesShape(32, 32) }),
	offer: mapShape({
		type: literalShape("offer"),
		sdp: textShape(maxSdpLength),
		seats: integerShape(0, 64),
		screens: integerShape(0, 8),
	}),
	/** Whose shared screen arrives at m-line `s<n>` from now on; nobody's, if missing. */
	screen: mapShape({ type: literalShape("screen"), screen, participantId: optional(participantId) }),
	seat: mapShape({ type: literalShape("seat"), seat, participantId: optional(participantId) }),
	/**
	 * The most that anybody is to be sent of this participant: its camera's highest layer (0: nobody sees it; 3 also stands for
	 * a camera without layers) and its screen. It need not encode more. First after coming in, then whenever it changes.
	 */
	wanted: mapShape({
		type: literalShape("wanted"),
		camera: integerShape(0, simulcastRids.length),
		screen: booleanShape,
	}),
	pong: mapShape({ type: literalShape("pong") }),
	refused: mapShape({ type: literalShape("refused"), code: literalShape(...(Object.keys(refusals) as RefusalCode[])) }),
	gone: mapShape({ type: literalShape("gone"), reason: literalShape(...goneReasons) }),
});
export type RoomEvent = ShapeOf<typeof roomEventShape>;
