import type { Bytes, Secret } from "@sotto/bytes";
import type { Urgency } from "@sotto/api";
import { type AccountKey, deriveLogSecrets, type LogSecrets, type MessageId, type RecordHash } from "@sotto/crypto";

/** Numbers of the rules; tests shrink them, nothing else does. */
export type ConversationRules = {
	/** A log ends at exactly this many records (L3). */
	readonly maxLogRecords: number;
	/** The log moves at the latest after this many commits (C1). */
	readonly maxCommitsInLog: number;
	/** After this many own messages in an epoch a sender commits an update (C6). */
	readonly maxOwnInEpoch: number;
	/** A commit is appended with `expectHead` this many times (C4). */
	readonly guardedTries: number;
	/** Of raw records a conversation keeps this many bytes, the newest (L4). */
	readonly maxRawBytes: number;
};

export const conversationRules: ConversationRules = {
	maxLogRecords: 4096,
	maxCommitsInLog: 32,
	maxOwnInEpoch: 100,
	guardedTries: 3,
	maxRawBytes: 64 * 1024 * 1024,
};

/** A position in one log: `head` is the chain value after record `seq`; at 0 it is the log's id (L2). */
export type Place = { readonly seq: number; readonly head: Bytes };

/** One log of the conversation's sequence: the `index`th of a seed (L3), the `ordinal`th that this device reads. */
export type LogRef = { readonly seed: Secret; readonly index: number; readonly ordinal: number };

/**
 * The one MLS message on its way (C5), or commit (C4). Its bytes lie beside the state; this is what the rules need of it.
 */
export type Outbox = {
	readonly what: "message" | "commit";
	/** The epoch it was sealed in: it counts in no other. */
	readonly epoch: number;
	/** The log that the record is sealed for; another one needs it sealed again, its MLS bytes unchanged (L3). */
	readonly ordinal: number;
	readonly dedupeId: RecordHash;
	/** `H("sotto record", MLS bytes)`: by this an own echo is known, however its record was sealed. */
	readonly mlsHash: RecordHash;
	readonly items: readonly MessageId[];
	readonly urgency: Urgency;
	/** Set for commits: what names the pending state. */
	readonly confirmationTag: Bytes | undefined;
	readonly tries: number;
	/** A refusal that does not pass by itself. The bytes stay as they are: sealing others would reuse their key (C5). */
	readonly refused: string | undefined;
};

/** Why a conversation goes no further on this device. */
export type Stop =
	/** C3: this commit counts, and this device cannot follow it. */
	| {
			readonly kind: "stranded";
			readonly by: AccountKey | undefined;
			/** Admins whom that commit takes this from: a successor of theirs is not followed (C10). */
			readonly unseats?: readonly AccountKey[];
	  }
	/** C7: a record of one's own leaf that one did not send. */
	| { readonly kind: "rolledBack" }
	/** `stays`: somebody else put this device out, and its account is still named: it may come back (D3). */
	| { readonly kind: "removed"; readonly stays?: boolean }
	/** What this device stored of it can no longer be read. */
	| { readonly kind: "damaged" }
	/** D3: this device knows the conversation from an archive, and was not let in yet. There is no group, and no log. */
	| { readonly kind: "waiting" }
	/** L4, C8: the server shows another history than the one this device has read. */
	| { readonly kind: "forked"; readonly by: AccountKey | undefined };

export type Alarm =
	| {
			readonly kind: "forked";
			readonly by: AccountKey | undefined;
			/** The two heads at one position: what this device has, and what was stated. */
			readonly seq: number;
			readonly ours: Bytes;
			readonly stated: Bytes;
			readonly at: number;
	  }
	| { readonly kind: "serverLostRecords"; readonly at: number };

/** The log before the one in force, where it ended, and when this device went on; an earlier version noted no time. */
export type PreviousLog = { readonly log: LogRef; readonly at: Place; readonly leftAt?: number };

/** A conversation as a function of its log: it changes by reading records, never by sending them (docs/spec/conversations.md). */
export type ConversationState = {
	readonly groupId: Bytes;
	/** This device's leaf in the group. */
	readonly leaf: number;
	readonly epoch: number;
	readonly log: LogRef;
	readonly at: Place;
	/** Commits since the log's seed was new; runs on through full logs (L3). */
	readonly commitsInLog: number;
	/** The log before this one and where it ended, for C8's closing statement and for L4. */
	readonly previous: PreviousLog | undefined;
	/** Own records that count, in this epoch (C6) and in this log (C8). */
	readonly ownInEpoch: number;
	readonly ownInLog: number;
	/** A joiner commits with a path before its first message (P3), and who took a sealed message back before its next (C5). */
	readonly owesCommit: boolean;
	/** Whether a record of another account counted: until then the other side has not accepted. */
	readonly heard: boolean;
	readonly outbox: Outbox | undefined;
	/** A message that left this device and was taken back when the home refused it: nothing else is sealed in its epoch (C5). */
	readonly takenBack: RecordHash | undefined;
	readonly stop: Stop | undefined;
	readonly alarm: Alarm | undefined;
};

/** How a conversation begins: for its creator after the first add, for a joiner after the Welcome. */
export function startConversation(options: {
	readonly groupId: Bytes;
	readonly leaf: number;
	readonly epoch: number;
	readonly logSeed: Secret;
	/** More than the last log of a predecessor in the same conversation. */
	readonly ordinal: number;
	readonly joined: boolean;
}): ConversationState {
	const log = { seed: options.logSeed, index: 0, ordinal: options.ordinal };
	return {
		groupId: options.groupId,
		leaf: options.leaf,
		epoch: options.epoch,
		log,
		at: startOf(log),
		commitsInLog: 0,
		previous: undefined,
		ownInEpoch: 0,
		ownInLog: 0,
		owesCommit: options.joined,
		heard: options.joined,
		outbox: undefined,
		takenBack: undefined,
		stop: undefined,
		alarm: undefined,
	};
}

export function secretsOf(log: LogRef): LogSecrets {
	return deriveLogSecrets(log.seed, log.index);
}

/** L2: `head(0)` is the log's id. */
export function startOf(log: LogRef): Place {
	return { seq: 0, head: secretsOf(log).logId };
}
