import {
	booleanShape,
	type Bytes,
	encodeCbor,
	equalBytes,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	bytesShape,
	textShape,
} from "@sotto/bytes";
import { urgencyShape } from "@sotto/api";
import { hash, parseAccountKey, shapeOf } from "@sotto/crypto";
import { contentItemShape, maxGroupNameLength, type Policy, timeShape } from "@sotto/protocol";
import { secretShape, revealed } from "../store/secrets.ts";

const count = integerShape(0, 2 ** 40);

const metaShape = mapShape({
	v: literalShape(1),
	kind: literalShape("direct", "group", "own"),
	/** Everybody but oneself. */
	people: listShape(shapeOf(parseAccountKey), 250),
	/** Who of everybody, oneself included, is admin; missing in conversations of two, where both are. */
	admins: optional(listShape(shapeOf(parseAccountKey), 250)),
	name: optional(textShape(maxGroupNameLength)),
	/** Names the bytes of a group's picture, which are in the group's policy. */
	pictureId: optional(bytesShape(16, 16)),
	unread: count,
	/** Something unread mentions oneself. */
	mentioned: optional(booleanShape),
	/** Of the last thing that happened, for the order of the list. */
	activeAt: timeShape,
	/** Oneself has asked to be let out. */
	leaving: optional(booleanShape),
	/** When this device's state was found to have gone back, last and the time before (C7). */
	wentBack: optional(listShape(timeShape, 2)),
	/** Numbers the queue's rows. */
	nextQueued: count,
	/** Numbers the wishes' rows. */
	nextWish: optional(count),
});
/** What the list of conversations needs; beside the line's state, which the rules need. */
export type ConversationMeta = ShapeOf<typeof metaShape>;

const askAgainMs = 24 * 3600_000;

/** C7: whether this is the first time within 24 h that the state went back; a second time only the user may ask. */
export function mayAskByItself({ meta }: { readonly meta: ConversationMeta }): boolean {
	const [last, before] = meta.wentBack ?? [];
	return last === undefined || before === undefined || last - before > askAgainMs;
}

/** What the list shows of a policy. */
export function withPolicy(meta: ConversationMeta, policy: Policy, own: Uint8Array): ConversationMeta {
	const { name: _, admins: __, pictureId: ___, ...rest } = meta;
	const people = policy.people.map(({ account }) => account).filter((account) => !equalBytes(account, own));
	if (policy.kind !== "group") return { ...rest, people };
	const admins = policy.people.flatMap(({ account, role }) => (role === "admin" ? [account] : []));
	const name = policy.name === undefined ? {} : { name: policy.name };
	const picture = policy.picture && { pictureId: hash("sotto picture", policy.picture).slice(0, 16) as Bytes };
	return { ...rest, ...name, ...picture, people, admins };
}

export function encodeMeta(meta: ConversationMeta): Bytes {
	return encodeCbor({ ...meta, people: [...meta.people], admins: meta.admins && [...meta.admins] });
}

export function decodeMeta(bytes: Uint8Array): Result<ConversationMeta, ShapeError> {
	return parseCbor(metaShape, bytes);
}

const queuedShape = mapShape({ item: contentItemShape, urgency: urgencyShape });
/** A user message that waits to be sealed, or to count. */
export type Queued = ShapeOf<typeof queuedShape>;

export function encodeQueued({ item, urgency }: Queued): Bytes {
	return encodeCbor({ item: { ...item, content: { ...item.content } }, urgency });
}

export function decodeQueued(bytes: Uint8Array): Result<Queued, ShapeError> {
	return parseCbor(queuedShape, bytes);
}

const outboxBytesShape = mapShape({ mlsBytes: bytesShape(1, 524_288), record: bytesShape(1, 524_288) });
/** The bytes on their way: sent exactly as they lie here (C5). */
export type OutboxBytes = ShapeOf<typeof outboxBytesShape>;

export function encodeOutboxBytes(bytes: OutboxBytes): Bytes {
	return encodeCbor({ ...bytes });
}

export function decodeOutboxBytes(bytes: Uint8Array): Result<OutboxBytes, ShapeError> {
	return parseCbor(outboxBytesShape, bytes);
}

const ringJobShape = mapShape({
	at: timeShape,
	urgency: urgencyShape,
	/** 64 bytes, sealed under the hint key of the record's log. */
	hint: bytesShape(64, 64),
	/** Addresses, as an earlier version noted them. */
	addresses: optional(listShape(bytesShape(80, 160), 250)),
});
/** Rings for everybody else's devices: whose they are is read when they go out, so that the job costs the same in any group. */
export type RingJob = ShapeOf<typeof ringJobShape>;

export function encodeRingJob(job: RingJob): Bytes {
	return encodeCbor({ at: job.at, urgency: job.urgency, hint: job.hint });
}

export function decodeRingJob(bytes: Uint8Array): Result<RingJob, ShapeError> {
	return parseCbor(ringJobShape, bytes);
}

const inviteShape = mapShape({
	/** The ratchet tree, sealed, and the capability to write it (C1); with letters that bring a Welcome. */
	tree: optional(mapShape({ writeCap: secretShape(32), sealed: bytesShape(1, 4_194_304) })),
	/** One record for each joiner's mailbox, sealed to it. */
	letters: listShape(
		mapShape({
			logId: bytesShape(32, 32),
			appendCap: secretShape(32),
			record: bytesShape(1, 524_288),
			ringAddress: optional(bytesShape(80, 160)),
		}),
		16,
	),
});
export type Invite = ShapeOf<typeof inviteShape>;

export function encodeInvite({ tree, letters }: Invite): Bytes {
	return encodeCbor({
		tree: tree && { writeCap: revealed(tree.writeCap), sealed: tree.sealed },
		letters: letters.map((letter) => ({ ...letter, appendCap: revealed(letter.appendCap) })),
	});
}

export function decodeInvite(bytes: Uint8Array): Result<Invite, ShapeError> {
	return parseCbor(inviteShape, bytes);
}
