import { type Brand, type Bytes, copyBytes, err, ok, type Result, Secret, type Shape } from "@sotto/bytes";
import { randomBytes } from "./hash.ts";

/** Names a log: `H("sotto log", capHash(readCap), capHash(appendCap), capHash(ownerCap))`, 32 bytes. Rule L1. */
export type LogId = Brand<Bytes, "LogId">;
/** The chain value over a log up to a position; `head(0) = logId`. 32 bytes. Rule L2. */
export type Head = Brand<Bytes, "Head">;
/** `H("sotto record", record)`: what an append is known by. 32 bytes. Rule L2. */
export type RecordHash = Brand<Bytes, "RecordHash">;
/** The hash of a capability, which the home stores instead of it. 32 bytes. */
export type CapHash = Brand<Bytes, "CapHash">;
/** Names a blob: `H("sotto blob", writeCap)`, 32 bytes. */
export type BlobId = Brand<Bytes, "BlobId">;
/** Names a room: `H("sotto room", joinPublicKey)`, 32 bytes. */
export type RoomId = Brand<Bytes, "RoomId">;
/** One PeerConnection's media keys hang on it; random, 16 bytes, never stored. Rule K3. */
export type ParticipantId = Brand<Bytes, "ParticipantId">;
/** Random, 16 bytes; what receivers de-duplicate by, together with the author's account. Rule C5. */
export type MessageId = Brand<Bytes, "MessageId">;
/** Random, 16 bytes. */
export type CallId = Brand<Bytes, "CallId">;
/** A person: an Ed25519 public key, 32 bytes. Rule D1. */
export type AccountKey = Brand<Bytes, "AccountKey">;

/** Allows reading one log. 32 bytes that do not print. */
export type ReadCap = Brand<Secret, "ReadCap">;
/** Allows appending to one log. */
export type AppendCap = Brand<Secret, "AppendCap">;
/** Allows trimming and deleting one log. */
export type OwnerCap = Brand<Secret, "OwnerCap">;
/** Allows writing one blob, once. */
export type WriteCap = Brand<Secret, "WriteCap">;

function fixed<Name extends string>(length: number) {
	return (bytes: Uint8Array): Result<Brand<Bytes, Name>, "wrongLength"> =>
		bytes.length === length ? ok(copyBytes(bytes) as Brand<Bytes, Name>) : err("wrongLength");
}

function capability<Name extends string>(bytes: Uint8Array): Result<Brand<Secret, Name>, "wrongLength"> {
	return bytes.length === 32 ? ok(new Secret(bytes) as Brand<Secret, Name>) : err("wrongLength");
}

export const parseLogId = fixed<"LogId">(32);
export const parseHead = fixed<"Head">(32);
export const parseRecordHash = fixed<"RecordHash">(32);
export const parseCapHash = fixed<"CapHash">(32);
export const parseBlobId = fixed<"BlobId">(32);
export const parseRoomId = fixed<"RoomId">(32);
export const parseParticipantId = fixed<"ParticipantId">(16);
export const parseMessageId = fixed<"MessageId">(16);
export const parseCallId = fixed<"CallId">(16);
export const parseAccountKey = fixed<"AccountKey">(32);
export const parseReadCap = (bytes: Uint8Array): Result<ReadCap, "wrongLength"> => capability(bytes);
export const parseAppendCap = (bytes: Uint8Array): Result<AppendCap, "wrongLength"> => capability(bytes);
export const parseOwnerCap = (bytes: Uint8Array): Result<OwnerCap, "wrongLength"> => capability(bytes);
export const parseWriteCap = (bytes: Uint8Array): Result<WriteCap, "wrongLength"> => capability(bytes);

/** Makes the CBOR shape of a byte string out of its parser: `shapeOf(parseLogId)`. */
export function shapeOf<T>(parse: (bytes: Uint8Array) => Result<T, string>): Shape<T> {
	return (value, at) => {
		const parsed = value instanceof Uint8Array ? parse(value) : undefined;
		return parsed?.ok ? ok(parsed.value) : err({ kind: "wrongShape", at });
	};
}

export const newParticipantId = (): ParticipantId => randomBytes(16) as ParticipantId;
export const newMessageId = (): MessageId => randomBytes(16) as MessageId;
export const newCallId = (): CallId => randomBytes(16) as CallId;
export const newReadCap = (): ReadCap => new Secret(randomBytes(32)) as ReadCap;
export const newAppendCap = (): AppendCap => new Secret(randomBytes(32)) as AppendCap;
export const newOwnerCap = (): OwnerCap => new Secret(randomBytes(32)) as OwnerCap;
export const newWriteCap = (): WriteCap => new Secret(randomBytes(32)) as WriteCap;
