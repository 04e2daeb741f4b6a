import {
	type Bytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	integerShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Secret,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { hash, parseAccountKey, parseLogId, profileKey, shapeOf, type SigningKey } from "@sotto/crypto";
import { maxNameLength, timeShape } from "./content.ts";
import { type DeviceList, maxDeviceListBytes, maxDevices, parseDeviceList } from "./device-list.ts";
import { openSigned, signBody, signedShape } from "./signed.ts";

/** A package lives this long, and its owner publishes a new one this often (P2). */
export const packageLifetimeMs = 90 * 24 * 3600_000;
export const packageRenewalMs = 7 * 24 * 3600_000;
/** Private parts are kept this long after their package was replaced (P2). */
export const packageRetentionMs = 14 * 24 * 3600_000;
/** The current version is written again, newly sealed, this often, because records live 90 days (P2, L4). */
export const profileRewriteMs = 30 * 24 * 3600_000;

const maxVersionBytes = 16_384;
const maxPackageBytes = 65_536;

const versionShape = mapShape({
	v: literalShape(1),
	account: shapeOf(parseAccountKey),
	/** Commits the link to the account key (P1). */
	r: bytesShape(32, 32),
	number: integerShape(1, 2 ** 31),
	/** {@link profileVersionHash} of the version before; missing in the first. */
	previous: optional(bytesShape(32, 32)),
	name: textShape(maxNameLength),
	deviceList: bytesShape(1, maxDeviceListBytes),
	mailbox: mapShape({
		logId: shapeOf(parseLogId),
		appendCap: bytesShape(32, 32),
		publicKey: bytesShape(1216, 1216),
	}),
	/** Rate-limited at the notifier, and never rings as a call (P2). */
	ringAddress: optional(bytesShape(80, 160)),
});
/** One version of a profile, signed by its account key. */
export type ProfileVersion = ShapeOf<typeof versionShape>;

const packageShape = mapShape({
	v: literalShape(1),
	/** The device's place in the device list. */
	place: integerShape(0, maxDevices - 1),
	package: bytesShape(1, maxPackageBytes),
	notAfter: timeShape,
});
/** A device's key package, signed by the device's listed key (P2). */
export type ProfilePackage = ShapeOf<typeof packageShape>;

const recordShape = taggedShape("type", {
	version: mapShape({ type: literalShape("version"), signed: signedShape(maxVersionBytes) }),
	package: mapShape({ type: literalShape("package"), signed: signedShape(maxPackageBytes + 256) }),
});

const versionLabel = "profile";
const packageLabel = "package";

export function profileVersionHash(body: Uint8Array): Bytes {
	return hash("sotto profile", body);
}

/** The content of a profile log's record that states a version. `body` are the signed bytes, which the next version names. */
export async function makeProfileVersion(
	accountKey: SigningKey,
	version: ProfileVersion,
): Promise<{ readonly content: Bytes; readonly body: Bytes }> {
	const signed = await signBody(versionLabel, accountKey, encodeCbor(version));
	return { content: encodeCbor({ type: "version", signed }), body: signed.body };
}

/** The content of a profile log's record that states a device's package. */
export async function makeProfilePackage(deviceKey: SigningKey, entry: ProfilePackage): Promise<Bytes> {
	return encodeCbor({ type: "package", signed: await signBody(packageLabel, deviceKey, encodeCbor(entry)) });
}

/** A profile as far as its log was read: the newest version that is in the chain, and the newest package of each device. */
export type ProfileReading = {
	readonly k: Secret;
	readonly current:
		| { readonly version: ProfileVersion; readonly deviceList: DeviceList; readonly hash: Bytes }
		| undefined;
	/** By place in the device list. */
	readonly packages: ReadonlyMap<number, ProfilePackage>;
};

export function startProfileReading(k: Secret): ProfileReading {
	return { k, current: undefined, packages: new Map() };
}

/**
 * Takes the opened content of the next record of a profile log. What does not belong there (another account, a version that
 * does not name its predecessor, a package of an unlisted device) changes nothing: the log's owner alone can append, but the
 * home could have been handed the capability.
 */
export async function readProfileRecord(reading: ProfileReading, content: Uint8Array): Promise<ProfileReading> {
	const record = parseCbor(recordShape, content);
	if (!record.ok) return reading;
	return record.value.type === "version"
		? readVersion(reading, record.value.signed)
		: readPackage(reading, record.value.signed);
}

async function readVersion(reading: ProfileReading, signed: ShapeOf<ReturnType<typeof signedShape>>) {
	const claimed = parseCbor(versionShape, signed.body);
	if (!claimed.ok) return reading;
	const { account, r, deviceList } = claimed.value;
	// P1: the link commits to the account key, so no other key can stand here.
	const committed = profileKey(account, r).use((own) => reading.k.use((k) => equalBytes(own, k)));
	if (!committed) return reading;
	const version = await openSigned(versionLabel, account, versionShape, signed);
	const list = await parseDeviceList(deviceList);
	if (!version.ok || !list.ok || !equalBytes(list.value.account, account)) return reading;
	if (!follows(reading, version.value, list.value)) return reading;
	return {
		...reading,
		current: { version: version.value, deviceList: list.value, hash: profileVersionHash(signed.body) },
		packages: packagesUnder(reading, list.value),
	};
}

/** A package stays with its device: one that is not listed any more, or stands in another place, has published another since. */
function packagesUnder({ current, packages }: ProfileReading, list: DeviceList): ProfileReading["packages"] {
	const stays = (place: number) => {
		const [before, after] = [current?.deviceList.devices[place], list.devices[place]];
		return before !== undefined && after !== undefined && equalBytes(before, after);
	};
	return new Map([...packages].filter(([place]) => stays(place)));
}

/** P2: a version names its predecessor. The first one that is read may have any number, because old records expire. */
function follows(reading: ProfileReading, version: ProfileVersion, list: DeviceList): boolean {
	const { current } = reading;
	if (current === undefined) return true;
	if (list.version < current.deviceList.version) return false;
	return (
		version.number === current.version.number + 1 &&
		version.previous !== undefined &&
		equalBytes(version.previous, current.hash)
	);
}

async function readPackage(reading: ProfileReading, signed: ShapeOf<ReturnType<typeof signedShape>>) {
	const claimed = parseCbor(packageShape, signed.body);
	if (!claimed.ok || reading.current === undefined) return reading;
	const device = reading.current.deviceList.devices[claimed.value.place];
	if (device === undefined) return reading;
	const entry = await openSigned(packageLabel, device, packageShape, signed);
	return entry.ok ? { ...reading, packages: new Map(reading.packages).set(entry.value.place, entry.value) } : reading;
}
