import type { Bytes, Result } from "@sotto/bytes";
import type { DeviceError, DeviceKind, DeviceState, openDevice } from "./devices.ts";
import type { RoomAccess } from "./peer.ts";
import type { FrameProtection } from "./protection.ts";
import type { EndReason, PeerLoss } from "../../media/rejoin.ts";
import type { CheckedEntry, RosterEntry, Signs } from "../../media/roster.ts";
import type { ShownReaction } from "../../media/signs.ts";
import type { Tile } from "../../media/watch.ts";
import type { openScreen } from "./screen.ts";
import type { FrameCounts } from "./worker-messages.ts";

export type MediaState =
	| { readonly phase: "joining" }
	| { readonly phase: "connected" }
	/** `since` in ms of `performance.now()`. */
	| { readonly phase: "reconnecting"; readonly since: number }
	| { readonly phase: "ended"; readonly reason: EndReason };

/** What a participant says of itself, sealed, over the roster channel: the room's server knows none of it. */
export type ParticipantSigns = Signs;

/** One short reaction, shown for some seconds. */
export type Reaction = ShownReaction;

/** How large a stream is shown, in CSS pixels times device pixels; what is not listed is not asked of the room. */
export type ShownTile = Tile;

export type MediaParticipant<Person> = {
	/** Hex of its participant id: another one after each of its joinings. */
	readonly participantId: string;
	/** Who it is, once its roster entry was checked (K4); nothing of it is decoded before. */
	readonly person: Person | undefined;
	readonly audioTrack: MediaStreamTrack;
	readonly videoTrack: MediaStreamTrack;
	/** Where its shared screen arrives, while it shares one and the room carries it to us. */
	readonly screenTrack: MediaStreamTrack | undefined;
	readonly signs: ParticipantSigns;
	/** How loud it is now, 0 to 1, measured here at the decoder. */
	readonly level: number;
	/** Whether sound or pictures of it arrived, and opened, in the last second or two. */
	readonly isHeard: boolean;
	readonly isSeen: boolean;
	/** Its line is weak, and not ours: it says so, or it alone is heard with gaps. */
	readonly weakLine: boolean;
};

export type LineSample = {
	/** ms since 1970 */
	readonly at: number;
	readonly roundTripMs: number | undefined;
	/** 0 to 1 */
	readonly loss: number;
	readonly sendKbps: number;
	readonly receiveKbps: number;
};

/** An immutable picture of the session; another object after each change. */
export type MediaView<Person> = {
	readonly state: MediaState;
	readonly participants: readonly MediaParticipant<Person>[];
	/** Who speaks, found by levels measured here; keeps the last one through pauses. Undefined until somebody spoke. */
	readonly activeSpeaker: string | undefined;
	/** Of the last seconds, oldest first, one's own included. */
	readonly reactions: readonly Reaction[];
	/** What this device says of itself. */
	readonly own: ParticipantSigns;
	/**
	 * The others seal under keys that this device could not get for 5 s: it sends nothing until it can (K5). The person has to
	 * know that nobody hears them.
	 */
	readonly outOfStep: boolean;
	/** One's own screen, while it is shared. */
	readonly screenTrack: MediaStreamTrack | undefined;
	readonly microphone: DeviceState;
	readonly camera: DeviceState;
	/** "weak" comes and goes slowly, measured at the decoder: see weak-line.ts. */
	readonly quality: "measuring" | "good" | "weak" | "reconnecting";
	/** One a second, oldest first, at most 60. */
	readonly samples: readonly LineSample[];
};

/** Sums since the session began, over all its joinings. */
export type MediaStats = {
	readonly quality: MediaView<unknown>["quality"];
	readonly audioFramesOpened: number;
	readonly videoFramesOpened: number;
	readonly videoFramesDecoded: number;
	readonly packets: number;
	readonly bytes: number;
	readonly counts: FrameCounts | undefined;
	/** Why the last joining ended, for the record. */
	readonly lastLoss: PeerLoss | undefined;
	readonly joinings: number;
};

export interface MediaSession<Person> {
	view(): MediaView<Person>;
	/** Calls `listener` after each change; returns how to stop. */
	onChange(listener: () => void): () => void;
	/** Off is silence: the stream goes on (see DeviceState "muted"). */
	setMicrophone(on: boolean): Promise<Result<void, DeviceError>>;
	setCamera(on: boolean): Promise<Result<void, DeviceError>>;
	replaceDevice(kind: DeviceKind, deviceId: string): Promise<Result<void, DeviceError>>;
	/** Asks the browser for a screen and shares it, or stops. Also ends by the browser's own button. */
	setScreen(on: boolean): Promise<Result<void, DeviceError>>;
	setHand(raised: boolean): void;
	/** One emoji; at most a few a second are sent. */
	react(emoji: string): void;
	/** What is on screen, and how large: the room sends no more than that. */
	show(tiles: readonly ShownTile[]): void;
	/**
	 * The call has another room now (K5), or the network is another: joins anew while it still sends where it was, and leaves that
	 * when the others are heard in the new place too.
	 */
	moveOn(): void;
	stats(): MediaStats;
	/** Leaves the room, lets the devices go, ends the worker. Safe to call twice. */
	leave(): void;
}

/** The engine's part in the roster: it signs and seals ours, opens and checks the others' (K4). */
export type RosterPort<Person> = {
	readonly seal: (entry: RosterEntry) => Promise<Bytes | undefined>;
	readonly open: (frame: Bytes) => Promise<CheckedEntry<Person> | undefined>;
};

export type SessionOptions<Person> = {
	/** Asked before each joining, because the room changes after a removal (K2). */
	readonly access: () => Promise<RoomAccess | undefined>;
	readonly protection: FrameProtection;
	readonly roster: RosterPort<Person>;
	readonly microphone: boolean;
	readonly camera: boolean;
	/** 0 to 1. */
	readonly chance: () => number;
	/** Somebody seals under a higher m (K5): reads the log, hands on what keys it finds, and gives the newest m that is here. */
	readonly catchUp?: () => Promise<number>;
	readonly devices?: typeof openDevice;
	readonly screen?: typeof openScreen;
};
