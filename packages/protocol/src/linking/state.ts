import type { Bytes, Secret } from "@sotto/bytes";
import type { LogId } from "@sotto/crypto";
import type { LinkingMessage } from "./messages.ts";
import type { ChannelKeys, Exchange } from "./transcript.ts";

/** A code that nobody used by then is worth nothing (D2). */
export const linkingLifetimeMs = 10 * 60_000;

export type LinkingFailure = "mismatch" | "expired" | "wrongCode" | "unreachable" | "tooManyDevices" | "cancelled";

/** What either side brings along; made fresh for one code, and used once. */
export type OwnPart = {
	readonly logId: LogId;
	readonly nonce: Bytes;
	readonly name: string;
	readonly expiresAt: number;
};

export type Comparing = {
	readonly phase: "comparing";
	readonly own: OwnPart;
	readonly keys: ChannelKeys;
	readonly digits: string;
	readonly otherName: string;
	readonly confirmedHere: boolean;
	/** What the other device said when its user had confirmed; only the existing device gets it. */
	readonly card: Bytes | undefined;
};

export type LinkingState =
	/** New device: the code is on its screen. */
	| {
			readonly phase: "waitingForAnswer";
			readonly own: OwnPart;
			readonly publicKey: Bytes;
			readonly privateKey: Secret;
	  }
	/** New device: it has told its nonce. */
	| {
			readonly phase: "waitingForReveal";
			readonly own: OwnPart;
			readonly exchange: Exchange;
			readonly secret: Secret;
			readonly keys: ChannelKeys;
	  }
	/** Existing device: the code was typed. */
	| { readonly phase: "waitingForHello"; readonly own: OwnPart; readonly secret: Secret }
	/** Existing device: it is committed. */
	| {
			readonly phase: "waitingForNonce";
			readonly own: OwnPart;
			readonly exchange: Exchange;
			readonly secret: Secret;
			readonly keys: ChannelKeys;
	  }
	| (Comparing & { readonly role: "new" | "existing" })
	/** New device: it has what it needs. Existing device: it is signing, publishing, handing over. */
	| {
			readonly phase: "transferring";
			readonly role: "new" | "existing";
			readonly otherName: string;
			readonly keys: ChannelKeys;
	  }
	| { readonly phase: "done"; readonly otherName: string }
	| { readonly phase: "failed"; readonly reason: LinkingFailure };

/** A received message, opened as far as its state allows: whatever did not open is `undefined` (see `open.ts`). */
export type LinkingInput =
	| {
			readonly kind: "received";
			readonly message: LinkingMessage;
			/** `hello`: the secret sealed to its key. `answer`: the secret in it. Else what was sealed. */
			readonly opened: Bytes | undefined;
	  }
	/** Something in the log that is no message. */
	| { readonly kind: "garbage" }
	| { readonly kind: "confirmed"; readonly same: boolean }
	| { readonly kind: "failed"; readonly reason: LinkingFailure }
	/** Existing device: the new one was met as a device of the account, so it has what it needs, whether it said so or not. */
	| { readonly kind: "arrived" }
	| { readonly kind: "woke" };

/** A message to send; `seal` goes into its sealed part. */
export type Outgoing =
	| { readonly message: LinkingMessage }
	| { readonly type: "nonce" | "reveal"; readonly nonce: Bytes; readonly seal: Bytes; readonly key: Secret }
	| { readonly type: "confirm" | "done"; readonly seal: "card" | Bytes; readonly key: Secret };

export type LinkingEffect =
	| { readonly kind: "send"; readonly outgoing: Outgoing }
	/** Existing device: take this device into the account and send it what it needs, sealed under `key`. */
	| { readonly kind: "handOver"; readonly card: Bytes; readonly key: Secret }
	/** New device: become a device of the account. */
	| { readonly kind: "adopt"; readonly handover: Bytes; readonly key: Secret }
	| { readonly kind: "ended" };

export type LinkingStep = { readonly state: LinkingState; readonly effects: readonly LinkingEffect[] };
