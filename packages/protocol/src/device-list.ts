import {
	type Bytes,
	bytesShape,
	encodeCbor,
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
} from "@sotto/bytes";
import { type AccountKey, hash, parseAccountKey, shapeOf, type SigningKey } from "@sotto/crypto";
import { encodeSigned, openSigned, signBody, signedShape } from "./signed.ts";

/** Devices that an account may have at a time (C9 allows as many leaves). */
export const maxDevices = 6;
/** Bytes of a signed device list. */
export const maxDeviceListBytes = 2048;
const label = "device list";

const bodyShape = mapShape({
	v: literalShape(1),
	account: shapeOf(parseAccountKey),
	version: integerShape(1, 2 ** 31),
	/** {@link deviceListHash} of the version before; missing in the first. */
	previous: optional(bytesShape(32, 32)),
	/** Ed25519 public keys, in their places. */
	devices: listShape(bytesShape(32, 32), maxDevices),
});

/** The one thing that an account key signs besides its profile: which devices are its own (D1). */
export type DeviceList = ShapeOf<typeof bodyShape> & { readonly encoded: Bytes };

/** Names a version of a device list. */
export function deviceListHash(encoded: Uint8Array): Bytes {
	return hash("sotto device list", encoded);
}

/** Signs the version that follows `previous`, or the first. */
export async function signDeviceList(
	accountKey: SigningKey,
	devices: readonly Uint8Array[],
	previous?: DeviceList,
): Promise<DeviceList> {
	const body = {
		v: 1 as const,
		account: accountKey.publicKey as AccountKey,
		version: (previous?.version ?? 0) + 1,
		...(previous === undefined ? {} : { previous: deviceListHash(previous.encoded) }),
		devices: devices.map((device) => device.slice() as Bytes),
	};
	return { ...body, encoded: encodeSigned(await signBody(label, accountKey, encodeCbor(body))) };
}

/** Parses and verifies a signed device list; it names its account itself. */
export async function parseDeviceList(encoded: Uint8Array): Promise<Result<DeviceList, "badDeviceList">> {
	if (encoded.length > maxDeviceListBytes) return err("badDeviceList");
	const signed = parseCbor(signedShape(maxDeviceListBytes), encoded);
	if (!signed.ok) return err("badDeviceList");
	const claimed = parseCbor(bodyShape, signed.value.body);
	if (!claimed.ok || claimed.value.devices.length === 0) return err("badDeviceList");
	const body = await openSigned(label, claimed.value.account, bodyShape, signed.value);
	return body.ok ? ok({ ...body.value, encoded: encoded.slice() as Bytes }) : err("badDeviceList");
}

/** The account that a signed list names, without verifying it. */
export function accountOfDeviceList(encoded: Uint8Array): AccountKey | undefined {
	return claimed(encoded)?.account;
}

/** The devices that a signed list names, in their places, without verifying it. */
export function claimedDevices(encoded: Uint8Array): readonly Bytes[] {
	return claimed(encoded)?.devices ?? [];
}

/** The version that a signed list claims, without verifying it. */
export function claimedVersion(encoded: Uint8Array): number | undefined {
	return claimed(encoded)?.version;
}

function claimed(encoded: Uint8Array): ShapeOf<typeof bodyShape> | undefined {
	const signed = parseCbor(signedShape(maxDeviceListBytes), encoded);
	const body = signed.ok ? parseCbor(bodyShape, signed.value.body) : undefined;
	return body?.ok ? body.value : undefined;
}
