import type { Secret } from "@sotto/bytes";
import {
	type AccountKey,
	createKeyPackage,
	generateLeafSignatureKey,
	type KeyPackageSecrets,
	type MlsSuite,
	profileKey,
	type SigningKey,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { type DeviceList, makeCredential, packageLifetimeMs, parseDeviceList } from "@sotto/protocol";
import type { AccountId } from "../sdk.ts";
import { accountIdOf } from "../store/keys.ts";
import type { AccountRecord } from "./record.ts";

/** The account's keys, opened once. */
export type AccountKeys = {
	readonly key: AccountKey;
	readonly id: AccountId;
	readonly device: SigningKey;
	readonly list: DeviceList;
	readonly k: Secret;
};

/** Opens the keys of a record. */
export async function keysOf(record: AccountRecord): Promise<AccountKeys> {
	const list = await parseDeviceList(record.deviceList);
	if (!list.ok) throw new Error("the own device list was verified when it came");
	const { account } = list.value;
	return {
		key: account,
		id: accountIdOf(account),
		device: await signingKeyFromSeed(record.deviceSeed),
		list: list.value,
		k: profileKey(account, record.r),
	};
}

/** A key package of this device with a fresh leaf key (D1). */
export async function makePackage(
	{ list, device }: AccountKeys,
	place: number,
	{ suite, now }: { readonly suite: MlsSuite; readonly now: number },
): Promise<KeyPackageSecrets> {
	const signatureKey = await generateLeafSignatureKey();
	const credential = await makeCredential(list, place, device, signatureKey.publicKey);
	return createKeyPackage({ suite, credential, signatureKey, now, lifetimeMs: packageLifetimeMs });
}
