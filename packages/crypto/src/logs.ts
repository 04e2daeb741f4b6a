import { type Bytes, Secret, uint32, uint64 } from "@sotto/bytes";
import { hash, kdf, kdfWith } from "./hash.ts";
import type {
	AppendCap,
	BlobId,
	CapHash,
	Head,
	LogId,
	OwnerCap,
	ReadCap,
	RecordHash,
	RoomId,
	WriteCap,
} from "./ids.ts";

/** What the home stores of a capability, and compares in constant time. Rule L1. */
export function capHash(cap: ReadCap | AppendCap | OwnerCap): CapHash {
	return cap.use((bytes) => hash("sotto cap", bytes)) as CapHash;
}

/** The three hashes that create a log. */
export type LogCapHashes = { readonly read: CapHash; readonly append: CapHash; readonly owner: CapHash };

/** `logId = H("sotto log", H(readCap), H(appendCap), H(ownerCap))`. Rule L1. */
export function deriveLogId(hashes: LogCapHashes): LogId {
	return hash("sotto log", hashes.read, hashes.append, hashes.owner) as LogId;
}

/** What an append is known by (its `dedupeId`), and what the chain runs over. Rule L2. */
export function recordHash(record: Uint8Array): RecordHash {
	return hash("sotto record", record) as RecordHash;
}

/** `head(n) = H("sotto head", head(n-1), n, H(record n))`, n as 8 bytes big-endian, counted from 1; `head(0)` is the log id. Rule L2. */
export function nextHead(previous: Head | LogId, seq: number, record: RecordHash): Head {
	return hash("sotto head", previous, uint64(seq), record) as Head;
}

/** `blobId = H("sotto blob", writeCap)`. */
export function blobId(writeCap: WriteCap): BlobId {
	return writeCap.use((bytes) => hash("sotto blob", bytes)) as BlobId;
}

/** `roomId = H("sotto room", joinPublicKey)`. */
export function roomId(joinPublicKey: Uint8Array): RoomId {
	return hash("sotto room", joinPublicKey) as RoomId;
}

/** Everything a member needs of one log of a conversation. Rules C1, L3. */
export type LogSecrets = {
	readonly logId: LogId;
	readonly readCap: ReadCap;
	readonly appendCap: AppendCap;
	/** A hash without a known preimage: nobody owns a conversation's log. */
	readonly ownerHash: CapHash;
	readonly hashes: LogCapHashes;
	/** Seals the records of this log ({@link sealRecord}). */
	readonly sealKey: Secret;
	/** Seals the hints of rings about this log ({@link sealHint}). */
	readonly hintKey: Secret;
};

/**
 * The secrets of log `index` (from 0) of an epoch's sequence. `logSeed` is `exporter("sotto log", "", 32)` of the first
 * epoch that uses it; a full log is followed by `index + 1` under the same seed. Rules C1, L3.
 */
export function deriveLogSecrets(logSeed: Secret, index: number): LogSecrets {
	const base = kdfWith(logSeed, "sotto log", [uint32(index)]);
	const secret = (label: string): Secret => new Secret(kdf(base, label));
	const readCap = secret("read cap") as ReadCap;
	const appendCap = secret("append cap") as AppendCap;
	const ownerHash = kdf(base, "owner hash") as Bytes as CapHash;
	const hashes = { read: capHash(readCap), append: capHash(appendCap), owner: ownerHash };
	const keys = { sealKey: secret("seal key"), hintKey: secret("hint key") };
	return { logId: deriveLogId(hashes), readCap, appendCap, ownerHash, hashes, ...keys };
}
