import {
	base64urlToBytes,
	booleanShape,
	bytesShape,
	bytesToBase64url,
	integerShape,
	invariant,
	mapShape,
	optional,
	type ShapeOf,
} from "@sotto/bytes";
import { type CallId, parseCallId, shapeOf } from "@sotto/crypto";
import type { CallContent } from "../call-content.ts";

/** A call's name inside the machine: base64url of its 16 random bytes, so that states compare and store as plain data. */
export type CallKey = string;

export function callIdToKey(callId: CallId): CallKey {
	return bytesToBase64url(callId);
}

/** The inverse of {@link callIdToKey}, for keys that came from it. */
export function callKeyToId(key: CallKey): CallId {
	const bytes = base64urlToBytes(key, 16);
	const callId = bytes.ok ? parseCallId(bytes.value) : bytes;
	invariant(callId.ok, "a call key is 16 bytes of base64url");
	return callId.value;
}

/** What is said about calls in a conversation (K1), with the machine's names. */
export type CallWords =
	| {
			readonly type: "callStarted";
			readonly callId: CallKey;
			/** The call that its author takes for over. */
			readonly previous: CallKey | undefined;
			readonly video: boolean;
			/** Opens the call without ringing anybody. */
			readonly quiet: boolean;
	  }
	| { readonly type: "callAnswered"; readonly callId: CallKey }
	| { readonly type: "callDeclined"; readonly callId: CallKey; readonly reason: "declined" | "busy" }
	| { readonly type: "callEnded"; readonly callId: CallKey };

/** The letter's part about a call (C1), for {@link JoinerCall}: `roomSeed` makes the key pair of the room that is now (K2). */
export const joinerCallShape = mapShape({
	callId: shapeOf(parseCallId),
	video: booleanShape,
	over: booleanShape,
	answered: booleanShape,
	m: integerShape(0, 65_535),
	roomM: integerShape(0, 65_535),
	roomSeed: optional(bytesShape(32, 32)),
});
export type JoinerCallContent = ShapeOf<typeof joinerCallShape>;

export function callWordsOf(content: CallContent): CallWords {
	const callId = callIdToKey(content.callId);
	if (content.type !== "callStarted") return { ...content, callId };
	const previous = content.previous === undefined ? undefined : callIdToKey(content.previous);
	return { type: content.type, callId, previous, video: content.video, quiet: content.ring === false };
}

export function callContentOf(words: CallWords): CallContent {
	const callId = callKeyToId(words.callId);
	if (words.type !== "callStarted") return { ...words, callId };
	const { type, previous, video, quiet } = words;
	return {
		type,
		callId,
		video,
		...(previous === undefined ? {} : { previous: callKeyToId(previous) }),
		...(quiet ? { ring: false } : {}),
	};
}
