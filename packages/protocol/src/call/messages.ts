import { base64urlToBytes, bytesToBase64url, invariant } from "@sotto/bytes";
import { type CallId, parseCallId } from "@sotto/crypto";
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
	  }
	| { readonly type: "callAnswered"; readonly callId: CallKey }
	| { readonly type: "callDeclined"; readonly callId: CallKey; readonly reason: "declined" | "busy" }
	| { readonly type: "callEnded"; readonly callId: CallKey };

export function callWordsOf(content: CallContent): CallWords {
	const callId = callIdToKey(content.callId);
	if (content.type !== "callStarted") return { ...content, callId };
	const previous = content.previous === undefined ? undefined : callIdToKey(content.previous);
	return { type: content.type, callId, previous, video: content.video };
}

export function callContentOf(words: CallWords): CallContent {
	const callId = callKeyToId(words.callId);
	if (words.type !== "callStarted") return { ...words, callId };
	const { type, previous, video } = words;
	return previous === undefined ? { type, callId, video } : { type, callId, video, previous: callKeyToId(previous) };
}
