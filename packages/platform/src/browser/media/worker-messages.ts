import type { Bytes } from "@sotto/bytes";
import type { OpenFailure } from "../../media/frame-keys.ts";
import type { Place, StreamIndex } from "../../media/streams.ts";

/** The call's keys and who may be heard: from the engine over a port of its own, or from the page. */
export type KeyMessage =
	/** `callBase(m)` as a non-extractable HKDF key. `send`: seal under it from now on. */
	| { readonly type: "base"; readonly m: number; readonly callBase: CryptoKey; readonly send: boolean }
	| { readonly type: "forget"; readonly m: number }
	| {
			readonly type: "authorize";
			readonly participantId: Bytes;
			readonly m: number;
			readonly counters: readonly number[];
	  }
	| { readonly type: "revoke"; readonly participantId: Bytes };

/** From the page. Requests carry a number and are answered under it. */
export type PageToWorker =
	| KeyMessage
	| { readonly type: "engine"; readonly port: MessagePort }
	| { readonly type: "begin"; readonly request: number }
	| { readonly type: "ready"; readonly request: number; readonly session: number }
	| { readonly type: "count"; readonly request: number; readonly session: number }
	| { readonly type: "announce"; readonly request: number; readonly session: number }
	| {
			readonly type: "seat";
			readonly session: number;
			readonly place: Place;
			readonly participantId: Bytes | undefined;
	  }
	/** The session's PeerConnection is closed. */
	| { readonly type: "end"; readonly session: number }
	/** Seal nothing, or go on (K5). */
	| { readonly type: "hold"; readonly isHeld: boolean };

export type FrameCounts = {
	/** Frames sealed in this session, by stream. */
	readonly sealed: readonly number[];
	/** Frames that were not let out, because they could not be sealed. */
	readonly withheld: number;
	/** Frames opened, by place and stream: `0.0` is the sound of seat 0, `0.1` its camera, `64.2` the first screen. */
	readonly opened: Readonly<Record<string, number>>;
	readonly failures: Readonly<Partial<Record<OpenFailure, number>>>;
};

/** What our roster entry is to say of us (K4). */
export type Announcement = {
	readonly participantId: Bytes;
	readonly m: number;
	readonly counters: readonly number[];
};

export type WorkerToPage =
	| { readonly type: "begun"; readonly request: number; readonly session: number; readonly participantId: Bytes }
	| { readonly type: "isReady"; readonly request: number }
	| { readonly type: "announcement"; readonly request: number; readonly announcement: Announcement | undefined }
	| ({ readonly type: "counts"; readonly request: number } & FrameCounts)
	/** Unasked: somebody seals under a base that is not here (K5). */
	| { readonly type: "ahead"; readonly m: number };

/** The options of a transform: which stream of the session it serves. */
export type TransformOptions =
	| { readonly role: "send"; readonly session: number; readonly stream: StreamIndex }
	| { readonly role: "receive"; readonly session: number; readonly place: Place; readonly stream: StreamIndex };
