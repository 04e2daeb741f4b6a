import {
	type Bytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	err,
	integerShape,
	literalShape,
	mapShape,
	ok,
	parseCbor,
	type Result,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { type AccountKey, type LogId, parseBlobId, parseLogId, shapeOf, type SigningKey } from "@sotto/crypto";
import { timeShape } from "./content.ts";
import { type DeviceList, maxDeviceListBytes, maxDevices, parseDeviceList } from "./device-list.ts";
import { maxNameLength } from "./profile.ts";
import { openSigned, signBody, signedShape } from "./signed.ts";

/** The longest greeting of a request, in UTF-16 units. */
export const maxGreetingLength = 1000;
const maxWelcomeBytes = 262_144;
const maxRequestBytes = 300_000;
const label = "contact request";

const requestShape = mapShape({
	v: literalShape(1),
	type: literalShape("request"),
	/** The mailbox it was written for: a recipient cannot pass it on in the author's name. */
	to: shapeOf(parseLogId),
	name: textShape(maxNameLength),
	greeting: textShape(maxGreetingLength),
	sentAt: timeShape,
	/** The requester's own link, opened: `k = H("sotto link", account, r)`. */
	profile: mapShape({ logId: shapeOf(parseLogId), readCap: bytesShape(32, 32), r: bytesShape(32, 32) }),
	deviceList: bytesShape(1, maxDeviceListBytes),
	place: integerShape(0, maxDevices - 1),
	groupId: bytesShape(32, 32),
	welcome: bytesShape(1, maxWelcomeBytes),
	/** The ratchet tree, checked against the Welcome's tree hash (C1). */
	tree: mapShape({ blobId: shapeOf(parseBlobId), key: bytesShape(32, 32) }),
});
export type ContactRequest = ShapeOf<typeof requestShape>;
export type OpenedRequest = ContactRequest & { readonly account: AccountKey; readonly devices: DeviceList };

const envelopeShape = mapShape({ request: signedShape(maxRequestBytes) });

/** The content of a mailbox record that asks for contact (P3), signed by the requesting device. */
export async function makeRequest(deviceKey: SigningKey, request: ContactRequest): Promise<Bytes> {
	return encodeCbor({ request: await signBody(label, deviceKey, encodeCbor(request)) });
}

/**
 * Reads a mailbox record's content. Without the signature a stranger could ask under somebody else's link and name. Errors:
 * `malformed`; `notForThisMailbox`; `badSignature`.
 */
export async function openRequest(
	mailbox: LogId,
	content: Uint8Array,
): Promise<Result<OpenedRequest, "malformed" | "notForThisMailbox" | "badSignature">> {
	const envelope = parseCbor(envelopeShape, content);
	if (!envelope.ok) return err("malformed");
	const claimed = parseCbor(requestShape, envelope.value.request.body);
	if (!claimed.ok) return err("malformed");
	if (!equalBytes(claimed.value.to, mailbox)) return err("notForThisMailbox");
	const devices = await parseDeviceList(claimed.value.deviceList);
	if (!devices.ok) return err("badSignature");
	const device = devices.value.devices[claimed.value.place];
	if (device === undefined) return err("badSignature");
	const request = await openSigned(label, device, requestShape, envelope.value.request);
	return request.ok
		? ok({ ...request.value, account: devices.value.account, devices: devices.value })
		: err("badSignature");
}
