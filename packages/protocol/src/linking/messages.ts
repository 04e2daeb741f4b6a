import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	literalShape,
	mapShape,
	ok,
	parseCbor,
	type Result,
	type ShapeOf,
	taggedShape,
} from "@sotto/bytes";

/** Bytes of what one device hands to the other at the end. */
export const maxHandoverBytes = 262_144;
const maxMessageBytes = maxHandoverBytes + 1024;

const nonce = bytesShape(32, 32);
const sealedName = bytesShape(28, 1024);

const messageShape = taggedShape("type", {
	/** New device: its ephemeral X-Wing key. */
	hello: mapShape({ type: literalShape("hello"), v: literalShape(1), publicKey: bytesShape(1216, 1216) }),
	/** Existing device: a secret sealed to that key, and the commitment to its nonce. */
	answer: mapShape({ type: literalShape("answer"), sealed: bytesShape(1168, 1168), commitment: nonce }),
	/** New device: its nonce, once it is held to the other's commitment; and its name. */
	nonce: mapShape({ type: literalShape("nonce"), nonce, name: sealedName }),
	/** Existing device: what it committed to; and its account's name. */
	reveal: mapShape({ type: literalShape("reveal"), nonce, name: sealedName }),
	/** New device: its user saw the same digits; its device key. */
	confirm: mapShape({ type: literalShape("confirm"), sealed: bytesShape(28, 4096) }),
	/** Existing device: its user saw them too; what a device of the account needs. */
	handover: mapShape({ type: literalShape("handover"), sealed: bytesShape(28, maxHandoverBytes) }),
	/** New device: it is one of the account's now. */
	done: mapShape({ type: literalShape("done"), sealed: bytesShape(28, 1024) }),
	abort: mapShape({ type: literalShape("abort"), reason: literalShape("mismatch", "cancelled", "tooManyDevices") }),
});

/** What two devices say to each other in the rendezvous log, in this order (D2). */
export type LinkingMessage = ShapeOf<typeof messageShape>;

export function encodeLinkingMessage(message: LinkingMessage): Bytes {
	return encodeCbor({ ...message });
}

export function parseLinkingMessage(bytes: Uint8Array): Result<LinkingMessage, "malformed"> {
	if (bytes.length > maxMessageBytes) return err("malformed");
	const message = parseCbor(messageShape, bytes);
	return message.ok ? ok(message.value) : err("malformed");
}
