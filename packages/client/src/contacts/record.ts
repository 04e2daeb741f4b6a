import {
	booleanShape,
	type Bytes,
	bytesShape,
	encodeCbor,
	integerShape,
	literalShape,
	mapShape,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { parseAccountKey, parseBlobId, parseLogId, shapeOf } from "@sotto/crypto";
import { maxDeviceListBytes, maxGreetingLength, maxNameLength, timeShape } from "@sotto/protocol";
import { revealed, secretShape } from "../store/secrets.ts";

const contactShape = mapShape({
	v: literalShape(1),
	account: shapeOf(parseAccountKey),
	name: textShape(maxNameLength),
	/** The contact's link, opened (P1). */
	profile: mapShape({ logId: shapeOf(parseLogId), readCap: secretShape(32), k: secretShape(32) }),
	/** Highest version seen; an older one is never taken (P2, D1). 0 before the profile was read. */
	version: integerShape(0, 2 ** 31),
	deviceList: bytesShape(1, maxDeviceListBytes),
	verified: booleanShape,
	readAt: timeShape,
});
/** Somebody this device has asked for contact, or accepted. */
export type Contact = ShapeOf<typeof contactShape>;

export function encodeContact(contact: Contact): Bytes {
	const { logId, readCap, k } = contact.profile;
	return encodeCbor({ ...contact, profile: { logId, readCap: revealed(readCap), k: revealed(k) } });
}

export function decodeContact(bytes: Uint8Array): Result<Contact, ShapeError> {
	return parseCbor(contactShape, bytes);
}

const requestRecordShape = mapShape({
	v: literalShape(1),
	account: shapeOf(parseAccountKey),
	name: textShape(maxNameLength),
	greeting: textShape(maxGreetingLength),
	at: timeShape,
	/** "crossing": one asked this person too, and this is the group that remains (C10). */
	state: literalShape("open", "ignored", "crossing"),
	profile: mapShape({ logId: shapeOf(parseLogId), readCap: secretShape(32), k: secretShape(32) }),
	deviceList: bytesShape(1, maxDeviceListBytes),
	groupId: bytesShape(32, 32),
	welcome: bytesShape(1, 262_144),
	tree: mapShape({ blobId: shapeOf(parseBlobId), key: secretShape(32) }),
});
/** A request for contact that waits for its answer. */
export type RequestRecord = ShapeOf<typeof requestRecordShape>;

export function encodeRequestRecord(request: RequestRecord): Bytes {
	const { logId, readCap, k } = request.profile;
	return encodeCbor({
		...request,
		profile: { logId, readCap: revealed(readCap), k: revealed(k) },
		tree: { blobId: request.tree.blobId, key: revealed(request.tree.key) },
	});
}

export function decodeRequestRecord(bytes: Uint8Array): Result<RequestRecord, ShapeError> {
	return parseCbor(requestRecordShape, bytes);
}
