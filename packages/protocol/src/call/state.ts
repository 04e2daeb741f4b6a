import type { CallWords, CallKey } from "./messages.ts";

/** Milliseconds since 1970, by this device's own clock. */
type Time = number;
type ConversationId = string;
type AccountId = string;

/** How long a call rings, on either side. */
export const ringingMs = 45_000;
/** K1: nobody in the room for this long, and the call is over. */
export const roomGoneMs = 30_000;
/** How often a room is looked at, and only while the user waits for it: each look shows the sfu an address. */
export const roomProbeMs = 10_000;
/** An unanswered call is over after this even if its caller never said so: the ringing, and time for the last answer. */
export const unansweredMs = ringingMs + 15_000;
/** How long after answering we wait for the first sound. */
export const joiningMs = 45_000;
/** How long a call that was lost may take to come back: more than an offline minute. */
export const reconnectingMs = 90_000;
/** How long a call that ended is still told of: "No answer. Leave a message?" stays until somebody has read it. */
export const endedMs = 120_000;
/** How often a running call is noted on disk, so that a restart can tell a reload from yesterday. */
export const aliveMs = 15_000;
/** A restart after a longer gap does not bring the call back by itself. */
export const comeBackMs = 60_000;
/** K2: keys of a call live no longer. */
export const callKeysMs = 24 * 3_600_000;

/** Who wrote a record, seen from this device. */
export type Author = {
	readonly account: AccountId;
	readonly device: "thisDevice" | "ownOther" | "other";
};

/** K1 for one conversation: the call that counts now, by the order of the log. */
export type CallLine = {
	readonly conversation: ConversationId;
	/** A call between two accounts ends for both when one hangs up; a group's goes on. */
	readonly direct: boolean;
	readonly current: LineCall | undefined;
};

export type LineCall = {
	readonly callId: CallKey;
	/** Undefined if this device entered after it and only knows its name. */
	readonly caller: Author | undefined;
	readonly video: boolean;
	/** Own clock when the position was processed. */
	readonly at: Time;
	/** The author's clock, for the history alone. */
	readonly sentAt: Time;
	/** Whether it came as it was said, not from the past: see docs/spec/calls.md for how that is known. */
	readonly live: boolean;
	/** "waiting" until the tip is reached: only then is it decided whether this device rings. Never goes back. */
	readonly ring: "waiting" | "decided";
	/** Opened without ringing: it goes on from the start, answered or not. */
	readonly quiet: boolean;
	readonly answered: boolean;
	/** "said": by message, alike for everybody. "taken": this client takes it for over. */
	readonly over: "no" | "said" | "taken";
	/** K2: membership commits since the start, and the one whose callBase gives the room. Counted alike by everybody. */
	readonly m: number;
	readonly roomM: number;
	/** Whether this device may still hold callBases of it. */
	readonly hasKeys: boolean;
	/** Since when every look at the room found nobody. */
	readonly nobodySince: Time | undefined;
};

export type EndReason =
	| "hungUp"
	| "remoteHungUp"
	| "declined"
	| "busy"
	| "cancelled"
	| "noAnswer"
	| "missed"
	| "failed"
	| "elsewhere";

export type CallOutcome = "answered" | "missed" | "declined" | "cancelled" | "busy" | "noAnswer" | "failed";

/** What every session has from its beginning to its end. */
export type Frame = {
	readonly callId: CallKey;
	/** The start of ours that lost the order and was merged into this call: what the user's buttons may still name. */
	readonly asked: CallKey | undefined;
	readonly conversation: ConversationId;
	readonly direction: "incoming" | "outgoing";
	readonly video: boolean;
	readonly startedAt: Time;
};

/** The one call of this client. */
export type CallSession =
	| { readonly phase: "idle" }
	/** The user called, and an older call may still go on: its room is looked at first. */
	| (Frame & {
			readonly phase: "checking";
			readonly quiet: boolean;
			readonly since: Time;
			readonly giveUpAt: Time;
			readonly nextProbeAt: Time;
	  })
	/** The start is on its way into the log. */
	| (Frame & {
			readonly phase: "starting";
			readonly quiet: boolean;
			readonly since: Time;
			readonly giveUpAt: Time;
			/** It is in the log and lost the order: on the tip this device joins what it lost to, or starts again. */
			readonly lost: boolean;
	  })
	| (Frame & {
			readonly phase: "ringingOut";
			readonly since: Time;
			readonly giveUpAt: Time;
			/** Who is called, and who of them refused. */
			readonly called: readonly AccountId[];
			readonly refusals: readonly { readonly account: AccountId; readonly reason: "declined" | "busy" }[];
	  })
	| (Frame & { readonly phase: "ringingIn"; readonly since: Time; readonly giveUpAt: Time })
	| (Frame & {
			readonly phase: "joining";
			readonly since: Time;
			readonly aliveAt: Time;
			/**
			 * Whether our word for it, start or answer, is in the log: if not, a caller's end that came before it makes this a
			 * missed call, and an answer of another own device is older than ours.
			 */
			readonly counted: boolean;
	  })
	| (Frame & {
			readonly phase: "connected";
			readonly since: Time;
			readonly aliveAt: Time;
			readonly counted: boolean;
			readonly others: number;
	  })
	| (Frame & {
			readonly phase: "reconnecting";
			readonly since: Time;
			readonly connectedAt: Time;
			readonly aliveAt: Time;
			readonly counted: boolean;
	  })
	| (Frame & {
			readonly phase: "ended";
			readonly at: Time;
			readonly durationMs: number;
			readonly reason: EndReason;
	  });

