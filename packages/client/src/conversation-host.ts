/**
 * What the engine's conversations offer to whatever lives in them (calls today): content in log order, membership commits,
 * the exporter and the leaf's signature at that position, and one place to say what goes into the same transaction.
 */
import type { Urgency } from "@sotto/api";
import type { Bytes, Result, Secret } from "@sotto/bytes";
import type { LogId, MessageId } from "@sotto/crypto";
import type { ConversationContent, JoinerCallContent } from "@sotto/protocol";
import type { Clock, Connectivity, Random, Store, StoreOp, Transport } from "./ports.ts";
import type {
	AccountId,
	CallKey,
	CallRecordView,
	CallView,
	ClientEvent,
	CommandError,
	ConversationId,
	ItemId,
	LedgerEntry,
	PersonView,
	SottoClient,
	Time,
} from "./sdk.ts";

/** A device in a conversation. `leaf` is its place in the group, stable while it stays. */
export type ConversationMember = {
	readonly leaf: number;
	readonly account: AccountId;
	readonly person: PersonView;
	/** A device of one's own account; `thisDevice` is the one that runs here. */
	readonly mine: boolean;
	readonly thisDevice: boolean;
};

/** A place in a conversation's order: record `seq` of the `ordinal`th log that this device reads there, and the head after it. */
export type LogPosition = {
	readonly logId: LogId;
	/** Grows by one at every log that follows; only comparable on this device. */
	readonly ordinal: number;
	readonly seq: number;
	readonly head: Bytes;
};

/** The group as it stands at the position being judged. Valid only until the observer's promise settles. */
export type GroupAt = {
	readonly epoch: bigint;
	readonly members: readonly ConversationMember[];
	exportSecret(label: string, context: Uint8Array, length?: number): Promise<Secret>;
};

/** One user message that counts, met for the first time (C5). */
export type CountedContent = {
	readonly conversation: ConversationId;
	readonly item: ItemId;
	readonly messageId: MessageId;
	readonly content: ConversationContent;
	readonly author: ConversationMember;
	readonly position: LogPosition;
	/** By the author's clock; never later than `now`. */
	readonly sentAt: Time;
	readonly now: Time;
	/**
	 * "live": read while this client was attached and up to date, or sent less than 45 s ago. "old": found while catching up.
	 * A call that is old does not ring; it was missed, or goes on and can be joined.
	 */
	readonly freshness: "live" | "old";
	readonly group: GroupAt;
};

/** A commit that counts. `membership` says whether leaves came or went (K2 counts only those). */
export type CountedCommit = {
	readonly conversation: ConversationId;
	readonly membership: boolean;
	readonly added: readonly ConversationMember[];
	readonly removed: readonly ConversationMember[];
	readonly position: LogPosition;
	readonly now: Time;
	/** After the commit. */
	readonly group: GroupAt;
};

/** What an observer wants written together with the step that advances the conversation, and done once that is durable. */
export type ObserverOutcome = {
	readonly write?: readonly StoreOp[];
	/** Call items of the conversation's history; the same `item` is replaced. */
	readonly history?: readonly CallHistoryRow[];
	/** Runs once, after the transaction. Not run if the process dies in between: what must not be lost belongs into `write`. */
	readonly afterwards?: () => void;
	/**
	 * After a commit that added somebody: what the letters to them are to say of the conversation's call (C1). It stands for this
	 * position, so it is kept with the job that writes them.
	 */
	readonly forJoiners?: JoinerCallContent;
};

/** This device entered a conversation that others had begun. `group` is the epoch in which it entered; `call` is from its letter. */
export type EnteredConversation = {
	readonly conversation: ConversationId;
	readonly group: GroupAt;
	readonly call: JoinerCallContent | undefined;
};

/** `at` places the row in the history: the call's start. */
export type CallHistoryRow = {
	readonly item: ItemId;
	readonly at: Time;
	readonly record: CallRecordView;
	/** Whether it counts as unread: a call that was missed. */
	readonly unread: boolean;
};

/**
 * Asked in log order inside the conversation's queue, before the transaction: after a crash the same event comes again
 * with the same outcome expected. Must not call {@link ConversationHost} commands of the same conversation and await them.
 */
export interface ConversationObserver {
	content(event: CountedContent): Promise<ObserverOutcome>;
	commit(event: CountedCommit): Promise<ObserverOutcome>;
}

