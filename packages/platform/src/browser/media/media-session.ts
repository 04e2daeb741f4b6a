import type { Bytes, Result } from "@sotto/bytes";
import type { DeviceError, DeviceKind, DeviceState, openDevice } from "./devices.ts";
import type { RoomAccess } from "./peer.ts";
import type { FrameProtection } from "./protection.ts";
import type { EndReason, PeerLoss } from "../../media/rejoin.ts";
import type { CheckedEntry, RosterEntry } from "../../media/roster.ts";
import type { FrameCounts } from "./worker-messages.ts";

export type MediaState =
	| { readonly phase: "joining" }
	| { readonly phase: "connected" }
	/** `since` in ms of `performance.now()`. */
	| { readonly phase: "reconnecting"; readonly since: number }
	| { readonly phase: "ended"; readonly reason: EndReason };

export type MediaParticipant<Person> = {
	/** Hex of its participant id: another one after each of its joinings. */
	readonly participantId: string;
	/** Who it is, once its roster entry was checked (K4); nothing of it is decoded before. */
	readonly person: Person | undefined;
	readonly audioTrack: MediaStreamTrack;
	readonly videoTrack: MediaStreamTrack;
	/** Whether sound or pictures of it arrived, and opened, in the last second or two. */
	readonly isHeard: boolean;
	readonly isSeen: boolean;
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
	readonly microphone: DeviceState;
	readonly camera: DeviceState;
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
	/** Joins anew, at once: the network changed, or the room did. */
	rejoin(): void;
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
	readonly devices?: typeof openDevice;
};
