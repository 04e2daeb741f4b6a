import { bytesShape, listShape, literalShape, mapShape, type ShapeOf, taggedShape } from "@sotto/bytes";
import { refusals, type RefusalCode } from "./errors.ts";
import type { Route } from "./route.ts";

/** Rules R1 to R4. A hint is 64 bytes of end-to-end ciphertext, a ring address 80 to 160 bytes sealed to the notifier. */
export const hintBytes = 64;
const hint = bytesShape(hintBytes, hintBytes);
const tag = bytesShape(16, 16);
export const urgencyShape = literalShape("message", "call");
export type Urgency = ShapeOf<typeof urgencyShape>;

/**
 * The flags byte inside a sealed address. `fromProfile`: it stands in a profile, where every holder of the link finds it (P2), so
 * it never rings as a call and only seldom as a message. Other bits are refused as `badAddress`.
 */
export const ringFlags = { none: 0, fromProfile: 1 } as const;

function route<Request, Response>(definition: Omit<Route<Request, Response>, "role">): Route<Request, Response> {
	return { role: "notifier", ...definition };
}

/** The X25519 public key that ring addresses are sealed to. */
export const notifierKeyRoute = route({
	path: "/v1/notifier/key",
	maxRequestBytes: 64,
	maxResponseBytes: 128,
	request: mapShape({}),
	response: mapShape({ publicKey: bytesShape(32, 32) }),
});

/** Answered alike whether or not a device is attached: the sender learns nothing about presence. */
export const ringRoute = route({
	path: "/v1/ring",
	maxRequestBytes: 512,
	maxResponseBytes: 64,
	request: mapShape({ address: bytesShape(80, 160), hint, urgency: urgencyShape }),
	response: mapShape({}),
});

/** The WebSocket that a device attaches by. Frames are CBOR, at most `maxAttachFrameBytes`. */
export const attachPath = "/v1/attach";
export const maxAttachFrameBytes = 4096;
/** A client that sends nothing for this long is closed; clients ping every 20 s. */
export const attachIdleMs = 60_000;
/** Rings for a device that is away are kept this long. */
export const ringKeptMs = 120_000;

/** `wakeId = H("sotto wake", wakeCap)`: only the device itself can attach. `deny` names the tags of addresses it no longer honours. */
export const attachRequestShape = taggedShape("type", {
	attach: mapShape({ type: literalShape("attach"), wakeCap: bytesShape(32, 32), denied: listShape(tag, 128) }),
	deny: mapShape({ type: literalShape("deny"), denied: listShape(tag, 128) }),
	ping: mapShape({ type: literalShape("ping") }),
});
export type AttachRequest = ShapeOf<typeof attachRequestShape>;

/** Rings that came while the device was away for less than two minutes follow `attached`. */
export const attachEventShape = taggedShape("type", {
	attached: mapShape({ type: literalShape("attached") }),
	ring: mapShape({ type: literalShape("ring"), hint, urgency: urgencyShape }),
	pong: mapShape({ type: literalShape("pong") }),
	refused: mapShape({ type: literalShape("refused"), code: literalShape(...(Object.keys(refusals) as RefusalCode[])) }),
});
export type AttachEvent = ShapeOf<typeof attachEventShape>;
