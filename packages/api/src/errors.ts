import { encodeCbor, literalShape, mapShape, optional, parseCbor, type Result, textShape } from "@sotto/bytes";

/**
 * Every refusal a service can give, with its HTTP status: docs/spec/errors.md. A refusal changes nothing on the server.
 * `retryable` says whether the same bytes may succeed later.
 */
export const refusals = {
	malformed: { status: 400, retryable: false },
	unknownVersion: { status: 400, retryable: false },
	tooLarge: { status: 413, retryable: false },
	wrongSize: { status: 400, retryable: false },
	notFound: { status: 404, retryable: false },
	wrongCapability: { status: 403, retryable: false },
	wrongDedupeId: { status: 400, retryable: false },
	headMismatch: { status: 409, retryable: false },
	logFull: { status: 409, retryable: false },
	alreadyWritten: { status: 409, retryable: false },
	tooManyLogs: { status: 429, retryable: true },
	tooManyBlobs: { status: 429, retryable: true },
	tooManyRooms: { status: 429, retryable: true },
	tooManyRequests: { status: 429, retryable: true },
	roomFull: { status: 409, retryable: true },
	badAddress: { status: 400, retryable: false },
	badSignature: { status: 403, retryable: false },
	unknownRoute: { status: 404, retryable: false },
	storageFull: { status: 507, retryable: true },
	unavailable: { status: 503, retryable: true },
} as const;

export type RefusalCode = keyof typeof refusals;

/** The body of every refusal: a code, and for malformed input where it was, never what it held. */
export type Refusal = { readonly code: RefusalCode; readonly at?: string };

const refusalShape = mapShape({
	code: literalShape(...(Object.keys(refusals) as RefusalCode[])),
	at: optional(textShape(200)),
});

export function encodeRefusal(refusal: Refusal): Uint8Array<ArrayBuffer> {
	return encodeCbor(refusal);
}

/** Parses a refusal's body; `bytes` is bounded by the transport. */
export function parseRefusal(bytes: Uint8Array): Result<Refusal, { readonly kind: "wrongShape" }> {
	return parseCbor(refusalShape, bytes);
}
