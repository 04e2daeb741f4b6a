import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	integerShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { parseLogId, shapeOf } from "@sotto/crypto";
import { maxDeviceListBytes, maxDevices } from "../device-list.ts";
import { maxNameLength } from "../content.ts";
import { maxHandoverBytes } from "./messages.ts";

const secret = bytesShape(32, 32);

const cardShape = mapShape({
	v: literalShape(1),
	/** The key that the account's device list will name (D1). */
	deviceKey: bytesShape(32, 32),
	name: textShape(maxNameLength),
});
/** What a new device says of itself once its user has confirmed. */
export type DeviceCard = ShapeOf<typeof cardShape>;

export function encodeDeviceCard(card: DeviceCard): Bytes {
	return encodeCbor({ ...card });
}

export function parseDeviceCard(bytes: Uint8Array): Result<DeviceCard, "malformed"> {
	const card = parseCbor(cardShape, bytes);
	return card.ok ? ok(card.value) : err("malformed");
}

/** A log that the account's devices share. Its owner's capability stays on primary devices; the hash creates it again (L4). */
const sharedLog = mapShape({
	logId: shapeOf(parseLogId),
	readCap: secret,
	appendCap: secret,
	ownerHash: secret,
	ownerCap: optional(secret),
});

const handoverShape = mapShape({
	v: literalShape(1),
	name: textShape(maxNameLength),
	/** The version that names the new device, and its place in it. */
	deviceList: bytesShape(1, maxDeviceListBytes),
	place: integerShape(0, maxDevices - 1),
	r: secret,
	profile: sharedLog,
	mailbox: sharedLog,
	mailboxPublicKey: bytesShape(1216, 1216),
	mailboxPrivateKey: secret,
	/** Letters up to here are the older devices'. */
	mailboxSeq: integerShape(0, 4096),
	version: mapShape({
		number: integerShape(1, 2 ** 31),
		hash: bytesShape(32, 32),
		content: bytesShape(1, 65_536),
	}),
	/** Only if the user makes the new device a primary one (D1). */
	accountSeed: optional(secret),
});
/** Everything that a device of the account needs to be one. Travels sealed, once, in the linking channel. */
export type Handover = ShapeOf<typeof handoverShape>;

export function encodeHandover(handover: Handover): Bytes {
	return encodeCbor({ ...handover });
}

export function parseHandover(bytes: Uint8Array): Result<Handover, "malformed"> {
	if (bytes.length > maxHandoverBytes) return err("malformed");
	const handover = parseCbor(handoverShape, bytes);
	return handover.ok ? ok(handover.value) : err("malformed");
}
