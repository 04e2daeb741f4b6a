import {
	type Bytes,
	bytesShape,
	encodeCbor,
	integerShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { type LogId, parseLogId, shapeOf } from "@sotto/crypto";
import { maxDeviceListBytes, maxDevices, maxNameLength, timeShape } from "@sotto/protocol";
import { revealed, secretShape } from "../store/secrets.ts";

const secret = secretShape(32);
const count = integerShape(0, 2 ** 40);
const ownLog = mapShape({
	logId: shapeOf(parseLogId),
	readCap: secret,
	appendCap: secret,
	/** On primary devices alone; the others know its hash, which is enough to create the log again (L4). */
	ownerCap: optional(secret),
	ownerHash: optional(bytesShape(32, 32)),
});

const accountShape = mapShape({
	v: literalShape(1),
	name: textShape(maxNameLength),
	/** Base URL of the server, without a trailing slash. */
	home: textShape(300),
	/** The account key's: on primary devices alone (D1). */
	accountSeed: optional(secret),
	deviceSeed: secret,
	deviceList: bytesShape(1, maxDeviceListBytes),
	place: integerShape(0, maxDevices - 1),
	/** Commits the link to the account key (P1). */
	r: bytesShape(32, 32),
	profile: ownLog,
	mailbox: ownLog,
	mailboxPublicKey: bytesShape(1216, 1216),
	mailboxPrivateKey: secret,
	/** Where the own mailbox was read to. */
	mailboxSeq: count,
	mailboxReadAt: timeShape,
	/** The mailbox before, which is read on until then for what was on its way. */
	previousMailbox: optional(mapShape({ log: ownLog, privateKey: secret, seq: count, until: timeShape })),
	wakeCap: secret,
	/** The notifier's key that the ring addresses given out are sealed to. */
	notifierKey: bytesShape(32, 32),
	profileRing: bytesShape(80, 160),
	/** The version of the profile in force, as signed, so that it can be written again (P2). */
	version: mapShape({ number: count, hash: bytesShape(32, 32), content: bytesShape(1, 65_536), writtenAt: timeShape }),
	packageAt: timeShape,
	nextPublish: count,
});

/** This device's account: everything but its conversations and contacts. One row of the local store. */
export type AccountRecord = ShapeOf<typeof accountShape>;
export type OwnLog = ShapeOf<typeof ownLog>;

export function encodeAccount(account: AccountRecord): Bytes {
	const log = ({ logId, readCap, appendCap, ownerCap, ownerHash }: OwnLog) => ({
		logId: logId as LogId,
		readCap: revealed(readCap),
		appendCap: revealed(appendCap),
		...(ownerCap === undefined ? {} : { ownerCap: revealed(ownerCap) }),
		...(ownerHash === undefined ? {} : { ownerHash }),
	});
	const { accountSeed, previousMailbox: previous, ...others } = account;
	return encodeCbor({
		...others,
		...(accountSeed === undefined ? {} : { accountSeed: revealed(accountSeed) }),
		deviceSeed: revealed(account.deviceSeed),
		profile: log(account.profile),
		mailbox: log(account.mailbox),
		mailboxPrivateKey: revealed(account.mailboxPrivateKey),
		wakeCap: revealed(account.wakeCap),
		previousMailbox: previous && {
			...previous,
			log: log(previous.log),
			privateKey: revealed(previous.privateKey),
		},
		version: { ...account.version },
	});
}

export function decodeAccount(bytes: Uint8Array): Result<AccountRecord, ShapeError> {
	return parseCbor(accountShape, bytes);
}

const packageShape = mapShape({
	publicBytes: bytesShape(1, 65_536),
	hash: bytesShape(32, 32),
	privateBytes: secretShape(1, 65_536),
	createdAt: timeShape,
	/** When a newer one took its place; its private parts go 14 days later (P2). */
	replacedAt: optional(timeShape),
});
export type OwnPackage = ShapeOf<typeof packageShape>;

export function encodeOwnPackage(own: OwnPackage): Bytes {
	return encodeCbor({ ...own, privateBytes: revealed(own.privateBytes) });
}

export function decodeOwnPackage(bytes: Uint8Array): Result<OwnPackage, ShapeError> {
	return parseCbor(packageShape, bytes);
}
