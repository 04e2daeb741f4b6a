import {
	booleanShape,
	bytesShape,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";

/**
 * What a call's media and its line, the process with the WebRTC connection, say to each other: CBOR, one message a frame,
 * parsed on both sides. The line is where the server's packets meet native code: it is given sealed frames and no key, and its
 * words are checked like a stranger's.
 */
const sdp = textShape(49_152);
const frame = bytesShape(1, 1_400);
const uint32 = integerShape(0, 0xffff_ffff);
/** Of a sealed picture. */
export const maxPictureBytes = 1 << 20;
const maxMessageBytes = 2 << 20;
/** Frames that the line hands over at once. */
export const maxHeardFrames = 2_000;

const toLineShape = taggedShape("type", {
	offer: mapShape({ type: literalShape("offer"), sdp }),
	/** One sealed frame of sound: the line sends one every 20 ms. */
	sound: mapShape({ type: literalShape("sound"), frame }),
	/** One sealed picture, sent at once. */
	picture: mapShape({
		type: literalShape("picture"),
		codec: literalShape("vp8", "vp9"),
		frame: bytesShape(1, maxPictureBytes),
		isKeyFrame: booleanShape,
		width: integerShape(0, 0xffff),
		height: integerShape(0, 0xffff),
		timestamp: uint32,
	}),
	roster: mapShape({ type: literalShape("roster"), frame: bytesShape(1, 65_536) }),
	/** Sends none of the frames of sound that still wait (K5). */
	drop: mapShape({ type: literalShape("drop") }),
	beat: mapShape({ type: literalShape("beat") }),
	stop: mapShape({ type: literalShape("stop") }),
});
export type ToLine = ShapeOf<typeof toLineShape>;

const fromLineShape = taggedShape("type", {
	/** SHA-256 of its certificate (K6). */
	ready: mapShape({ type: literalShape("ready"), fingerprint: bytesShape(32, 32) }),
	answer: mapShape({ type: literalShape("answer"), sdp }),
	/** Media and the roster channel are up. */
	connected: mapShape({ type: literalShape("connected") }),
	heard: mapShape({
		type: literalShape("heard"),
		frames: listShape(
			mapShape({ seat: integerShape(0, 63), sequence: integerShape(0, 0xffff), timestamp: uint32, frame }),
			maxHeardFrames,
		),
	}),
	/** So many frames of sound have left: there is room for as many. */
	sent: mapShape({ type: literalShape("sent"), frames: integerShape(1, 64) }),
	/** The answer to `drop`: so many had not left. */
	dropped: mapShape({ type: literalShape("dropped"), frames: integerShape(0, 64) }),
	roster: mapShape({ type: literalShape("roster"), frame: bytesShape(1, 65_536) }),
	lost: mapShape({ type: literalShape("lost") }),
	/** The answer to `beat`, with sums since it started. */
	beat: mapShape({
		type: literalShape("beat"),
		cpuMs: integerShape(0, Number.MAX_SAFE_INTEGER),
		packets: integerShape(0, Number.MAX_SAFE_INTEGER),
		bytes: integerShape(0, Number.MAX_SAFE_INTEGER),
	}),
});
export type FromLine = ShapeOf<typeof fromLineShape>;
export type HeardFrame = Extract<FromLine, { type: "heard" }>["frames"][number];

export function encodeLineMessage(message: ToLine | FromLine): Uint8Array<ArrayBuffer> {
	return encodeCbor(message);
}

export function parseToLine(message: unknown): Result<ToLine, ShapeError> {
	return parseCbor(toLineShape, boundedBytes(message));
}

export function parseFromLine(message: unknown): Result<FromLine, ShapeError> {
	return parseCbor(fromLineShape, boundedBytes(message));
}

/** An empty byte string, which is no CBOR, stands for whatever is not bytes of a sane length. */
function boundedBytes(message: unknown): Uint8Array {
	return message instanceof Uint8Array && message.length <= maxMessageBytes ? message : new Uint8Array(0);
}
