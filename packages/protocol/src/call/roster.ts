import {
	booleanShape,
	type Bytes,
	bytesShape,
	bytesToBase64url,
	encodeCbor,
	equalBytes,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	err,
	ok,
	type ShapeError,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { parseCallId, parseLogId, parseParticipantId, shapeOf } from "@sotto/crypto";
import { callKeysMs } from "./state.ts";

/** The label of the leaf's signature over a roster entry (K4). */
export const rosterSignatureLabel = "sotto roster";
/** Participants that one entry can name, and that one call can know of. */
export const maxRosterSeen = 64;
const maxParticipants = 1024;
/** How long frames of a participant id that its own device superseded are still decoded: K5's handover. */
export const supersededGraceMs = 5_000;

const participantId = shapeOf(parseParticipantId);
/** Streams of one participant: 0 audio, 1 camera, 2 screen (K3). */
const counters = listShape(integerShape(0, Number.MAX_SAFE_INTEGER), 3);

/** A short time's reactions: a few a second are sent, and each entry holds those of the last seconds. */
export const maxRosterReactions = 8;
/** One emoji, its modifiers and joiners included, UTF-16 units. */
export const maxEmojiLength = 32;
const time = integerShape(0, Number.MAX_SAFE_INTEGER);

/** What a participant says of itself besides: the room's server knows none of it. */
const signsShape = mapShape({
	muted: booleanShape,
	/** When the hand went up, by its owner's clock; missing while it is down. */
	hand: optional(time),
	camera: booleanShape,
	screen: booleanShape,
	weakLine: booleanShape,
});
/** `n` counts a participant's reactions, so that each is shown once. */
const reactionShape = mapShape({ n: integerShape(1, Number.MAX_SAFE_INTEGER), emoji: textShape(maxEmojiLength) });

/** K4: what a participant signs about itself. `leaf` says whose key verifies it. */
const entryShape = mapShape({
	v: literalShape(1),
	/** Rises with each entry of this participant id: an older one, played again, brings back no sign and no reaction. */
	count: integerShape(1, Number.MAX_SAFE_INTEGER),
	signs: signsShape,
	reactions: listShape(reactionShape, maxRosterReactions),
	callId: shapeOf(parseCallId),
	leaf: integerShape(0, 65_535),
	m: integerShape(0, 65_535),
	participantId,
	supersedes: optional(participantId),
	counters,
	seen: listShape(participantId, maxRosterSeen),
	/** C8: where its author stands in the conversation's log. */
	logId: shapeOf(parseLogId),
	seq: integerShape(0, 4096),
	head: bytesShape(32, 32),
});
export type RosterEntry = Omit<ShapeOf<typeof entryShape>, "v">;

const signedShape = mapShape({ entry: bytesShape(1, 3_072), signature: bytesShape(64, 64) });

/** The bytes that are signed. */
export function encodeRosterEntry(entry: RosterEntry): Bytes {
	return encodeCbor({ v: 1, ...entry });
}

export function encodeSignedRoster(signed: { readonly entry: Bytes; readonly signature: Bytes }): Bytes {
	return encodeCbor(signed);
}

/** Parses what {@link encodeSignedRoster} wrote; the signature is still to be verified, over `signedBytes`. */
export function parseSignedRoster(
	bytes: Uint8Array,
): Result<{ readonly entry: RosterEntry; readonly signedBytes: Bytes; readonly signature: Bytes }, ShapeError> {
	const signed = parseCbor(signedShape, bytes);
	if (!signed.ok) return signed;
	const entry = parseCbor(entryShape, signed.value.entry);
	if (!entry.ok) return entry;
	return ok({ entry: entry.value, signedBytes: signed.value.entry, signature: signed.value.signature });
}

type ParticipantKey = string;

/** What this device knows of a call's participants; forgotten only after 24 h, even over a reload. */
export type RosterState = {
	readonly callId: string;
	readonly startedAt: number;
	/** Every participant id of this device itself in this run, newest last. */
	readonly own: readonly ParticipantKey[];
	readonly participants: readonly Participant[];
	/** Never authorised again in this call for that leaf; for nobody if the leaf is missing, because two claimed it. */
	readonly superseded: readonly { readonly participant: ParticipantKey; readonly leaf: number | undefined }[];
};

export type Participant = {
	readonly participant: ParticipantKey;
	readonly leaf: number;
	/** Of the newest entry. */
	readonly count: number;
	/** Frames sealed under `callBase(m)` are refused below these, per stream. */
	readonly m: number;
	readonly counters: readonly number[];
};

export type RosterRefusal =
	| "otherCall"
	/** It does not list this device's own participant id: it may be an old one, played again. */
	| "notForUs"
	| "superseded"
	/** Not newer than what this participant said before. */
	| "replayed"
	/** The id is ours, or another leaf claims it too: then it is nobody's. */
	| "contested"
	| "tooMany";

export type RosterAccepted = {
	readonly state: RosterState;
	/** Not to be decoded any more: at once, or after {@link supersededGraceMs} if its device handed over in this entry. */
	readonly retired: readonly { readonly participant: ParticipantKey; readonly graceMs: number }[];
};

export function createRoster(callId: string, startedAt: number): RosterState {
	return { callId, startedAt, own: [], participants: [], superseded: [] };
}

/** K3: this device goes by a fresh id from now on: nobody else may show it. */
export function ownParticipant(state: RosterState, id: Uint8Array): RosterState {
	const key = bytesToBase64url(id);
	if (state.own.at(-1) === key) return state;
	return { ...state, own: [...state.own.filter((own) => own !== key), key] };
}

export function isRosterExpired(state: RosterState, now: number): boolean {
	return now - state.startedAt >= callKeysMs;
}

/**
 * Judges one entry (K4) whose seal and whose leaf's signature were verified. An id belongs to one leaf; a leaf speaks by one id
 * at a time, its newest. `own` is the id that this device goes by, which the entry must list; undefined if whoever
 * asks knows it better and checks that itself (the page, whose worker makes the ids: platform/src/media/roster.ts).
 */
export function acceptRoster(
	state: RosterState,
	entry: RosterEntry,
	own: Uint8Array | undefined,
): Result<RosterAccepted, RosterRefusal> {
	const participant = bytesToBase64url(entry.participantId);
	const { leaf } = entry;
	if (bytesToBase64url(entry.callId) !== state.callId) return err("otherCall");
	if (state.own.includes(participant)) return err("contested");
	const old = state.superseded.filter((other) => other.participant === participant);
	if (old.some((other) => other.leaf === leaf || other.leaf === undefined)) return err("superseded");
	const known = state.participants.find((other) => other.participant === participant);
	if (known !== undefined && known.leaf !== leaf) return err("contested");
	if (known !== undefined && (entry.count <= known.count || entry.m < known.m)) return err("replayed");
	if (own !== undefined && !entry.seen.some((id) => equalBytes(id, own))) return err("notForUs");
	const before = state.participants.filter((other) => other.leaf === leaf && other.participant !== participant);
	if (state.participants.length + state.superseded.length >= maxParticipants && known === undefined)
		return err("tooMany");
	return ok(supersede(state, entry, participant, before, known));
}

function supersede(
	state: RosterState,
	entry: RosterEntry,
	participant: ParticipantKey,
	before: readonly Participant[],
	known: Participant | undefined,
): RosterAccepted {
	const stated = entry.supersedes === undefined ? undefined : bytesToBase64url(entry.supersedes);
	const named = stated === participant ? undefined : stated;
	const { leaf } = entry;
	// An id that nobody has shown yet may be superseded by the leaf that says so, before an old entry of it is played.
	const isStranger = named !== undefined && !state.participants.some((other) => other.participant === named);
	const isOurs = named !== undefined && state.own.includes(named);
	const gone = before.map((other) => other.participant);
	const ids = isStranger && !isOurs ? [...new Set([...gone, named])] : gone;
	const added = ids.filter((id) => !state.superseded.some((old) => old.participant === id && old.leaf === leaf));
	const kept = state.participants.filter((other) => other.leaf !== leaf);
	const { m, count } = entry;
	// K3: under another base they count from 0 again.
	const counters = highest(known?.m === m ? known.counters : [], entry.counters);
	return {
		state: {
			...state,
			participants: [...kept, { participant, leaf, count, m, counters }],
			superseded: [...state.superseded, ...added.map((id) => ({ participant: id, leaf }))],
		},
		retired: added.map((id) => ({ participant: id, graceMs: id === named ? supersededGraceMs : 0 })),
	};
}

/** Under one base counters only rise. */
function highest(known: readonly number[], stated: readonly number[]): readonly number[] {
	return [0, 1, 2].map((stream) => Math.max(known[stream] ?? 0, stated[stream] ?? 0));
}

/** After "contested": two leaves claim one id, and nothing tells whose it is. It becomes nobody's, for the whole call. */
export function contest(state: RosterState, id: Uint8Array): RosterState {
	const participant = bytesToBase64url(id);
	const known = state.participants.find((other) => other.participant === participant);
	if (known === undefined) return state;
	return {
		...state,
		participants: state.participants.filter((other) => other !== known),
		superseded: [...state.superseded, { participant, leaf: undefined }],
	};
}

const supersededShape = mapShape({
	callId: textShape(32),
	startedAt: integerShape(0, Number.MAX_SAFE_INTEGER),
	superseded: listShape(
		mapShape({ participant: textShape(32), leaf: optional(integerShape(0, 65_535)) }),
		2 * maxParticipants,
	),
});

/** What outlives a reload: the ids that are never authorised again. One's own ids are not stored (K3). */
export function encodeRosterState({ callId, startedAt, superseded }: RosterState): Bytes {
	return encodeCbor({ callId, startedAt, superseded });
}

export function parseRosterState(bytes: Uint8Array): Result<RosterState, ShapeError> {
	const parsed = parseCbor(supersededShape, bytes);
	if (!parsed.ok) return parsed;
	const { callId, startedAt, superseded } = parsed.value;
	const restored = superseded.map(({ participant, leaf }) => ({ participant, leaf }));
	return ok({ ...createRoster(callId, startedAt), superseded: restored });
}