export interface ConversationHost {
	readonly clock: Clock;
	readonly random: Random;
	readonly store: Store;
	readonly connectivity: Connectivity;
	/** Only to look whether somebody is in a call's room (K1). */
	readonly transport: Transport;
	/** Base URL of the server, without a trailing slash. */
	readonly serverUrl: string;
	/**
	 * Puts content into the conversation's outbox; durable when it returns. `write` goes into the same transaction. Urgency
	 * "call" rings as a call and without jitter. `cancelled` content is dropped if it has not been sealed (see `withdraw`).
	 */
	send(
		conversation: ConversationId,
		content: ConversationContent,
		options: { readonly urgency: Urgency; readonly write?: readonly StoreOp[] },
	): Promise<Result<{ readonly messageId: MessageId; readonly item: ItemId }, CommandError>>;
	/** Takes unsealed content back, such as a call's announcement that is too old to matter; false if it was sealed already. */
	withdraw(conversation: ConversationId, messageId: MessageId): Promise<boolean>;
	/** Everybody's devices now, one's own included. Empty if there is no such conversation. */
	members(conversation: ConversationId): readonly ConversationMember[];
	title(conversation: ConversationId): string;
	kind(conversation: ConversationId): "direct" | "group";
	people(conversation: ConversationId): readonly PersonView[];
	isBlocked(account: AccountId): boolean;
	/** The tip this device has reached, for signed rosters (C8). */
	position(conversation: ConversationId): LogPosition | undefined;
	/** The head this device has for `seq` of the conversation's log `logId`; undefined if it has not been there (any more). */
	headAt(conversation: ConversationId, logId: LogId, seq: number): Promise<Bytes | undefined>;
	/** Raises the alarm of C8, naming who stated the other head. */
	reportFork(conversation: ConversationId, by: AccountId): Promise<void>;
	/** Signs with this device's leaf key, RFC 9420 SignWithLabel. */
	signWithLeaf(conversation: ConversationId, label: string, message: Uint8Array): Promise<Bytes | undefined>;
	verifyLeaf(
		conversation: ConversationId,
		leaf: number,
		label: string,
		message: Uint8Array,
		signature: Uint8Array,
	): Promise<boolean>;
	/** Exports from the current epoch, in the conversation's queue. */
	exportSecret(conversation: ConversationId, label: string, context: Uint8Array): Promise<Secret | undefined>;
	/** Reads this conversation's log to the tip now. */
	readToTip(conversation: ConversationId): Promise<Result<void, CommandError>>;
	/** Writes call rows (and `write`) outside the log's order, such as a timeout's outcome. */
	record(
		conversation: ConversationId,
		rows: readonly CallHistoryRow[],
		write?: readonly StoreOp[],
	): Promise<Result<void, CommandError>>;
	/** Adds lines to "What the server sees" for what did not go through the engine's transport: the media. */
	note(entries: readonly Omit<LedgerEntry, "id">[]): void;
	/** Runs work that nobody waits for; a failing store stops the engine. */
	background(work: Promise<unknown>): void;
	/** Tells the app that {@link CallEngine.view} changed. */
	changed(): void;
	emit(event: ClientEvent): void;
}

/** The call machine's driver, as the engine sees it; `createCalls(host)` in `calls/` makes it. */
export interface CallEngine
	extends Pick<
		SottoClient,
		| "startCall"
		| "joinCall"
		| "answerCall"
		| "declineCall"
		| "hangUp"
		| "callMedia"
		| "reportMedia"
		| "sealRoster"
		| "openRoster"
	> {
	readonly observer: ConversationObserver;
	/** Asked before the entering transaction, whose part the outcome becomes, and before the first record is judged. */
	entered(event: EnteredConversation): Promise<ObserverOutcome>;
	/** This device is out of the conversation, or left it: its call ends here at once. */
	left(conversation: ConversationId): Promise<void>;
	/** Restores what the store holds, before the first record is read. */
	load(): Promise<void>;
	/** Rows of the list of calls have come into the store. */
	loadRecords(): Promise<void>;
	view(): { readonly call: CallView | undefined; readonly calls: readonly CallRecordView[] };
	/** The call that could be joined in this conversation now. */
	ongoing(conversation: ConversationId): CallKey | undefined;
	close(): void;
}

export type CreateCalls = (host: ConversationHost) => CallEngine;
