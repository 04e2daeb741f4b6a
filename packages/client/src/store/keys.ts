import { bytesToBase64url, concat, equalBytes, uint32, utf8 } from "@sotto/bytes";
import { hash } from "@sotto/crypto";
import type { Policy } from "@sotto/protocol";
import type { StoreKey } from "../ports.ts";
import type { AccountId, ConversationId, ItemId, RequestId } from "../sdk.ts";

/** The tables of the local store: docs/spec/store.md. Numbers in keys are padded so that text order is their order. */
export const keys = {
	account: "account" as StoreKey,
	/** Records for one's own profile log, sealed, until the home has them. */
	publish: (n: number): StoreKey => `publish/${hex(n, 12)}`,
	publishAll: "publish/",
	package: (hash: string): StoreKey => `package/${hash}`,
	packageAll: "package/",
	contact: (account: AccountId): StoreKey => `contact/${account}`,
	contactAll: "contact/",
	blocked: (account: AccountId): StoreKey => `blocked/${account}`,
	blockedAll: "blocked/",
	/** What somebody calls itself in a group. */
	introduced: (account: AccountId): StoreKey => `introduced/${account}`,
	introducedAll: "introduced/",
	request: (request: RequestId): StoreKey => `request/${request}`,
	requestAll: "request/",
	conversation: (id: ConversationId): StoreKey => `conversation/${id}`,
	conversationAll: "conversation/",
	/** What every message changes of it. */
	activity: (id: ConversationId): StoreKey => `activity/${id}`,
	line: (id: ConversationId): StoreKey => `line/${id}`,
	/** The MLS group, part by part; as an earlier version stored it, in one row. */
	groupPart: (id: ConversationId, name: string): StoreKey => `group/${id}/${name}`,
	groupAll: (id: ConversationId): StoreKey => `group/${id}/`,
	wholeGroup: (id: ConversationId): StoreKey => `group/${id}`,
	/** Who is in the group, and its policy: what is needed before the group is loaded. */
	summary: (id: ConversationId): StoreKey => `summary/${id}`,
	/** The group as it will be once the own commit counts (C4). */
	pending: (id: ConversationId): StoreKey => `pending/${id}`,
	/** The bytes on their way (C5). */
	outbox: (id: ConversationId): StoreKey => `outbox/${id}`,
	queue: (id: ConversationId, n: number): StoreKey => `queue/${id}/${hex(n, 12)}`,
	queueAll: (id: ConversationId): StoreKey => `queue/${id}/`,
	/** Head and raw bytes of a record of the log in force or the one before (L4, C8). */
	raw: (id: ConversationId, ordinal: number, seq: number): StoreKey => `raw/${id}/${hex(ordinal, 8)}/${hex(seq, 4)}`,
	rawAll: (id: ConversationId): StoreKey => `raw/${id}/`,
	/** Which of them there are. */
	kept: (id: ConversationId): StoreKey => `kept/${id}`,
	ringAddress: (id: ConversationId, leaf: number): StoreKey => `ring/${id}/${hex(leaf, 4)}`,
	ringAddressAll: (id: ConversationId): StoreKey => `ring/${id}/`,
	/** On which day each leaf was heard last (D3: who is silent for too long is put out). */
	heard: (id: ConversationId, leaf: number): StoreKey => `heard/${id}/${hex(leaf, 4)}`,
	heardAll: (id: ConversationId): StoreKey => `heard/${id}/`,
	/** Rings that are due (R2). */
	ringJob: (id: ConversationId, n: string): StoreKey => `ringjob/${id}/${n}`,
	ringJobAll: "ringjob/",
	/** What the group should be like and is not yet; in their order. */
	wish: (id: ConversationId, n: number): StoreKey => `wish/${id}/${hex(n, 12)}`,
	wishAll: (id: ConversationId): StoreKey => `wish/${id}/`,
	/** What follows once the own commit on its way counts (C4). */
	owed: (id: ConversationId): StoreKey => `owed/${id}`,
	/** The Welcome and its tree on their way to whoever was added (C1). */
	invite: (id: ConversationId, n: string): StoreKey => `invite/${id}/${n}`,
	inviteAll: "invite/",
	/** Where an item stands in the history; empty for one that is not shown. What has a row here was met before (C5). */
	item: (id: ConversationId, item: ItemId): StoreKey => `item/${id}/${item}`,
	history: (id: ConversationId, order: string): StoreKey => `history/${id}/${order}`,
	historyAll: (id: ConversationId): StoreKey => `history/${id}/`,
	/** All that the store has of one conversation: single rows, and tables by their prefix. */
	rowsOf: (id: ConversationId): readonly StoreKey[] =>
		["conversation", "activity", "line", "group", "summary", "pending", "outbox", "kept", "owed", "readmission"].map(
			(table) => `${table}/${id}`,
		),
	tablesOf: (id: ConversationId): readonly StoreKey[] =>
		["group", "queue", "raw", "ring", "heard", "ringjob", "wish", "invite", "item", "history"].map(
			(table) => `${table}/${id}/`,
		),
	/** What the account's devices know alike; `syncOut` and `syncIn`: what has to be told to them, or taken over here. */
	sync: (key: string): StoreKey => `sync/${key}`,
	syncAll: "sync/",
	syncOut: (key: string, rank: number): StoreKey => `syncout/${key}/${hex(rank, 12)}`,
	syncOutAll: "syncout/",
	syncIn: (key: string, rank: number): StoreKey => `syncin/${key}/${hex(rank, 12)}`,
	syncInAll: "syncin/",
	/** Linking that a restart must not leave half done (D2). */
	linking: "linking" as StoreKey,
	job: (id: string): StoreKey => `job/${id}`,
	jobAll: "job/",
	/** How this device asks to be let into a conversation that it knows from a backup (D3). */
	readmission: (id: ConversationId): StoreKey => `readmission/${id}`,
	/** Which archive is being taken in, and how far it has come. */
	importing: "importing" as StoreKey,
	ledger: (n: number): StoreKey => `ledger/${hex(n, 12)}`,
	ledgerAll: "ledger/",
} as const;

