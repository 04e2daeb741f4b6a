import { simulcastRids, watchedScreensShape, watchedSeatsShape } from "@sotto/api";
import {
	booleanShape,
	bytesShape,
	encodeCbor,
	integerShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";

/**
 * What the server and a room's process say to each other: CBOR, one message a frame, parsed on both sides. The process is
 * where strangers' packets meet native code, so its words are checked like a stranger's.
 */
const participantId = bytesShape(16, 16);
const sdp = textShape(49_152);
export const maxProcessMessageBytes = 131_072;

const toProcessShape = taggedShape("type", {
	/** A participant's DTLS certificate must have this SHA-256 fingerprint (K6). */
	add: mapShape({ type: literalShape("add"), participantId, fingerprint: bytesShape(32, 32) }),
	answer: mapShape({ type: literalShape("answer"), participantId, sdp }),
	share: mapShape({ type: literalShape("share"), participantId, on: booleanShape }),
	/** What is on a participant's screen: see `watch` in @sotto/api. */
	watch: mapShape({
		type: literalShape("watch"),
		participantId,
		seats: watchedSeatsShape,
		screens: watchedScreensShape,
	}),
	remove: mapShape({ type: literalShape("remove"), participantId }),
	beat: mapShape({ type: literalShape("beat"), beat: integerShape(0, 0xffff_ffff) }),
	stop: mapShape({ type: literalShape("stop") }),
});
export type ToProcess = ShapeOf<typeof toProcessShape>;

const fromProcessShape = taggedShape("type", {
	ready: mapShape({ type: literalShape("ready"), port: integerShape(1, 65_535) }),
	offer: mapShape({
		type: literalShape("offer"),
		participantId,
		sdp,
		seats: integerShape(0, 64),
		screens: integerShape(0, 8),
	}),
	/** `viewer` sees `occupant` in this seat from now on; nobody, if missing. */
	seat: mapShape({
		type: literalShape("seat"),
		viewer: participantId,
		seat: integerShape(0, 63),
		occupant: optional(participantId),
	}),
	/** `viewer` is sent the screen of `occupant` in this place from now on; nobody's, if missing. */
	screen: mapShape({
		type: literalShape("screen"),
		viewer: participantId,
		screen: integerShape(0, 7),
		occupant: optional(participantId),
	}),
	/** What anybody is to be sent of a participant at most: see `wanted` in @sotto/api. */
	wanted: mapShape({
		type: literalShape("wanted"),
		participantId,
		camera: integerShape(0, simulcastRids.length),
		screen: booleanShape,
	}),
	lost: mapShape({ type: literalShape("lost"), participantId, reason: literalShape("transportLost", "badAnswer") }),
	/** The answer to `beat`, with sums since the process started. */
	beat: mapShape({
		type: literalShape("beat"),
		beat: integerShape(0, 0xffff_ffff),
		cpuMs: integerShape(0, Number.MAX_SAFE_INTEGER),
		packets: integerShape(0, Number.MAX_SAFE_INTEGER),
	}),
});
export type FromProcess = ShapeOf<typeof fromProcessShape>;

export function encodeProcessMessage(message: ToProcess | FromProcess): Uint8Array<ArrayBuffer> {
	return encodeCbor(message);
}

export function parseToProcess(message: unknown): Result<ToProcess, ShapeError> {
	return parseCbor(toProcessShape, boundedBytes(message));
}

export function parseFromProcess(message: unknown): Result<FromProcess, ShapeError> {
	return parseCbor(fromProcessShape, boundedBytes(message));
}

/** An empty byte string, which is no CBOR, stands for whatever is not bytes of a sane length. */
function boundedBytes(message: unknown): Uint8Array {
	return message instanceof Uint8Array && message.length <= maxProcessMessageBytes ? message : new Uint8Array(0);
}

/** How a room's process is told what to be: one JSON argument on its command line. */
export type RoomSettings = {
	/** The address that candidates name. */
	readonly mediaAddress: string;
	/** UDP ports to choose one from; both 0: whatever the system gives. */
	readonly ports: { readonly from: number; readonly to: number };
	/** Seats of a participant at most. */
	readonly seats: number;
};
