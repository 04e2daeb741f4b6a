import { type Bytes, equalBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { profileKey, type SigningKey, signingKeyFromSeed } from "@sotto/crypto";
import { type DeviceList, maxDevices, parseDeviceList, signDeviceList } from "@sotto/protocol";
import { nextVersion, profileRingAddress } from "../account/create.ts";
import { newMailbox, withMailbox } from "../account/mailbox-keys.ts";
import type { AccountRecord, OwnLog } from "../account/record.ts";
import type { ArchivedAccount } from "../archive/entries.ts";
import { readProfile } from "../contacts/read-profile.ts";
import type { EngineContext } from "../context.ts";
import type { CommandError } from "../sdk.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";

/**
 * What a backup says of its account, and which device it is of. Undefined on a device that holds neither account key nor the owner's
 * capabilities (D1).
 */
export async function archivedAccount(account: AccountRecord): Promise<ArchivedAccount | undefined> {
	const { accountSeed } = account;
	const [profile, mailbox] = [plainLog(account.profile), plainLog(account.mailbox)];
	if (accountSeed === undefined || profile === undefined || mailbox === undefined) return undefined;
	const { name, home, r, mailboxPublicKey, mailboxSeq, deviceList } = account;
	const { number, hash, content } = account.version;
	return {
		type: "account",
		name,
		home,
		accountSeed: revealed(accountSeed),
		device: (await signingKeyFromSeed(account.deviceSeed)).publicKey,
		deviceList,
		r,
		profile,
		mailbox,
		mailboxPublicKey,
		mailboxPrivateKey: revealed(account.mailboxPrivateKey),
		mailboxSeq,
		version: { number, hash, content },
	};
}

function plainLog({ logId, readCap, appendCap, ownerCap }: OwnLog): ArchivedAccount["profile"] | undefined {
	if (ownerCap === undefined) return undefined;
	return { logId, readCap: revealed(readCap), appendCap: revealed(appendCap), ownerCap: revealed(ownerCap) };
}

function ownLog({ logId, readCap, appendCap, ownerCap }: ArchivedAccount["profile"]): OwnLog {
	const [read, append, owner] = [new Secret(readCap), new Secret(appendCap), new Secret(ownerCap)];
	return { logId, readCap: read, appendCap: append, ownerCap: owner };
}

/**
 * The account on the device that restores it: a new device, listed in the place of the one that the backup is of (D1, C7). What the
 * account has published since then counts, so its profile is read first. Errors: `badFile`, the keys do not belong together;
 * `tooMany`, six other devices are listed; what keeps the profile from being read.
 */
export async function restoredAccount(
	engine: EngineContext,
	archived: ArchivedAccount,
	own: { readonly home: string; readonly notifierKey: Bytes },
): Promise<Result<AccountRecord, CommandError>> {
	const accountSeed = new Secret(archived.accountSeed);
	const accountKey = await signingKeyFromSeed(accountSeed);
	const listed = await parseDeviceList(archived.deviceList);
	if (!listed.ok || !equalBytes(listed.value.account, accountKey.publicKey)) return err({ kind: "badFile" });
	const newest = await newestProfile(engine, archived, listed.value);
	if (!newest.ok) return newest;
	const { name, version, list, mailbox } = newest.value;
	const deviceSeed = new Secret(engine.random(32));
	const renewed = await listWith(
		accountKey,
		list,
		{ archived: listed.value, lost: archived.device },
		await signingKeyFromSeed(deviceSeed),
	);
	if (renewed === undefined) return err({ kind: "tooMany" });
	const wakeCap = new Secret(engine.random(32));
	const now = engine.clock.now();
	const record: AccountRecord = {
		v: 1,
		name,
		home: own.home,
		accountSeed,
		deviceSeed,
		deviceList: renewed.list.encoded,
		place: renewed.place,
		r: archived.r,
		profile: ownLog(archived.profile),
		mailbox: ownLog(archived.mailbox),
		mailboxPublicKey: archived.mailboxPublicKey,
		mailboxPrivateKey: new Secret(archived.mailboxPrivateKey),
		mailboxSeq: archived.mailboxSeq,
		mailboxReadAt: now,
		wakeCap,
		notifierKey: own.notifierKey,
		profileRing: await profileRingAddress(own.notifierKey, wakeCap, engine.random),
		version: { ...version, writtenAt: now },
		packageAt: 0,
		nextPublish: 0,
	};
	// The lost device has the mailbox's key: what comes from now on goes where it cannot read. Other devices read the one they know.
	const isShared = renewed.list.devices.length > 1 && equalBytes(mailbox, archived.mailbox.logId);
	const moved = isShared ? record : withMailbox(record, await newMailbox(engine.random), now);
	return ok({ ...moved, version: await nextVersion(moved, now) });
}

type Newest = {
	readonly name: string;
	readonly version: Omit<AccountRecord["version"], "writtenAt">;
	readonly list: DeviceList;
	/** The id of the mailbox that it names. */
	readonly mailbox: Bytes;
};

/** The profile as it was published last; as the backup has it, if the server has it no more. */
async function newestProfile(
	engine: EngineContext,
	archived: ArchivedAccount,
	listed: DeviceList,
): Promise<Result<Newest, CommandError>> {
	const purpose: Purpose = { cause: { kind: "account", title: undefined } };
	const { logId, readCap } = archived.profile;
	const k = profileKey(listed.account, archived.r);
	const read = await readProfile(engine.services, { logId, readCap: new Secret(readCap), k }, purpose);
	const old = { name: archived.name, version: archived.version, list: listed, mailbox: archived.mailbox.logId };
	if (!read.ok) return read.error.kind === "notFound" ? ok(old) : err(commandErrorOf(read.error));
	const { version, deviceList, hash } = read.value.current;
	// A server that was itself restored may show less than the backup knows.
	if (version.number < archived.version.number) return ok(old);
	return ok({
		name: version.name,
		version: { number: version.number, hash, content: archived.version.content },
		list: deviceList,
		mailbox: version.mailbox.logId,
	});
}

/**
 * The list that names `next` in the place of `lost`. If that is listed no more, it was replaced since, by a device that restored
 * the same backup and is lost in turn: of the others those remain that the backup knows.
 */
async function listWith(
	accountKey: SigningKey,
	list: DeviceList,
	{ archived, lost }: { readonly archived: DeviceList; readonly lost: Uint8Array },
	next: SigningKey,
): Promise<{ readonly list: DeviceList; readonly place: number } | undefined> {
	const isIn = (devices: readonly Uint8Array[], device: Uint8Array) => devices.some((one) => equalBytes(one, device));
	const devices = isIn(list.devices, lost)
		? list.devices.map((device) => (equalBytes(device, lost) ? next.publicKey : device))
		: [...list.devices.filter((device) => isIn(archived.devices, device)), next.publicKey];
	if (devices.length > maxDevices) return undefined;
	const place = devices.indexOf(next.publicKey);
	return { list: await signDeviceList(accountKey, devices, list), place };
}
