import { Secret } from "@sotto/bytes";
import {
	type AccountKey,
	deriveLogId,
	generateLeafSignatureKey,
	generateSigningKey,
	type LogId,
	type Member,
	profileKey,
	randomBytes,
	type CapHash,
	type SigningKey,
} from "@sotto/crypto";
import { makeCredential } from "./credential.ts";
import { type DeviceList, signDeviceList } from "./device-list.ts";

export type TestIdentity = {
	readonly account: SigningKey;
	readonly key: AccountKey;
	readonly device: SigningKey;
	readonly list: DeviceList;
	readonly r: Uint8Array<ArrayBuffer>;
	readonly k: Secret;
};

/** An account with one device. */
export async function newIdentity(): Promise<TestIdentity> {
	const [account, device] = [await generateSigningKey(), await generateSigningKey()];
	const list = await signDeviceList(account, [device.publicKey]);
	const r = randomBytes(32);
	const key = account.publicKey as AccountKey;
	return { account, key, device, list, r, k: profileKey(key, r) };
}

/** A leaf of an identity, as the door shows it. */
export async function leafOf(identity: TestIdentity, leaf: number): Promise<Member> {
	const key = await generateLeafSignatureKey();
	const credential = await makeCredential(identity.list, 0, identity.device, key.publicKey);
	return { leaf, credential, signatureKey: key.publicKey };
}

export function someLogId(): LogId {
	const cap = () => randomBytes(32) as CapHash;
	return deriveLogId({ read: cap(), append: cap(), owner: cap() });
}
