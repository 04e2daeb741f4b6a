import { type Bytes, equalBytes, type Secret } from "@sotto/bytes";
import { type AccountKey, type Head, nextHead, type RecordHash } from "@sotto/crypto";
import type { StatedPosition } from "../authenticated-data.ts";
import type { Alarm, ConversationRules, ConversationState, LogRef, Place, Stop } from "./state.ts";
import { startOf } from "./state.ts";

/** What the door made of a record (C2), and what the rules need to know of it. */
export type Judged =
	| { readonly kind: "void" }
	| {
			readonly kind: "message";
			readonly leaf: number;
			readonly account: AccountKey | undefined;
			readonly isOwnAccount: boolean;
			readonly mlsHash: RecordHash;
			readonly stated: StatedCheck;
	  }
	| {
			readonly kind: "commit";
			readonly leaf: number;
			readonly account: AccountKey | undefined;
			readonly isOwnAccount: boolean;
			readonly mlsHash: RecordHash;
			readonly stated: StatedCheck;
			readonly confirmationTag: Bytes;
			readonly outcome: "advanced" | "own" | "removed" | "stranded";
			/** Whether the policy still names this device's account, which another put out. */
			readonly accountStays?: boolean;
			/** Admins whom it takes that from (C10). */
			readonly unseats?: readonly AccountKey[];
			/** Whether it adds or removes a leaf: the log moves (C1). */
			readonly membership: boolean;
			/** `exporter("sotto log", "", 32)` of the epoch it begins; undefined if this device cannot follow. */
			readonly seedAfter: Secret | undefined;
	  };

/** The position that the author states (C8), and the heads this device has there; undefined where it cannot tell. */
export type StatedCheck = {
	readonly position: StatedPosition | undefined;
	readonly ours: Bytes | undefined;
	readonly oursAtClosing: Bytes | undefined;
};

export type ReadEffect =
	/** The content counts: show it. */
	| { readonly kind: "deliver"; readonly own: boolean }
	/** The own message on its way counts (C5): its items are sent, its rings due. */
	| { readonly kind: "sent" }
	/** The own commit on its way counts (C4): continue with the pending state. */
	| { readonly kind: "takePending" }
	/** Another commit took the epoch: the own one will never count (C4). */
	| { readonly kind: "dropPending" }
	| { readonly kind: "moved"; readonly to: LogRef; readonly why: "commit" | "full" }
	| { readonly kind: "alarmed"; readonly alarm: Alarm }
	| { readonly kind: "stopped" };

export type ReadStep = { readonly state: ConversationState; readonly effects: readonly ReadEffect[] };

/**
 * Takes the next record of the log as judged. Void records advance the position and leave no other trace (C2). `now` is only
 * written down, into alarms and beside the log that is left. A stopped conversation takes nothing.
 */
export function stepRead(
	state: ConversationState,
	record: { readonly hash: RecordHash; readonly judged: Judged },
	now: number,
	rules: ConversationRules,
): ReadStep {
	if (state.stop !== undefined) return { state, effects: [] };
	const at = { seq: state.at.seq + 1, head: nextHead(state.at.head as Head, state.at.seq + 1, record.hash) };
	const advanced = { ...state, at };
	const { judged } = record;
	if (judged.kind === "void") return endIfFull({ state: advanced, effects: [] }, now, rules);
	const alarm = checkStated(state, judged, now);
	const alarmed = alarm === undefined ? advanced : { ...advanced, alarm: advanced.alarm ?? alarm };
	const step = judged.kind === "message" ? readMessage(alarmed, judged) : readCommit(alarmed, judged, now, rules);
	const effects = alarm === undefined ? step.effects : [...step.effects, { kind: "alarmed" as const, alarm }];
	return endIfFull({ state: step.state, effects }, now, rules);
}

function readMessage(state: ConversationState, judged: Judged & { kind: "message" }): ReadStep {
	const heard = state.heard || !judged.isOwnAccount;
	if (judged.leaf !== state.leaf) return { state: { ...state, heard }, effects: [{ kind: "deliver", own: false }] };
	const counted = { ...state, ownInEpoch: state.ownInEpoch + 1, ownInLog: state.ownInLog + 1 };
	// The home refused it once and has it nevertheless: it was not taken back in time.
	if (isSame(state.takenBack, judged.mlsHash))
		return { state: { ...counted, takenBack: undefined }, effects: [{ kind: "deliver", own: true }] };
	// C7: a record of the own leaf that is not in the outbox was sent by a copy, or by a future that was forgotten.
	if (!isSame(state.outbox?.mlsHash, judged.mlsHash)) return rolledBack(state);
	return { state: { ...counted, outbox: undefined }, effects: [{ kind: "deliver", own: true }, { kind: "sent" }] };
}

