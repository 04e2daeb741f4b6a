// The stored form of a group: in parts, so that a message writes its sender's ratchet and nothing else (docs/spec/store.md).
import { type Bytes, copyBytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import type { GroupState as MlsState } from "ts-mls/clientState.js";
import { decodeUint32, decodeUint64, uint32Encoder, uint64Encoder } from "ts-mls/codec/number.js";
import { type Decoder, mapDecoders } from "ts-mls/codec/tlsDecoder.js";
import { contramapBufferEncoders, encode } from "ts-mls/codec/tlsEncoder.js";
import { decodeVarLenData, varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { decodeGroupContext, type GroupContext, groupContextEncoder } from "ts-mls/groupContext.js";
import { decodeKeySchedule, type KeySchedule, keyScheduleEncoder } from "ts-mls/keySchedule.js";
import { decodePrivateKeyPath, type PrivateKeyPath, privateKeyPathEncoder } from "ts-mls/privateKeyPath.js";
import { decodeNode, encodeNode, type RatchetTree } from "ts-mls/ratchetTree.js";
import { decodeSecretTreeNode, type SecretTree, secretTreeNodeEncoder } from "ts-mls/secretTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { emptyRatchets } from "./next-epoch.ts";
import { GroupState } from "./state.ts";
import { findSuite } from "./suite.ts";
import { maxLeaves } from "./types.ts";

/**
 * A part of a stored group, by name: `epoch` (context, key schedule, own keys), `node/I` (a node of the public tree) or
 * `ratchet/I` (the secrets of a leaf's next messages). `bytes` undefined: that part is gone.
 */
export type GroupPart = { readonly name: string; readonly bytes: Bytes | undefined };

/**
 * The parts in which `after` differs from `before`, or all of it. Unchanged parts are told by identity: no function of this
 * door changes a state in place. Write them in one batch; together with what `before` left they are `after` ({@link applyParts}).
 */
export function changedParts(before: GroupState | undefined, after: GroupState): readonly GroupPart[] {
	const [old, mls] = [before && GroupState.open(before), GroupState.open(after)];
	const parts: GroupPart[] = [];
	if (old === undefined || !isSameEpoch(old, mls)) parts.push({ name: epochPart, bytes: encodeEpoch(mls) });
	const width = Math.max(mls.ratchetTree.length, old?.ratchetTree.length ?? 0);
	for (let index = 0; index < width; index++) {
		const node = mls.ratchetTree[index];
		const oldNode = old?.ratchetTree[index];
		if (node !== oldNode) parts.push({ name: partName("node", index), bytes: node && copyBytes(encodeNode(node)) });
		const [ratchets, oldRatchets] = [ratchetsAt(mls, index), old && ratchetsAt(old, index)];
		if (ratchets === oldRatchets) continue;
		const bytes = ratchets && encodeRatchets({ epoch: mls.groupContext.epoch, ratchets });
		parts.push({ name: partName("ratchet", index / 2), bytes });
	}
	return parts;
}

/**
 * The state that `parts` make of `before`, or of nothing. The inverse of {@link changedParts}: parts of two states are never
 * taken for one. Error: `notAState`, for parts that are missing, damaged or of another version.
 */
export async function applyParts(
	before: GroupState | undefined,
	parts: readonly GroupPart[],
): Promise<Result<GroupState, "notAState">> {
	try {
		const mls = rebuild(before && GroupState.open(before), parts);
		return mls !== undefined && (await isWhole(mls)) ? ok(new GroupState(mls)) : err("notAState");
	} catch {
		// The library's decoders throw CodecError on damaged bytes.
		return err("notAState");
	}
}

const epochPart = "epoch";
const version = 2;

function partName(kind: "node" | "ratchet", index: number): string {
	return `${kind}/${index.toString(16).padStart(4, "0")}`;
}

type Ratchets = SecretTree[number];

/** Only leaves that are there have ratchets. */
function ratchetsAt(mls: MlsState, index: number): Ratchets | undefined {
	return index % 2 === 0 && mls.ratchetTree[index] !== undefined ? mls.secretTree[index] : undefined;
}

/** What only commits change, beside the tree. */
function isSameEpoch(one: MlsState, other: MlsState): boolean {
	return (
		one.groupContext === other.groupContext &&
		one.keySchedule === other.keySchedule &&
		one.privatePath === other.privatePath &&
		one.signaturePrivateKey === other.signaturePrivateKey &&
		one.confirmationTag === other.confirmationTag &&
		one.ratchetTree.length === other.ratchetTree.length
	);
}

type EpochPart = Pick<
	MlsState,
	"groupContext" | "keySchedule" | "privatePath" | "signaturePrivateKey" | "confirmationTag"
> & { readonly version: number; readonly width: number };

const epochEncoder = contramapBufferEncoders(
	[
		uint32Encoder,
		uint32Encoder,
		groupContextEncoder,
		keyScheduleEncoder,
		privateKeyPathEncoder,
		varLenDataEncoder,
		varLenDataEncoder,
	],
	(part: EpochPart): [number, number, GroupContext, KeySchedule, PrivateKeyPath, Uint8Array, Uint8Array] => [
		part.version,
		part.width,
		part.groupContext,
		part.keySchedule,
		part.privatePath,
		part.signaturePrivateKey,
		part.confirmationTag,
	],
);

const decodeEpochPart: Decoder<EpochPart> = mapDecoders(
	[
		decodeUint32,
		decodeUint32,
		decodeGroupContext,
		decodeKeySchedule,
		decodePrivateKeyPath,
		decodeVarLenData,
		decodeVarLenData,
	],
	(stated, width, groupContext, keySchedule, privatePath, signaturePrivateKey, confirmationTag) => ({
		version: stated,
		width,
		groupContext,
		keySchedule,
		privatePath,
		signaturePrivateKey,
		confirmationTag,
	}),
);

function encodeEpoch(mls: MlsState): Bytes {
	return copyBytes(encode(epochEncoder)({ ...mls, version, width: mls.ratchetTree.length }));
}

type StoredRatchets = { readonly epoch: bigint; readonly ratchets: Ratchets };

const ratchetsEncoder = contramapBufferEncoders(
	[uint64Encoder, secretTreeNodeEncoder],
	({ epoch, ratchets }: StoredRatchets): [bigint, Ratchets] => [epoch, ratchets],
);

function encodeRatchets(stored: StoredRatchets): Bytes {
	return copyBytes(encode(ratchetsEncoder)(stored));
}

const decodeRatchets: Decoder<StoredRatchets> = mapDecoders(
	[decodeUint64, decodeSecretTreeNode],
	(epoch, ratchets) => ({ epoch, ratchets }),
);

/** All of `bytes`, and nothing behind it. */
function decodeWhole<T>(decoder: Decoder<T>, bytes: Bytes): T | undefined {
	// Copied, because what the library decodes lies in the buffer it was given.
	const decoded = decoder(copyBytes(bytes), 0);
	return decoded?.[1] === bytes.length ? decoded[0] : undefined;
}

function rebuild(before: MlsState | undefined, parts: readonly GroupPart[]): MlsState | undefined {
	const byName = new Map(parts.map(({ name, bytes }) => [name, bytes]));
	const stored = byName.get(epochPart);
	const head = stored === undefined ? before && epochOf(before) : decodeWhole(decodeEpochPart, stored);
	if (head === undefined || head.version !== version || head.width > maxLeaves * 4) return undefined;
	const ratchetTree: RatchetTree = [];
	const secretTree: SecretTree = [];
	for (let index = 0; index < head.width; index++) {
		const name = partName("node", index);
		const bytes = byName.get(name);
		const node = byName.has(name) ? bytes && decodeWhole(decodeNode, bytes) : before?.ratchetTree[index];
		if (bytes !== undefined && node === undefined) return undefined;
		ratchetTree.push(node);
		const ratchets = rebuildRatchets(before, byName, index, head.groupContext.epoch);
		if ((ratchets !== undefined) !== (index % 2 === 0 && node !== undefined)) return undefined;
		secretTree.push(ratchets ?? emptyRatchets);
	}
	const { version: _, width: __, ...epoch } = head;
	return {
		...epoch,
		secretTree,
		ratchetTree,
		unappliedProposals: {},
		historicalReceiverData: new Map(),
		groupActiveState: { kind: "active" },
	};
}

function epochOf(mls: MlsState): EpochPart {
	const { groupContext, keySchedule, privatePath, signaturePrivateKey, confirmationTag } = mls;
	const width = mls.ratchetTree.length;
	return { groupContext, keySchedule, privatePath, signaturePrivateKey, confirmationTag, version, width };
}

function rebuildRatchets(
	before: MlsState | undefined,
	byName: ReadonlyMap<string, Bytes | undefined>,
	index: number,
	epoch: bigint,
): Ratchets | undefined {
	if (index % 2 !== 0) return undefined;
	const name = partName("ratchet", index / 2);
	if (!byName.has(name)) return before?.groupContext.epoch === epoch ? ratchetsAt(before, index) : undefined;
	const bytes = byName.get(name);
	const stored = bytes && decodeWhole(decodeRatchets, bytes);
	return stored?.epoch === epoch ? stored.ratchets : undefined;
}

/** Whether it is one state: the tree is the one that the context names. */
async function isWhole(mls: MlsState): Promise<boolean> {
	const suite = findSuite(mls.groupContext.cipherSuite);
	if (suite === undefined) return false;
	return equalBytes(await treeHashRoot(mls.ratchetTree, suite.cs.hash), mls.groupContext.treeHash);
}
