import { type Bytes, Secret } from "@sotto/bytes";
import type { DeviceList, Handover } from "@sotto/protocol";
import { revealed } from "../store/secrets.ts";
import { hashesOf, profileRingAddress } from "./create.ts";
import type { AccountRecord, OwnLog } from "./record.ts";
import type { Random } from "../ports.ts";

/** What the device at `place` needs to be one of the account's: everything but what stays on primary devices (D1). */
export function handoverOf(account: AccountRecord, place: number, makePrimary: boolean): Handover {
	const { number, hash, content } = account.version;
	return {
		v: 1,
		name: account.name,
		deviceList: account.deviceList,
		place,
		r: account.r,
		profile: sharedLog(account.profile, makePrimary),
		mailbox: sharedLog(account.mailbox, makePrimary),
		mailboxPublicKey: account.mailboxPublicKey,
		mailboxPrivateKey: revealed(account.mailboxPrivateKey),
		mailboxSeq: account.mailboxSeq,
		version: { number, hash, content },
		...(makePrimary && account.accountSeed !== undefined ? { accountSeed: revealed(account.accountSeed) } : {}),
	};
}

function sharedLog(log: OwnLog, withOwner: boolean): Handover["profile"] {
	const { logId, readCap, appendCap, ownerCap } = log;
	const owner = withOwner && ownerCap !== undefined ? { ownerCap: revealed(ownerCap) } : {};
	const ownerHash = hashesOf(log).owner.slice() as Bytes;
	return { logId, readCap: revealed(readCap), appendCap: revealed(appendCap), ownerHash, ...owner };
}

function ownLog(log: Handover["profile"]): OwnLog {
	const { logId, readCap, appendCap, ownerHash, ownerCap } = log;
	return {
		logId,
		readCap: new Secret(readCap),
		appendCap: new Secret(appendCap),
		ownerHash,
		...(ownerCap === undefined ? {} : { ownerCap: new Secret(ownerCap) }),
	};
}

/** The account as a new device of it begins: with keys of its own for what each device has by itself. */
export async function accountFromHandover(
	handover: Handover,
	own: {
		readonly home: string;
		readonly deviceSeed: Secret;
		readonly notifierKey: Bytes;
		readonly random: Random;
		readonly now: number;
	},
): Promise<AccountRecord> {
	const { home, deviceSeed, notifierKey, random, now } = own;
	const wakeCap = new Secret(random(32));
	return {
		v: 1,
		name: handover.name,
		home,
		...(handover.accountSeed === undefined ? {} : { accountSeed: new Secret(handover.accountSeed) }),
		deviceSeed,
		deviceList: handover.deviceList,
		place: handover.place,
		r: handover.r,
		profile: ownLog(handover.profile),
		mailbox: ownLog(handover.mailbox),
		mailboxPublicKey: handover.mailboxPublicKey,
		mailboxPrivateKey: new Secret(handover.mailboxPrivateKey),
		mailboxSeq: handover.mailboxSeq,
		mailboxReadAt: now,
		wakeCap,
		notifierKey,
		profileRing: await profileRingAddress(notifierKey, wakeCap, random),
		version: { ...handover.version, writtenAt: now },
		packageAt: 0,
		nextPublish: 0,
	};
}

/** Whether a handover is what this device asked for: the list is the account's and names this device in its place. */
export function isListedAt(list: DeviceList, place: number, deviceKey: Uint8Array): boolean {
	const listed = list.devices[place];
	return listed !== undefined && listed.every((byte, at) => byte === deviceKey[at]);
}
