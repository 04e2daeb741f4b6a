import {
	booleanShape,
	type Bytes,
	base64urlToBytes,
	bytesShape,
	bytesToBase64url,
	invariant,
	literalShape,
	mapShape,
	ok,
	optional,
	type Shape,
	type ShapeOf,
} from "@sotto/bytes";

/** A call's name inside the state machines: base64url of its 16 random bytes. On the wire it is the bytes. */
export type CallKey = string;

/** 16 bytes on the wire, text in here: the machine compares and stores it. */
const callIdShape: Shape<CallKey> = (value, at) => {
	const bytes = bytesShape(16, 16)(value, at);
	return bytes.ok ? ok(bytesToBase64url(bytes.value)) : bytes;
};

/** The wire form of a {@link CallKey}. */
export function callKeyToBytes(key: CallKey): Bytes {
	const bytes = base64urlToBytes(key, 16);
	invariant(bytes.ok && bytes.value.length === 16, "a call key is 16 bytes of base64url");
	return bytes.value;
}

export function bytesToCallKey(bytes: Uint8Array): CallKey {
	invariant(bytes.length === 16, "a call id has 16 bytes");
	return bytesToBase64url(bytes);
}

/**
 * K1: what is said about calls in a conversation. The order of the log settles who called first.
 * `previous` is the call that its author takes for over, missing if there was none.
 */
export const callContentShapes = {
	callStarted: mapShape({
		kind: literalShape("callStarted"),
		callId: callIdShape,
		previous: optional(callIdShape),
		video: booleanShape,
	}),
	/** A device took the call: the caller may join, the account's other devices stop ringing. */
	callAnswered: mapShape({ kind: literalShape("callAnswered"), callId: callIdShape }),
	callDeclined: mapShape({
		kind: literalShape("callDeclined"),
		callId: callIdShape,
		reason: literalShape("declined", "busy"),
	}),
	/** A courtesy: whoever does not get it finds out by the room being gone. */
	callEnded: mapShape({ kind: literalShape("callEnded"), callId: callIdShape }),
} as const;

export type CallContent = ShapeOf<(typeof callContentShapes)[keyof typeof callContentShapes]>;

/** How content goes onto the wire: {@link encodeCbor} of this is what {@link callContentShapes} parse. */
export function callContentToWire(content: CallContent) {
	const callId = callKeyToBytes(content.callId);
	if (content.kind !== "callStarted") return { ...content, callId };
	const { previous, ...rest } = content;
	return { ...rest, callId, ...(previous === undefined ? {} : { previous: callKeyToBytes(previous) }) };
}
