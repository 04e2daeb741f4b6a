import type { CallKey, PersonView, SottoClient } from "@sotto/client";
import type { EndReason, PeerLoss } from "../../media/rejoin.ts";
import type { LineSums } from "./line.ts";
import type { HeardSound } from "./recording.ts";
import type { MediaSource } from "./sending.ts";

/** The part of the engine that a call's media speaks to. */
export type CallEngine = Pick<SottoClient, "callMedia" | "sealRoster" | "openRoster" | "sync">;

/** Somebody in the room whose roster entry was checked (K4): one device of a person. */
export type Speaker = {
	readonly person: PersonView;
	readonly leaf: number;
	/** Hex of its participant id: another one after each of its joinings. */
	readonly participantId: string;
};

export type CallMediaEvents = {
	readonly onState: (state: MediaState) => void;
	readonly onCame: (speaker: Speaker) => void;
	readonly onWent: (speaker: Speaker) => void;
	readonly onSound: (speaker: Speaker, sound: HeardSound) => void;
	/** All that there was to play has been sent; from now on there is silence. */
	readonly onPlayed: () => void;
};

export type MediaState =
	| { readonly phase: "joining" | "connected" | "reconnecting" }
	| { readonly phase: "ended"; readonly reason: EndReason };

export type CallMediaSession = {
	readonly state: () => MediaState;
	/** How many others were heard in the last two seconds. */
	readonly heardCount: () => number;
	/** The others seal under keys that this device could not get for 5 s: it sends nothing until it can (K5). */
	readonly isOutOfStep: () => boolean;
	/** Why the last joining ended, for the record. */
	readonly lastLoss: () => PeerLoss | undefined;
	/** Over all joinings. */
	readonly sums: () => LineSums;
	/** The engine said that the call's room or keys are others now (K2). */
	readonly refresh: () => Promise<void>;
	/** Resolves when everything that was heard has been told. */
	readonly leave: () => Promise<void>;
};

export type CallMediaOptions = {
	readonly engine: CallEngine;
	readonly call: CallKey;
	readonly source: MediaSource;
	readonly events: CallMediaEvents;
};
