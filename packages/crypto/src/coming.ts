// Signatures whose bodies follow in their own files within this hour; nothing here stays.
import type { Bytes, Result, Secret } from "@sotto/bytes";
import type { CallId, ParticipantId } from "./ids.ts";
import type { AeadKey } from "./aead.ts";
import type * as M from "./mls/types.ts";

const soon = (): never => {
	throw new Error("follows");
};

// ---- MLS (mls/)
export const generateLeafSignatureKey: () => Promise<M.LeafSignatureKey> = soon;
export const createKeyPackage: (options: {
	readonly suite?: M.MlsSuite;
	readonly credential: Uint8Array;
	readonly signatureKey: M.LeafSignatureKey;
	/** ms since 1970 */
	readonly now: number;
	readonly lifetimeMs: number;
}) => Promise<M.KeyPackageSecrets> = soon;
export const readKeyPackage: (publicBytes: Uint8Array) => Promise<Result<M.KeyPackageView, "badPackage">> = soon;
export const createGroup: (options: {
	readonly groupId: Uint8Array;
	readonly keyPackage: M.KeyPackageSecrets;
	readonly policyExtension: Uint8Array;
}) => Promise<M.GroupState> = soon;
export const joinGroup: (options: {
	readonly welcome: Uint8Array;
	readonly ratchetTree: Uint8Array;
	readonly keyPackage: M.KeyPackageSecrets;
	readonly rules: M.MlsRules;
}) => Promise<Result<M.Joined, M.JoinError>> = soon;
export const encodeGroupState: (state: M.GroupState) => Bytes = soon;
export const decodeGroupState: (bytes: Uint8Array) => Result<M.GroupState, "notAState"> = soon;
export const members: (state: M.GroupState) => readonly M.Member[] = soon;
export const memberAt: (state: M.GroupState, leaf: M.Leaf) => M.Member | undefined = soon;
export const epoch: (state: M.GroupState) => bigint = soon;
export const groupIdOf: (state: M.GroupState) => Bytes = soon;
export const suiteOf: (state: M.GroupState) => M.MlsSuite = soon;
export const ownLeaf: (state: M.GroupState) => M.Leaf = soon;
export const policyExtension: (state: M.GroupState) => Bytes = soon;
/** The generation the next application message of `leaf` must have. */
export const nextGeneration: (state: M.GroupState, leaf: M.Leaf) => number = soon;
export const confirmationTagOf: (state: M.GroupState) => Bytes = soon;
export const leafNodeHash: (state: M.GroupState, leaf: M.Leaf) => Bytes | undefined = soon;
export const ratchetTreeOf: (state: M.GroupState) => Bytes = soon;
export const exportSecret: (
	state: M.GroupState,
	label: string,
	context: Uint8Array,
	length?: number,
) => Promise<Secret> = soon;
/** Does not advance `state` (C5): the state advances when the record is read back. */
export const sealApplication: (
	state: M.GroupState,
	content: Uint8Array,
	authenticatedData: Uint8Array,
) => Promise<Result<{ readonly mlsBytes: Bytes; readonly generation: number }, "tooLarge">> = soon;
export const sealCommit: (
	state: M.GroupState,
	commit: {
		/** Key packages (public bytes). */
		readonly adds?: readonly Uint8Array[];
		readonly removes?: readonly M.Leaf[];
		readonly policyExtension?: Uint8Array;
		readonly authenticatedData: Uint8Array;
		/** Bring fresh keys even where the proposals do not ask for it. */
		readonly forcePath?: boolean;
	},
	rules: M.MlsRules,
) => Promise<Result<M.PendingCommit, M.SealCommitError>> = soon;
export const openMessage: (
	state: M.GroupState,
	mlsBytes: Uint8Array,
	rules: M.MlsRules,
) => Promise<Result<M.OpenedMessage, M.VoidReason>> = soon;
/** Zeroes the secrets of `before` that `after` does not hold; call once `after` is durable (C4). */
export const wipeReplaced: (before: M.GroupState, after: M.GroupState) => void = soon;
export const signWithLeaf: (state: M.GroupState, label: string, message: Uint8Array) => Promise<Bytes> = soon;
export const verifyLeafSignature: (
	state: M.GroupState,
	leaf: M.Leaf,
	label: string,
	message: Uint8Array,
	signature: Uint8Array,
) => Promise<boolean> = soon;

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
