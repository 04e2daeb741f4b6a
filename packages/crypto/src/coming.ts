// Signatures whose bodies follow in their own files within this hour; nothing here stays.
import type { Bytes, Result, Secret } from "@sotto/bytes";
import type { CallId, ParticipantId } from "./ids.ts";
import type { AeadKey } from "./aead.ts";
import type * as M from "./mls/types.ts";

const soon = (): never => {
	throw new Error("follows");
};

// ---- calls (calls.ts)
/** `exporter("sotto call", callId, 32)`. K2 */
export const deriveCallBase: (state: M.GroupState, callId: CallId) => Promise<Secret> = soon;
/** The room's Ed25519 key pair; `roomId(publicKey)` names the room. K2 */
export const deriveRoomKeyPair: (callBase: Secret) => Promise<import("./signatures.ts").SigningKey> = soon;
/** callBase as a non-extractable HKDF key, for the SFrame worker. */
export const importCallBase: (callBase: Secret) => Promise<CryptoKey> = soon;
/** Seals a (leaf-signed) roster entry under callBase; padded to a multiple of 1 KiB. K4 */
export const sealRosterEntry: (callBase: Secret, callId: CallId, content: Uint8Array) => Promise<Bytes> = soon;
export const openRosterEntry: (
	callBase: Secret,
	callId: CallId,
	sealed: Uint8Array,
) => Promise<Result<Bytes, "doesNotOpen">> = soon;

// ---- SFrame (sframe/)
export type SframeSuite = 4 | 5;
export type MediaStream = 0 | 1 | 2;
export type SframeKeyId = {
	readonly participantId: ParticipantId;
	/** 0 audio, 1 camera, 2 screen. K3 */
	readonly stream: MediaStream;
	/** Sender's seat, 0…255: a hint. */
	readonly seat: number;
	/** The membership commits since the call's start, 0…65535: a hint. */
	readonly m: number;
};
export type SframeOptions = {
	readonly suite?: SframeSuite;
	/** Every sealed frame has exactly this many bytes; undefined: frames are not padded. */
	readonly paddedSize?: number;
};
/** The constant for audio. */
export const audioFrameSize = 192;
export type SenderKey = {
	readonly kid: bigint;
	/** Frames sealed so far, which is the next counter. */
	readonly counter: () => number;
	/** `clearBytes || SFrame(rest)`; the clear bytes are authenticated as metadata. clearBytes: VP8 1, else 0. */
	readonly seal: (frame: Uint8Array, clearBytes?: number) => Promise<Result<Bytes, "tooLarge" | "exhausted">>;
};
export type ReceiverKey = {
	readonly kid: bigint;
	readonly open: (
		sealed: Uint8Array,
		clearBytes?: number,
	) => Promise<Result<Bytes, "malformed" | "otherKey" | "replayed" | "doesNotOpen">>;
	/** Frames below this counter are refused from now on. K4 */
	readonly refuseBelow: (counter: number) => void;
	/** The highest counter opened so far, -1 if none. */
	readonly highestCounter: () => number;
};
export const createSenderKey: (callBase: CryptoKey, id: SframeKeyId, options?: SframeOptions) => Promise<SenderKey> =
	soon;
export const createReceiverKey: (
	callBase: CryptoKey,
	id: SframeKeyId,
	options?: SframeOptions,
) => Promise<ReceiverKey> = soon;
/** Reads the KID of a sealed frame (after its clear bytes), so that the worker can look its key up. */
export const readFrameKeyId: (
	sealed: Uint8Array,
	clearBytes?: number,
) => Result<{ readonly stream: MediaStream; readonly seat: number; readonly m: number }, "malformed"> = soon;
export type { AeadKey };
