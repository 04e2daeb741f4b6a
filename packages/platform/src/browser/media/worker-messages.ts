import type { Bytes } from "@sotto/bytes";
import type { OpenFailure } from "./frame-keys.ts";
import type { StreamIndex } from "./protection.ts";

/** From the engine, over the port it hands us: the call's secrets, which the page never holds. */
export type EngineToWorker =
	/** `callBase(m)` as a non-extractable HKDF key. `send`: seal under it from now on. */
	| { readonly type: "base"; readonly m: number; readonly callBase: CryptoKey; readonly send: boolean }
	| { readonly type: "forget"; readonly m: number }
	| {
			readonly type: "authorize";
			readonly participantId: Bytes;
			readonly m: number;
			readonly counters: readonly number[];
	  }
	| { readonly type: "revoke"; readonly participantId: Bytes }
	/** Answered by `announcement`. */
	| { readonly type: "announce"; readonly request: number };

/** The answer: what our roster entry is to say of us; `undefined` while nothing is sent. */
export type WorkerToEngine = {
	readonly type: "announcement";
	readonly request: number;
	readonly announcement:
		| { readonly participantId: Bytes; readonly m: number; readonly counters: readonly number[] }
		| undefined;
};

/** From the page: everything but secrets. Requests carry a number and are answered under it. */
export type PageToWorker =
	| { readonly type: "engine"; readonly port: MessagePort }
	| { readonly type: "begin"; readonly request: number }
	| { readonly type: "ready"; readonly request: number; readonly session: number }
	| { readonly type: "count"; readonly request: number; readonly session: number }
	| {
			readonly type: "seat";
			readonly session: number;
			readonly seat: number;
			readonly participantId: Bytes | undefined;
	  };

export type FrameCounts = {
	readonly sealed: readonly number[];
	readonly withheld: number;
	readonly opened: number;
	readonly failures: Readonly<Partial<Record<OpenFailure, number>>>;
};

export type WorkerToPage =
	| { readonly type: "begun"; readonly request: number; readonly session: number; readonly participantId: Bytes }
	| { readonly type: "isReady"; readonly request: number }
	| ({ readonly type: "counts"; readonly request: number } & FrameCounts);

/** The options of a transform: which stream of the session it serves. */
export type TransformOptions =
	| { readonly role: "send"; readonly session: number; readonly stream: StreamIndex }
	| { readonly role: "receive"; readonly session: number; readonly seat: number; readonly stream: StreamIndex };
