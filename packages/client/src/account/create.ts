import { type Bytes, invariant, Secret } from "@sotto/bytes";
import { ringFlags } from "@sotto/api";
import {
	capHash,
	deriveLogId,
	generateHpkeKeyPair,
	hash,
	type LogCapHashes,
	sealRingAddress,
	type SigningKey,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { makeProfileVersion, profileVersionHash, type ProfileVersion, signDeviceList } from "@sotto/protocol";
import type { Random } from "../ports.ts";
import { revealed } from "../store/secrets.ts";
import type { AccountRecord, OwnLog } from "./record.ts";

/** Makes a new account with all its keys and capabilities; nothing leaves the device. */
export async function newAccount(options: {
	readonly name: string;
	readonly home: string;
	readonly notifierKey: Bytes;
	readonly random: Random;
	readonly now: number;
}): Promise<AccountRecord> {
	const { name, home, notifierKey, random, now } = options;
	const secret = (): Secret => new Secret(random(32));
	const [accountSeed, deviceSeed] = [secret(), secret()];
	const [accountKey, deviceKey] = [await signingKeyFromSeed(accountSeed), await signingKeyFromSeed(deviceSeed)];
	const list = await signDeviceList(accountKey, [deviceKey.publicKey]);
	const mailboxKeys = await generateHpkeKeyPair("X-Wing");
	const wakeCap = secret();
	const draft = {
		v: 1 as const,
		name,
		home,
		accountSeed,
		deviceSeed,
		deviceList: list.encoded,
		place: 0,
		r: random(32),
		profile: newOwnLog(secret),
		mailbox: newOwnLog(secret),
		mailboxPublicKey: mailboxKeys.publicKey,
		mailboxPrivateKey: mailboxKeys.privateKey,
		mailboxSeq: 0,
		mailboxReadAt: now,
		wakeCap,
		notifierKey,
		profileRing: await profileRingAddress(notifierKey, wakeCap, random),
		packageAt: 0,
		nextPublish: 0,
	};
	const version = await makeProfileVersion(accountKey, versionOf(draft, accountKey, 1, undefined));
	return {
		...draft,
		version: { number: 1, hash: profileVersionHash(version.body), content: version.content, writtenAt: now },
	};
}

/** The next version of the profile after something in `account` changed. P2 */
export async function nextVersion(account: AccountRecord, now: number): Promise<AccountRecord["version"]> {
	invariant(account.accountSeed !== undefined, "only a primary device signs for the account (D1)");
	const accountKey = await signingKeyFromSeed(account.accountSeed);
	const number = account.version.number + 1;
	const made = await makeProfileVersion(accountKey, versionOf(account, accountKey, number, account.version.hash));
	return { number, hash: profileVersionHash(made.body), content: made.content, writtenAt: now };
}

function versionOf(
	account: Pick<AccountRecord, "r" | "name" | "deviceList" | "mailbox" | "mailboxPublicKey" | "profileRing">,
	accountKey: SigningKey,
	number: number,
	previous: Bytes | undefined,
): ProfileVersion {
	return {
		v: 1,
		account: accountKey.publicKey as ProfileVersion["account"],
		r: account.r,
		number,
		...(previous === undefined ? {} : { previous }),
		name: account.name,
		deviceList: account.deviceList,
		mailbox: {
			logId: account.mailbox.logId,
			appendCap: revealed(account.mailbox.appendCap),
			publicKey: account.mailboxPublicKey,
		},
		ringAddress: account.profileRing,
	};
}

/** A log with three fresh capabilities. */
export function newOwnLog(secret: () => Secret): OwnLog {
	const log = { readCap: secret(), appendCap: secret(), ownerCap: secret() };
	return { ...log, logId: deriveLogId(hashesOf(log)) };
}

/** The three hashes that create an own log (L1). */
export function hashesOf(log: Omit<OwnLog, "logId">): LogCapHashes {
	const of = (cap: Secret) => capHash(cap as Parameters<typeof capHash>[0]);
	const owner = log.ownerCap === undefined ? log.ownerHash : of(log.ownerCap);
	invariant(owner !== undefined, "a log is known with its owner's capability or the hash of it");
	return { read: of(log.readCap), append: of(log.appendCap), owner: owner as LogCapHashes["owner"] };
}

/** `wakeId = H("sotto wake", wakeCap)`: only who knows the capability can attach as this device. */
export function wakeIdOf(wakeCap: Secret): Bytes {
	return wakeCap.use((cap) => hash("sotto wake", cap));
}

/** The address in the profile: rate-limited, and never a call's (P2). */
export function profileRingAddress(notifierKey: Bytes, wakeCap: Secret, random: Random): Promise<Bytes> {
	return ringAddress(notifierKey, wakeCap, random, ringFlags.fromProfile);
}

/** An address for the members of one conversation (R1). */
export function memberRingAddress(notifierKey: Bytes, wakeCap: Secret, random: Random): Promise<Bytes> {
	return ringAddress(notifierKey, wakeCap, random, ringFlags.none);
}

async function ringAddress(notifierKey: Bytes, wakeCap: Secret, random: Random, flags: number): Promise<Bytes> {
	const sealed = await sealRingAddress(notifierKey, { wakeId: wakeIdOf(wakeCap), tag: random(16), flags });
	if (sealed.ok) return sealed.value;
	throw new Error("the notifier's key was checked when it came");
}
