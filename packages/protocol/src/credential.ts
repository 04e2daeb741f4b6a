import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	integerShape,
	literalShape,
	mapShape,
	ok,
	parseCbor,
	type Result,
} from "@sotto/bytes";
import { type AccountKey, type SigningKey, sign, verify } from "@sotto/crypto";
import {
	accountOfDeviceList,
	claimedDevices,
	claimedVersion,
	type DeviceList,
	maxDeviceListBytes,
	maxDevices,
	parseDeviceList,
} from "./device-list.ts";
import { signatureShape } from "./signed.ts";

const label = "leaf key";
const maxCredentialBytes = maxDeviceListBytes + 256;

const credentialShape = mapShape({
	v: literalShape(1),
	list: bytesShape(1, maxDeviceListBytes),
	place: integerShape(0, maxDevices - 1),
	signature: signatureShape,
});

/** Who a leaf is: an account, one signed version of its device list, and the device's place in that (D1). */
export type Credential = { readonly account: AccountKey; readonly list: DeviceList; readonly place: number };

/** The credential of a leaf whose signature key is `leafKey`, signed by the device at `place` of `list`. */
export async function makeCredential(
	list: DeviceList,
	place: number,
	deviceKey: SigningKey,
	leafKey: Uint8Array,
): Promise<Bytes> {
	return encodeCbor({ v: 1, list: list.encoded, place, signature: await sign(label, deviceKey, leafKey) });
}

/**
 * Reads a credential and verifies the whole chain: account key over the list, device key over the leaf's signature key.
 * Part of validity (C2): looks at nothing but its arguments. Whether the list is the newest is judged elsewhere.
 */
export async function openCredential(
	credential: Uint8Array,
	signatureKey: Uint8Array,
): Promise<Result<Credential, "badCredential">> {
	if (credential.length > maxCredentialBytes) return err("badCredential");
	const parsed = parseCbor(credentialShape, credential);
	if (!parsed.ok) return err("badCredential");
	const list = await parseDeviceList(parsed.value.list);
	if (!list.ok) return err("badCredential");
	const device = list.value.devices[parsed.value.place];
	if (device === undefined || !(await verify(label, device, signatureKey, parsed.value.signature)))
		return err("badCredential");
	return ok({ account: list.value.account, list: list.value, place: parsed.value.place });
}

/** The account that a credential names, without verifying: only for leaves of a group, whose chain was verified on entry. */
export function accountOfCredential(credential: Uint8Array): AccountKey | undefined {
	const parsed = parseCbor(credentialShape, credential);
	return parsed.ok ? accountOfDeviceList(parsed.value.list) : undefined;
}

/** The version of the device list that a credential holds, likewise without verifying. */
export function listVersionOfCredential(credential: Uint8Array): number | undefined {
	const parsed = parseCbor(credentialShape, credential);
	return parsed.ok ? claimedVersion(parsed.value.list) : undefined;
}

/** The device that a credential names, without verifying: only where its chain was verified, or is to be compared. */
export function deviceOfCredential(credential: Uint8Array): Bytes | undefined {
	const parsed = parseCbor(credentialShape, credential);
	return parsed.ok ? claimedDevices(parsed.value.list)[parsed.value.place] : undefined;
}