function readCommit(
	state: ConversationState,
	judged: Judged & { kind: "commit" },
	now: number,
	rules: ConversationRules,
): ReadStep {
	const isOwn = judged.leaf === state.leaf;
	if (isOwn && !isPending(state, judged.confirmationTag)) return rolledBack(state);
	if (judged.outcome === "removed") {
		const stop = { kind: "removed" as const, ...(judged.accountStays === true && { stays: true }) };
		return { state: { ...state, stop }, effects: [{ kind: "stopped" }] };
	}
	// C3: never another commit of this epoch.
	if (judged.outcome === "stranded" || judged.seedAfter === undefined)
		return { state: { ...state, stop: strandedBy(judged) }, effects: [{ kind: "stopped" }] };
	const effects: ReadEffect[] = isOwn ? [{ kind: "takePending" }] : [];
	if (!isOwn && state.outbox?.what === "commit") effects.push({ kind: "dropPending" });
	const next: ConversationState = {
		...state,
		epoch: state.epoch + 1,
		commitsInLog: state.commitsInLog + 1,
		ownInEpoch: 0,
		ownInLog: state.ownInLog + (isOwn ? 1 : 0),
		owesCommit: state.owesCommit && !isOwn,
		heard: state.heard || !judged.isOwnAccount,
		// C5: nothing of the epoch that ended counts any more; its items are encrypted again.
		outbox: undefined,
		takenBack: undefined,
	};
	if (!judged.membership && next.commitsInLog < rules.maxCommitsInLog) return { state: next, effects };
	const log = { seed: judged.seedAfter, index: 0, ordinal: state.log.ordinal + 1 };
	return { state: moveTo(next, log, 0, now), effects: [...effects, { kind: "moved", to: log, why: "commit" }] };
}

function strandedBy({ account, unseats = [] }: Judged & { kind: "commit" }): Stop {
	return { kind: "stranded", by: account, ...(unseats.length > 0 && { unseats }) };
}

function isPending(state: ConversationState, confirmationTag: Bytes): boolean {
	return isSame(state.outbox?.confirmationTag, confirmationTag);
}

function isSame(one: Bytes | undefined, other: Bytes): boolean {
	return one !== undefined && equalBytes(one, other);
}

function rolledBack(state: ConversationState): ReadStep {
	return { state: { ...state, stop: { kind: "rolledBack" } }, effects: [{ kind: "stopped" }] };
}

/** L3: a full log goes on in the next of its seed; epoch and commit count run on. A closing commit has moved already. */
function endIfFull(step: ReadStep, now: number, rules: ConversationRules): ReadStep {
	const { state } = step;
	if (state.stop !== undefined || state.at.seq < rules.maxLogRecords) return step;
	const log = { ...state.log, index: state.log.index + 1, ordinal: state.log.ordinal + 1 };
	const moved = moveTo(state, log, state.commitsInLog, now);
	return { state: moved, effects: [...step.effects, { kind: "moved", to: log, why: "full" }] };
}

function moveTo(state: ConversationState, log: LogRef, commitsInLog: number, now: number): ConversationState {
	const previous = { log: state.log, at: state.at, leftAt: now };
	return { ...state, log, at: startOf(log), previous, commitsInLog, ownInLog: 0 };
}

/** C8: compares what the author states with what this device has read. */
function checkStated(
	state: ConversationState,
	judged: { readonly account: AccountKey | undefined; readonly stated: StatedCheck },
	now: number,
): Alarm | undefined {
	const { position, ours, oursAtClosing } = judged.stated;
	if (position === undefined) return undefined;
	const alarm = (place: Place, own: Bytes): Alarm => ({
		kind: "forked",
		by: judged.account,
		seq: place.seq,
		ours: own,
		stated: place.head,
		at: now,
	});
	// A place that the author cannot have reached in this log lies in another history.
	if (position.index === state.log.index && position.at.seq > state.at.seq) return alarm(position.at, state.at.head);
	if (ours !== undefined && !equalBytes(ours, position.at.head)) return alarm(position.at, ours);
	const { closing } = position;
	if (closing !== undefined && oursAtClosing !== undefined && !equalBytes(oursAtClosing, closing.head))
		return alarm(closing, oursAtClosing);
	return undefined;
}
