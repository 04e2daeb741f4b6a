import { type Bytes, copyBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import { hintContentLength } from "@sotto/crypto";

/** What a ring is about, sealed end to end: its kind, and the place that its author's record took (R3, C8). */
export type Hint = { readonly kind: "message" | "call"; readonly seq: number; readonly head: Bytes };

/** `kind (1: message 1, call 2) || seq (3, big-endian) || head (32)`. */
export function encodeHint(hint: Hint): Bytes {
	invariant(hint.head.length === 32 && hint.seq < 1 << 24, "a hint holds one position");
	const bytes = new Uint8Array(hintContentLength);
	bytes.set([hint.kind === "call" ? 2 : 1, (hint.seq >> 16) & 255, (hint.seq >> 8) & 255, hint.seq & 255]);
	bytes.set(hint.head, 4);
	return bytes;
}

/** The inverse of {@link encodeHint}. A hint is advice: what does not parse means "sync everything". */
export function parseHint(bytes: Uint8Array): Result<Hint, "malformed"> {
	if (bytes.length !== hintContentLength || (bytes[0] !== 1 && bytes[0] !== 2)) return err("malformed");
	const [kind, high, middle, low] = bytes as unknown as readonly [number, number, number, number];
	const head = copyBytes(bytes.subarray(4));
	return ok({ kind: kind === 2 ? "call" : "message", seq: (high << 16) | (middle << 8) | low, head });
}
