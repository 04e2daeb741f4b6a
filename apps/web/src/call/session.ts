/**
 * What the call screen shows and asks for, apart from the engine's {@link CallView}: the page's own media. The screen takes
 * plain props; `call-session.ts` makes them out of a `MediaSession` of the platform.
 */
import type { CallKey, PersonView, SottoClient } from "@sotto/client";

/** Why a microphone or camera gives nothing; the catalogue has a sentence and a way out for each. */
export type DeviceTrouble = "denied" | "missing" | "busy" | "unplugged" | "failed";

export type SourceState =
	| { readonly phase: "off" }
	| { readonly phase: "starting" }
	| { readonly phase: "on" }
	| { readonly phase: "trouble"; readonly trouble: DeviceTrouble };

export type RemoteParticipant = {
	/** Stable for as long as this participant keeps its place. */
	readonly key: string;
	/** Its name in the room, another one after each of its joinings. */
	readonly participantId: string;
	readonly person: PersonView;
	readonly audioTrack?: MediaStreamTrack | undefined;
	/** Absent while their camera is off. */
	readonly videoTrack?: MediaStreamTrack | undefined;
	/** Absent while they share no screen. */
	readonly screenTrack?: MediaStreamTrack | undefined;
	readonly muted: boolean;
	/** When their hand went up; absent while it is down. */
	readonly handRaisedAt?: number | undefined;
	/** How loud they are now, 0 to 1. */
	readonly level: number;
	/** Their line is weak, and not ours. */
	readonly weakLine: boolean;
};

export const reactions = ["👍", "❤️", "😂", "😮", "🎉", "👏"] as const;

export type ShownReaction = {
	readonly id: string;
	/** Undefined: one's own. */
	readonly person: PersonView | undefined;
	readonly emoji: string;
};

/** What is on screen, and how large in device pixels. */
export type ShownTile = {
	readonly participantId: string;
	readonly stream: "camera" | "screen";
	readonly width: number;
	readonly height: number;
};

/** One second's measure of the line; absent figures are not known. */
export type QualitySample = {
	readonly at: number;
	readonly roundTripMs?: number | undefined;
	/** 0 to 1. */
	readonly loss?: number | undefined;
	readonly sendKbps?: number | undefined;
	readonly receiveKbps?: number | undefined;
};

export type Quality = {
	readonly word: "measuring" | "good" | "weak" | "bad" | "reconnecting";
	/** Oldest first, at most 60. */
	readonly samples: readonly QualitySample[];
};

export type DeviceKind = "microphone" | "camera" | "speaker";
export type DeviceChoice = { readonly id: string; readonly label: string };
export type Devices = {
	readonly microphones: readonly DeviceChoice[];
	readonly cameras: readonly DeviceChoice[];
	/** Empty where the browser cannot choose. */
	readonly speakers: readonly DeviceChoice[];
	readonly chosen: { readonly [kind in DeviceKind]?: string | undefined };
};

/** An immutable picture of the page's media; a new object after each change. */
export type CallSessionView = {
	/** The own camera for the preview; undefined while it is off. */
	readonly localStream: MediaStream | undefined;
	readonly remotes: readonly RemoteParticipant[];
	/** The key of who speaks, or spoke last; undefined before anybody did. */
	readonly speaking: string | undefined;
	/** Of the last seconds, oldest first. */
	readonly reactions: readonly ShownReaction[];
	/** When one's own hand went up; undefined while it is down. */
	readonly handRaisedAt: number | undefined;
	/** One's own screen is shared. */
	readonly sharing: boolean;
	/** Nobody can hear us, because we could not follow a change of who is in the call (K5). */
	readonly outOfStep: boolean;
	readonly microphone: SourceState;
	readonly camera: SourceState;
	readonly quality: Quality;
	readonly devices: Devices;
};

/** What the call screen asks for. */
export type CallControls = Omit<CallSession, "snapshot" | "subscribe" | "close">;

/** One call's media in this page, from the moment it is placed or answered until {@link CallSession.close}. */
export interface CallSession {
	snapshot(): CallSessionView;
	/** Calls `listener` after each change; returns how to stop. */
	subscribe(listener: () => void): () => void;
	setMicrophone(on: boolean): void;
	setCamera(on: boolean): void;
	chooseDevice(kind: DeviceKind, id: string): void;
	/** Asks the browser which screen, and shares it, or stops. */
	setScreen(on: boolean): void;
	setHand(raised: boolean): void;
	react(emoji: string): void;
	/** What can be seen now: nothing else needs to be sent here. */
	show(tiles: readonly ShownTile[]): void;
	/** Stops tracks and leaves the room; safe to call twice. */
	close(): void;
}

export type CallSessionInput = {
	readonly client: SottoClient;
	readonly call: CallKey;
	/** What the user wants on at first. */
	readonly microphone: boolean;
	readonly camera: boolean;
	/** Another tab has taken the call over. */
	readonly onTaken?: () => void;
};

/** Starts the page's media for a call. Never throws for want of a device: that is a {@link SourceState}. */
export type StartCallSession = (input: CallSessionInput) => CallSession;
