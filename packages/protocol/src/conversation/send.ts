import { type Bytes, equalBytes } from "@sotto/bytes";
import type { Tip } from "@sotto/api";
import { type Head, nextHead } from "@sotto/crypto";
import type { StatedPosition } from "../authenticated-data.ts";
import type { ConversationRules, ConversationState, Outbox } from "./state.ts";

/** What a conversation wants to do next, once it has read to the tip. The driver does one, and asks again. */
export type SendAction =
	| { readonly kind: "nothing" }
	/** Append the outbox's bytes, exactly as they were stored. */
	| { readonly kind: "append"; readonly expectHead: Bytes | undefined }
	/** L3: seal the outbox's MLS bytes for the log in force, store, then append. */
	| { readonly kind: "resealRecord" }
	/** Seal a commit with a path: a joiner's first (P3), or one for fresh keys (C6). */
	| { readonly kind: "sealCommit"; readonly why: "joined" | "update" }
	/** Look at the wishes that are due against the group in force, and seal a commit for what they still ask for. */
	| { readonly kind: "sealWishes" }
	/** Seal what is queued as one MLS message (C5). */
	| { readonly kind: "sealMessage" };

/** What waits outside the machine. */
export type SendNeeds = {
	/** C7: whether the log was read to the tip since this program started. */
	readonly hasReadToTip: boolean;
	readonly hasQueuedItems: boolean;
	/** Whether a wish is due that no commit has fulfilled yet. */
	readonly hasDueWishes: boolean;
	/** D3: nobody heard of this device for so long that it shows that it follows. */
	readonly owesSign?: boolean;
	/** C11: this device came in with others, and waits its time with its first commit. */
	readonly isHeldBack?: boolean;
};

/** Decides the next step of sending. At most one MLS message is on its way (C5), and one commit per epoch (C4). */
export function nextSend(state: ConversationState, needs: SendNeeds, rules: ConversationRules): SendAction {
	if (state.stop !== undefined || !needs.hasReadToTip) return { kind: "nothing" };
	const { outbox } = state;
	if (outbox !== undefined) {
		if (outbox.refused !== undefined) return { kind: "nothing" };
		if (outbox.ordinal !== state.log.ordinal) return { kind: "resealRecord" };
		return { kind: "append", expectHead: guard(state, outbox, rules) };
	}
	if (state.owesCommit) return needs.isHeldBack === true ? { kind: "nothing" } : { kind: "sealCommit", why: "joined" };
	if (needs.hasDueWishes) return { kind: "sealWishes" };
	if (needs.owesSign === true) return { kind: "sealCommit", why: "update" };
	if (!needs.hasQueuedItems) return { kind: "nothing" };
	return state.ownInEpoch >= rules.maxOwnInEpoch ? { kind: "sealCommit", why: "update" } : { kind: "sealMessage" };
}

/** C4: a commit must not land behind what its author has not seen, unless it lost the race three times. */
function guard(state: ConversationState, outbox: Outbox, rules: ConversationRules): Bytes | undefined {
	return outbox.what === "commit" && outbox.tries < rules.guardedTries ? state.at.head : undefined;
}

/** C8: what the next message or commit states; in the first of a log also where the one before ended. */
export function positionToState(state: ConversationState): StatedPosition {
	const closing = state.ownInLog === 0 && state.previous !== undefined ? { closing: state.previous.at } : {};
	return { v: 1, index: state.log.index, at: state.at, ...closing };
}

/** Puts sealed bytes on their way. The driver writes state and bytes in one transaction before the network is used. */
export function enqueue(state: ConversationState, outbox: Outbox): ConversationState {
	return { ...state, outbox };
}

/** What the home answered to an append; `refused` with a code that the same bytes will meet again. */
export type AppendAnswer =
	| { readonly kind: "appended"; readonly tip: Tip | undefined }
	| { readonly kind: "headMismatch" | "logFull" | "noLog" | "tryLater" }
	| { readonly kind: "refused"; readonly code: string };

export type AppendEffect =
	/** The record took the very next place: it can be processed without fetching it. */
	| { readonly kind: "readOwn" }
	/** Something else is in the log too: read. */
	| { readonly kind: "readLog" }
	| { readonly kind: "createLog" }
	| { readonly kind: "waitAndRetry" }
	| { readonly kind: "failed" };

/** Takes the answer to the append of the outbox. The outbox itself is only emptied by reading (C5). */
export function stepAppended(
	state: ConversationState,
	answer: AppendAnswer,
): { readonly state: ConversationState; readonly effect: AppendEffect } {
	const { outbox } = state;
	if (outbox === undefined) return { state, effect: { kind: "readLog" } };
	switch (answer.kind) {
		case "appended":
			return { state, effect: { kind: isNext(state, outbox, answer.tip) ? "readOwn" : "readLog" } };
		case "headMismatch":
			return { state: { ...state, outbox: { ...outbox, tries: outbox.tries + 1 } }, effect: { kind: "readLog" } };
		case "logFull":
			return { state, effect: { kind: "readLog" } };
		case "noLog":
			return { state, effect: { kind: "createLog" } };
		case "tryLater":
			return { state, effect: { kind: "waitAndRetry" } };
		case "refused":
			return { state: { ...state, outbox: { ...outbox, refused: answer.code } }, effect: { kind: "failed" } };
	}
}

function isNext(state: ConversationState, outbox: Outbox, tip: Tip | undefined): boolean {
	if (tip === undefined || tip.seq !== state.at.seq + 1) return false;
	return equalBytes(tip.head, nextHead(state.at.head as Head, tip.seq, outbox.dedupeId));
}

/** Another try of what was refused: the same bytes go again (C5). */
export function retryRefused(state: ConversationState): ConversationState {
	const { outbox } = state;
	return outbox === undefined ? state : { ...state, outbox: { ...outbox, refused: undefined } };
}

/**
 * The refused message on its way is taken back. Its bytes have left, so it may yet stand in the log, and its key seals nothing
 * else: a commit ends the epoch before anything more is sealed (C5).
 */
export function takeBackRefused(state: ConversationState): ConversationState {
	const { outbox } = state;
	if (outbox?.what !== "message" || outbox.refused === undefined) return state;
	return { ...state, outbox: undefined, takenBack: outbox.mlsHash, owesCommit: true };
}
