import {
	booleanShape,
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { maxPolicyExtension, parseAccountKey, parseLogId, shapeOf } from "@sotto/crypto";
import { maxDeviceListBytes, maxNameLength, syncEntryShape, timeShape } from "@sotto/protocol";

const count = integerShape(0, 2 ** 40);
const secret = bytesShape(32, 32);
const conversationId = textShape(64);
const row = bytesShape(1, 131_072);
const log = mapShape({ logId: shapeOf(parseLogId), readCap: secret, appendCap: secret, ownerCap: secret });

const manifestShape = mapShape({
	v: literalShape(1),
	/** Names the archive, so that an import which was interrupted goes on with the same one. */
	id: bytesShape(16, 16),
	/** "backup": with the account's keys, for a machine that has nothing else; "history": for a device of the account. */
	scope: literalShape("backup", "history"),
	account: shapeOf(parseAccountKey),
	createdAt: timeShape,
});
/** The first part of an archive. */
export type ArchiveManifest = ShapeOf<typeof manifestShape>;

const entryShape = taggedShape("type", {
	/** What makes a device one of the account's; in backups alone. */
	account: mapShape({
		type: literalShape("account"),
		name: textShape(maxNameLength),
		home: textShape(300),
		accountSeed: secret,
		/** The device that the backup is of: whoever restores it takes its place. */
		device: bytesShape(32, 32),
		deviceList: bytesShape(1, maxDeviceListBytes),
		r: bytesShape(32, 32),
		profile: log,
		mailbox: log,
		mailboxPublicKey: bytesShape(1216, 1216),
		mailboxPrivateKey: secret,
		mailboxSeq: count,
		version: mapShape({ number: count, hash: bytesShape(32, 32), content: bytesShape(1, 65_536) }),
	}),
	/** Rows as the local store holds them (docs/spec/store.md); each is parsed before it is taken. */
	contact: mapShape({ type: literalShape("contact"), row }),
	call: mapShape({ type: literalShape("call"), row }),
	/** What all devices of the account know alike (docs/spec/devices.md): settings, and what devices are called. */
	register: mapShape({ type: literalShape("register"), register: syncEntryShape }),
	blocked: mapShape({ type: literalShape("blocked"), account: textShape(64) }),
	introduced: mapShape({ type: literalShape("introduced"), account: textShape(64), name: textShape(maxNameLength) }),
	conversation: mapShape({
		type: literalShape("conversation"),
		id: conversationId,
		groupId: bytesShape(32, 32),
		/** The last epoch that was known: what a statement to enter names (C9). */
		epoch: count,
		/** Kind, people, roles, name and picture, as the group's extension has them (C9). */
		policy: bytesShape(1, maxPolicyExtension),
		/** Whether the device was in it, or had left or been removed. */
		isIn: booleanShape,
		/** Whether the other side has ever answered. */
		heard: booleanShape,
		unread: count,
		mentioned: booleanShape,
		activeAt: timeShape,
		nextQueued: count,
	}),
	/** Rows of a conversation's history, oldest first; `first` is the place of the first among all of them. */
	rows: mapShape({ type: literalShape("rows"), conversation: conversationId, first: count, rows: listShape(row, 512) }),
	/** A message that did not count yet: its row, and what is to be sent under its message id (C5). */
	queued: mapShape({
		type: literalShape("queued"),
		conversation: conversationId,
		n: count,
		row,
		queued: row,
	}),
});
export type ArchiveEntry = ShapeOf<typeof entryShape>;
export type ArchivedAccount = ArchiveEntry & { readonly type: "account" };
export type ArchivedConversation = ArchiveEntry & { readonly type: "conversation" };

const partShape = mapShape({
	manifest: optional(manifestShape),
	entries: listShape(entryShape, 4096),
});
/** One part: a transaction's worth of entries. */
export type ArchivePart = ShapeOf<typeof partShape>;

export function encodePart(part: ArchivePart): Bytes {
	return encodeCbor(part as CborValue);
}

export function decodePart(bytes: Uint8Array): Result<ArchivePart, ShapeError> {
	return parseCbor(partShape, bytes);
}

/** Registers that an archive carries; the others follow from what it holds besides. */
export function isArchived(register: string): boolean {
	return /^(setting\/[\w.:-]{1,60}|device\/[\w-]{43})$/.test(register);
}