export type ActiveSession = Exclude<CallSession, { phase: "idle" | "ended" }>;
export type JoinedSession = Extract<CallSession, { phase: "joining" | "connected" | "reconnecting" }>;

export type CallState = {
	readonly lines: readonly CallLine[];
	readonly session: CallSession;
	/** Calls that rang here before, newest last: a name used again by somebody rings nobody. */
	readonly rang: readonly CallKey[];
};

export const initialCallState: CallState = { lines: [], session: { phase: "idle" }, rang: [] };

export type CallInput =
	/** The user. `callId` is fresh; `called` are the other accounts of the conversation. */
	| {
			readonly kind: "start";
			readonly conversation: ConversationId;
			readonly callId: CallKey;
			readonly video: boolean;
			readonly direct: boolean;
			/** Rings nobody. Only in a group. */
			readonly quiet: boolean;
	  }
	/** The user joins the call that goes on here: see {@link ongoingCall}. */
	| { readonly kind: "join"; readonly conversation: ConversationId }
	| { readonly kind: "answer"; readonly callId: CallKey }
	| { readonly kind: "decline"; readonly callId: CallKey; readonly message?: string }
	| { readonly kind: "hangUp"; readonly callId: CallKey }
	/** A record about calls that counts, in the log's order. `people` are the other accounts than one's own. */
	| {
			readonly kind: "said";
			readonly conversation: ConversationId;
			readonly direct: boolean;
			readonly people: readonly AccountId[];
			readonly author: Author;
			readonly sentAt: Time;
			readonly live: boolean;
			readonly content: CallWords;
	  }
	/** A membership commit counts (K2, K5). */
	| { readonly kind: "membership"; readonly conversation: ConversationId; readonly removal: boolean }
	/** This device entered the conversation and was told its call line (C1). */
	| {
			readonly kind: "entered";
			readonly conversation: ConversationId;
			readonly direct: boolean;
			readonly call: JoinerCall | undefined;
	  }
	/** The log was read to its tip. */
	| { readonly kind: "tip"; readonly conversation: ConversationId }
	/** The page's media. */
	| { readonly kind: "connected"; readonly callId: CallKey; readonly others: number }
	| { readonly kind: "lost"; readonly callId: CallKey }
	| { readonly kind: "mediaFailed"; readonly callId: CallKey }
	/** The answer to a "probe" effect. */
	| { readonly kind: "probed"; readonly callId: CallKey; readonly found: "somebody" | "nobody" | "unknown" }
	/** The conversation can carry nothing any more (stopped, left). */
	| { readonly kind: "stopped"; readonly conversation: ConversationId }
	/** Time passed. */
	| { readonly kind: "wake" }
	/** The engine came up again with a stored state. */
	| { readonly kind: "restarted" };

/** What an adder tells a joiner of the conversation's call (C1): its name, and how it stands right after the adding commit. */
export type JoinerCall = {
	readonly callId: CallKey;
	readonly video: boolean;
	/** Said to be over, alike for everybody: then only the name matters. */
	readonly over: boolean;
	/** Somebody answered, or nobody was to be rung. */
	readonly answered: boolean;
	readonly m: number;
	readonly roomM: number;
	/** Whether the room's key comes with it: without, the joiner cannot enter the room that is now. */
	readonly hasRoom: boolean;
};

export type CallRecord = {
	readonly callId: CallKey;
	readonly conversation: ConversationId;
	readonly direction: "incoming" | "outgoing";
	readonly outcome: "ongoing" | CallOutcome;
	readonly video: boolean;
	readonly startedAt: Time;
	readonly durationMs: number;
};

export type CallEffect =
	/** Into the conversation's outbox; a start rings as a call. */
	| { readonly kind: "send"; readonly conversation: ConversationId; readonly content: CallWords }
	| { readonly kind: "sendText"; readonly conversation: ConversationId; readonly text: string }
	/** K2: export and store callBase(m), now, in the epoch of the position being processed. */
	| {
			readonly kind: "takeBase";
			readonly conversation: ConversationId;
			readonly callId: CallKey;
			readonly m: number;
			readonly room: boolean;
	  }
	| { readonly kind: "dropBases"; readonly callId: CallKey }
	/** The room or the keys are others now: the page asks again. */
	| { readonly kind: "mediaChanged"; readonly callId: CallKey }
	/** Look whether somebody is in the call's room, and answer with "probed". */
	| { readonly kind: "probe"; readonly conversation: ConversationId; readonly callId: CallKey }
	| { readonly kind: "record"; readonly record: CallRecord }
	/** Call `step` with "wake" then. Replaces the one before. */
	| { readonly kind: "wakeAt"; readonly at: Time };

export type CallStep = { readonly state: CallState; readonly effects: readonly CallEffect[] };
