import {
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	equalBytes,
	err,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import {
	type AccountKey,
	type LogId,
	maxLeaves,
	parseAccountKey,
	parseBlobId,
	parseLogId,
	shapeOf,
	type SigningKey,
} from "@sotto/crypto";
import { maxStatementBytes } from "./authenticated-data.ts";
import { joinerCallShape } from "./call/index.ts";
import { maxNameLength, timeShape } from "./content.ts";
import { type DeviceList, maxDeviceListBytes, maxDevices, parseDeviceList } from "./device-list.ts";
import { letterAddressShape } from "./conversation/wishes.ts";
import { maxGroupNameLength } from "./policy.ts";
import { openSigned, signBody, signedShape } from "./signed.ts";

/** The longest greeting of a request, in UTF-16 units. */
export const maxGreetingLength = 1000;
const maxWelcomeBytes = 262_144;
const maxPackageBytes = 65_536;
const maxLetterBytes = 400_000;
const label = "contact request";

const common = {
	v: literalShape(1),
	/** The mailbox it was written for: a recipient cannot pass it on in the author's name. */
	to: shapeOf(parseLogId),
	/** The author's name. */
	name: textShape(maxNameLength),
	sentAt: timeShape,
	/** The author's own link, opened: `k = H("sotto link", account, r)`. */
	profile: mapShape({ logId: shapeOf(parseLogId), readCap: bytesShape(32, 32), r: bytesShape(32, 32) }),
	deviceList: bytesShape(1, maxDeviceListBytes),
	place: integerShape(0, maxDevices - 1),
	groupId: bytesShape(32, 32),
} as const;

const invitation = {
	...common,
	welcome: bytesShape(1, maxWelcomeBytes),
	/** The ratchet tree, checked against the Welcome's tree hash (C1). */
	tree: mapShape({ blobId: shapeOf(parseBlobId), key: bytesShape(32, 32) }),
} as const;

/** What the letter to somebody who was added says of the conversation. */
export const joining = {
	kind: literalShape("direct", "group", "own"),
	/** A group's name, for whoever is asked whether to enter. */
	title: optional(textShape(maxGroupNameLength)),
	/** How many people it names, for the same. */
	people: integerShape(1, maxLeaves),
	/** The call that goes on, or the last one (K1, K2). */
	call: optional(joinerCallShape),
	/** Where the devices that were there already are rung (R1), as far as the author knows. */
	rings: listShape(mapShape({ leaf: integerShape(0, 1023), address: bytesShape(80, 160) }), maxLeaves),
	/** What the author calls who is there: hearsay, until they say so themselves. */
	names: listShape(mapShape({ account: shapeOf(parseAccountKey), name: textShape(maxNameLength) }), maxLeaves),
};

const letterShape = taggedShape("type", {
	/** Asks for contact (P3). */
	request: mapShape({ ...invitation, type: literalShape("request"), greeting: textShape(maxGreetingLength) }),
	/** Tells an account's devices that they were added to a conversation (C1). */
	welcome: mapShape({
		...invitation,
		type: literalShape("welcome"),
		...joining,
	}),
	/** A device that is not in a conversation of its account asks a member to carry its statement out (D3). */
	readmission: mapShape({
		...common,
		type: literalShape("readmission"),
		/** `enter`, signed by the account key, or `replace`, signed by the leaf that goes (C9). */
		statement: bytesShape(1, maxStatementBytes),
		/** That leaf's signature key. */
		signatureKey: optional(bytesShape(32, 32)),
		/** The package that the statement names. */
		keyPackage: bytesShape(1, maxPackageBytes),
		/** Where the Welcome is to go. */
		letterTo: letterAddressShape,
	}),
});
/** What lies in a mailbox. */
export type Letter = ShapeOf<typeof letterShape>;
export type ContactRequest = Letter & { readonly type: "request" };
export type WelcomeLetter = Letter & { readonly type: "welcome" };
export type ReadmissionLetter = Letter & { readonly type: "readmission" };
type Opened = { readonly account: AccountKey; readonly devices: DeviceList };
export type OpenedRequest = ContactRequest & Opened;
export type OpenedWelcome = WelcomeLetter & Opened;
export type OpenedReadmission = ReadmissionLetter & Opened;
export type OpenedLetter = OpenedRequest | OpenedWelcome | OpenedReadmission;

const signed = signedShape(maxLetterBytes);
const envelopeShape = mapShape({
	request: optional(signed),
	welcome: optional(signed),
	readmission: optional(signed),
});

/** The content of a mailbox record, signed by the device that writes it. */
export async function makeLetter(deviceKey: SigningKey, letter: Letter): Promise<Bytes> {
	return encodeCbor({ [letter.type]: await signBody(label, deviceKey, encodeCbor({ ...letter } as CborValue)) });
}

/**
 * Reads a mailbox record's content. Without the signature a stranger could write under somebody else's link and name. Errors:
 * `malformed`; `notForThisMailbox`; `badSignature`.
 */
export async function openLetter(
	mailbox: LogId,
	content: Uint8Array,
): Promise<Result<OpenedLetter, "malformed" | "notForThisMailbox" | "badSignature">> {
	const envelope = parseCbor(envelopeShape, content);
	if (!envelope.ok) return err("malformed");
	const [sent, more] = Object.entries(envelope.value);
	if (sent === undefined || more !== undefined) return err("malformed");
	const [type, body] = sent;
	const claimed = parseCbor(letterShape, body.body);
	if (!claimed.ok || claimed.value.type !== type) return err("malformed");
	if (!equalBytes(claimed.value.to, mailbox)) return err("notForThisMailbox");
	const devices = await parseDeviceList(claimed.value.deviceList);
	if (!devices.ok) return err("badSignature");
	const device = devices.value.devices[claimed.value.place];
	if (device === undefined) return err("badSignature");
	const letter = await openSigned(label, device, letterShape, body);
	return letter.ok
		? ok({ ...letter.value, account: devices.value.account, devices: devices.value })
		: err("badSignature");
}
