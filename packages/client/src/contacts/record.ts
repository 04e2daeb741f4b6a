import {
	booleanShape,
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { parseAccountKey, parseBlobId, parseLogId, shapeOf } from "@sotto/crypto";
import { joining, maxDeviceListBytes, maxGreetingLength, maxNameLength, timeShape } from "@sotto/protocol";
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

/** Letters about one conversation that wait to be entered, the newest aside. Whoever is added and removed more often misses what lies between. */
export const maxEarlierLetters = 3;

const treeShape = mapShape({ blobId: shapeOf(parseBlobId), key: secretShape(32) });
const welcomeShape = bytesShape(1, 262_144);
const addedShape = mapShape(joining);

const requestRecordShape = mapShape({
	v: literalShape(1),
	account: shapeOf(parseAccountKey),
	name: textShape(maxNameLength),
	greeting: textShape(maxGreetingLength),
	at: timeShape,
	/**
	 * "crossing": one asked this person too, and this is the group that remains (C10). "entering": from oneself or a contact,
	 * or accepted: it is entered as soon as the server lets this device.
	 */
	state: literalShape("open", "ignored", "crossing", "entering"),
	profile: mapShape({ logId: shapeOf(parseLogId), readCap: secretShape(32), k: secretShape(32) }),
	deviceList: bytesShape(1, maxDeviceListBytes),
	groupId: bytesShape(32, 32),
	welcome: welcomeShape,
	tree: treeShape,
	/** Set if it is no request for contact but the Welcome to a conversation that one was added to (C1). */
	added: optional(addedShape),
	/** Letters to the same conversation from before, oldest first: this device was removed in between, and was there (C1). */
	earlier: optional(
		listShape(mapShape({ welcome: welcomeShape, tree: treeShape, added: addedShape }), maxEarlierLetters),
	),
});
/** What lies in the mailbox and waits for its answer: a request for contact, or a Welcome. */
export type RequestRecord = ShapeOf<typeof requestRecordShape>;

export function encodeRequestRecord(request: RequestRecord): Bytes {
	const { logId, readCap, k } = request.profile;
	return encodeCbor({
		...request,
		profile: { logId, readCap: revealed(readCap), k: revealed(k) },
		tree: revealedTree(request.tree),
		added: request.added && ({ ...request.added } as CborValue),
		earlier: request.earlier?.map(
			({ welcome, tree, added }) => ({ welcome, tree: revealedTree(tree), added: { ...added } }) as CborValue,
		),
	});
}

function revealedTree({ blobId, key }: RequestRecord["tree"]) {
	return { blobId, key: revealed(key) };
}

export function decodeRequestRecord(bytes: Uint8Array): Result<RequestRecord, ShapeError> {
	return parseCbor(requestRecordShape, bytes);
}