export function hex(value: number, digits: number): string {
	return value.toString(16).padStart(digits, "0");
}

/** Where a counted item stands: behind everything before it in the conversation's order. */
export function orderOf(ordinal: number, seq: number, index: number): string {
	return `a${hex(ordinal, 8)}${hex(seq, 4)}${hex(index, 4)}`;
}

/** Where an item stands that does not count yet: behind all that do. */
export function orderOfQueued(n: number): string {
	return `q${hex(n, 12)}`;
}

/** Where a row of an archive stands: before everything that this device has read itself. */
export function orderOfArchived(n: number, index: number): string {
	return `A${hex(n, 12)}${hex(index, 4)}`;
}

/** Stable from "sending" to "sent", and the same on every device: by author and message id (C5). */
export function itemIdOf(account: Uint8Array, messageId: Uint8Array): ItemId {
	return bytesToBase64url(hash("sotto item", account, messageId).subarray(0, 16));
}

/** The same on every device, because a history goes from one to another: by the log and the place there, or the leaf. */
export function eventIdOf(what: "commit" | "misbehaved", logId: Uint8Array, ...place: readonly number[]): ItemId {
	return bytesToBase64url(hash("sotto event", utf8(what), logId, ...place.map(uint32)).subarray(0, 16));
}

export function accountIdOf(account: Uint8Array): AccountId {
	return bytesToBase64url(account);
}

/** A direct conversation is known by the other account, whatever groups carry it (C10). */
export function directConversationId(other: Uint8Array): ConversationId {
	return bytesToBase64url(hash("sotto conversation", utf8("direct"), other).subarray(0, 16));
}

/** A group is known by the id of its first group, on every device (C10). */
export function groupConversationId(groupId: Uint8Array): ConversationId {
	return bytesToBase64url(hash("sotto conversation", utf8("group"), groupId).subarray(0, 16));
}

/** By what a group's policy makes of it: two people, many, or one's own devices. */
export function conversationIdOf(
	{ kind, people, succeeds }: Policy,
	groupId: Uint8Array,
	own: Uint8Array,
): ConversationId {
	if (kind === "own") return ownConversationId;
	if (kind === "group") return groupConversationId(succeeds?.first ?? groupId);
	return directConversationId(people.find(({ account }) => !equalBytes(account, own))?.account ?? own);
}

/** The conversation of the account's own devices: each device is in one (D2). */
export const ownConversationId: ConversationId = bytesToBase64url(
	hash("sotto conversation", utf8("own")).subarray(0, 16),
);

export function requestIdOf(account: Uint8Array, groupId: Uint8Array): RequestId {
	return bytesToBase64url(hash("sotto request", concat(account, groupId)).subarray(0, 16));
}
