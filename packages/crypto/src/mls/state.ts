import { type Bytes, copyBytes, concat, err, invariant, ok, type Result, Secret } from "@sotto/bytes";
import { mlsExporter } from "ts-mls/keySchedule.js";
import {
	decodeGroupState as decodeMls,
	encodeGroupState as encodeMls,
	type GroupState as MlsState,
} from "ts-mls/clientState.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import { encodeRatchetTree, type RatchetTree } from "ts-mls/ratchetTree.js";
import { type LeafNode, leafNodeEncoder } from "ts-mls/leafNode.js";
import type { Extension } from "ts-mls/extension.js";
import { hash } from "../hash.ts";
import { sign, verify } from "../signatures.ts";
import { findSuite, type Suite, suiteNamed } from "./suite.ts";
import type { Leaf, Member, MlsSuite } from "./types.ts";

/** The type of our one GroupContext extension, from RFC 9420's private range. */
export const policyExtensionType = 0xf750;

/**
 * The whole state of one device in one epoch of a group. Opaque, immutable, and unprintable; every function that advances
 * returns a new one.
 */
export class GroupState {
	readonly #mls: MlsState;

	constructor(mls: MlsState) {
		this.#mls = mls;
	}

	/** For the files of this folder alone. */
	static open(state: GroupState): MlsState {
		return state.#mls;
	}

	toJSON(): string {
		return "[group state]";
	}

	toString(): string {
		return "[group state]";
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return "[group state]";
	}
}

export function suiteOfState(mls: MlsState): Suite {
	return suiteNamed(mls.groupContext.cipherSuite);
}

const stateVersion = new Uint8Array([1]);

/** The state as bytes, secrets included: store them sealed. About 1.5 KB per member with X-Wing, more as parents fill. */
export function encodeGroupState(state: GroupState): Bytes {
	return concat(stateVersion, encodeMls(GroupState.open(state)));
}

/** The inverse of {@link encodeGroupState}. Error: `notAState`, for bytes of another version or damaged ones. */
export function decodeGroupState(bytes: Uint8Array): Result<GroupState, "notAState"> {
	if (bytes[0] !== stateVersion[0]) return err("notAState");
	const body = copyBytes(bytes.subarray(1));
	try {
		const decoded = decodeMls(body, 0);
		if (decoded === undefined || decoded[1] !== body.length) return err("notAState");
		return findSuite(decoded[0].groupContext.cipherSuite) === undefined
			? err("notAState")
			: ok(new GroupState(decoded[0]));
	} catch {
		// The library's decoders throw CodecError on truncated bytes.
		return err("notAState");
	}
}

export function leafNodeAt(tree: RatchetTree, leaf: Leaf): LeafNode | undefined {
	const node = tree[leaf * 2];
	return node?.nodeType === "leaf" ? node.leaf : undefined;
}

/** The bytes of our credential; all credentials in a tree were checked to be of this kind. */
export function credentialBytes(leaf: LeafNode): Bytes {
	invariant(leaf.credential.credentialType === "basic", "credentials are checked when they come in");
	return copyBytes(leaf.credential.identity);
}

function toMember(leaf: Leaf, node: LeafNode): Member {
	return { leaf, credential: credentialBytes(node), signatureKey: copyBytes(node.signaturePublicKey) };
}

export function membersOfTree(tree: RatchetTree): readonly Member[] {
	return tree.flatMap((node, i) => (node?.nodeType === "leaf" ? [toMember(i / 2, node.leaf)] : []));
}

/** Everybody in the group, by leaf. */
export function members(state: GroupState): readonly Member[] {
	return membersOfTree(GroupState.open(state).ratchetTree);
}

/** How many leaves have not committed since they came in: their keys are still those of a package that was shared (P3). */
export function uncommittedLeaves(state: GroupState): number {
	const isFresh = (node: RatchetTree[number]) =>
		node?.nodeType === "leaf" && node.leaf.leafNodeSource === "key_package";
	return GroupState.open(state).ratchetTree.filter(isFresh).length;
}

/** The member at a leaf; undefined if the place is empty. */
export function memberAt(state: GroupState, leaf: Leaf): Member | undefined {
	return memberOfTree(GroupState.open(state).ratchetTree, leaf);
}

export function memberOfTree(tree: RatchetTree, leaf: Leaf): Member | undefined {
	const node = leafNodeAt(tree, leaf);
	return node === undefined ? undefined : toMember(leaf, node);
}

/** `H("sotto leaf node", LeafNode)`: what a `replace` statement names the old leaf by (C9). Undefined if the place is empty. */
export function leafNodeHash(state: GroupState, leaf: Leaf): Bytes | undefined {
	const node = leafNodeAt(GroupState.open(state).ratchetTree, leaf);
	return node === undefined ? undefined : hashLeafNode(node);
}

export function hashLeafNode(node: LeafNode): Bytes {
	return hash("sotto leaf node", encode(leafNodeEncoder)(node));
}

/** Counts the commits of the group, from 0. */
export function epoch(state: GroupState): bigint {
	return GroupState.open(state).groupContext.epoch;
}

export function groupIdOf(state: GroupState): Bytes {
	return copyBytes(GroupState.open(state).groupContext.groupId);
}

export function suiteOf(state: GroupState): MlsSuite {
	return suiteOfState(GroupState.open(state)).name;
}

/** This device's place in the group. */
export function ownLeaf(state: GroupState): Leaf {
	return GroupState.open(state).privatePath.leafIndex;
}

/** Our one GroupContext extension: the policy in force (C9). */
export function policyExtension(state: GroupState): Bytes {
	return policyOf(GroupState.open(state).groupContext.extensions);
}

export function policyOf(extensions: readonly Extension[]): Bytes {
	const [extension] = extensions;
	invariant(extension?.extensionType === policyExtensionType, "every group has exactly our extension");
	return copyBytes(extension.extensionData);
}

/** The generation that the next application message of `leaf` must have; for one's own leaf, how many were sent in this epoch. */
export function nextGeneration(state: GroupState, leaf: Leaf): number {
	return GroupState.open(state).secretTree[leaf * 2]?.application.generation ?? 0;
}

/** The tag of the commit that began this epoch. */
export function confirmationTagOf(state: GroupState): Bytes {
	return copyBytes(GroupState.open(state).confirmationTag);
}

/** The public tree, which a joiner needs beside its Welcome (C1). */
export function ratchetTreeOf(state: GroupState): Bytes {
	return copyBytes(encodeRatchetTree(GroupState.open(state).ratchetTree));
}

/** MLS-Exporter (RFC 9420 8.5) of the state's epoch. */
export async function exportSecret(
	state: GroupState,
	label: string,
	context: Uint8Array,
	length = 32,
): Promise<Secret> {
	const mls = GroupState.open(state);
	return new Secret(await mlsExporter(mls.keySchedule.exporterSecret, label, context, length, suiteOfState(mls).cs));
}

/** Signs with the leaf's signature key, under a label of ours ({@link sign}). 64 bytes. */
export function signWithLeaf(state: GroupState, label: string, message: Uint8Array): Promise<Bytes> {
	return sign(label, new Secret(GroupState.open(state).signaturePrivateKey), message);
}

/** Whether the member at `leaf` signed `message` under `label`; false if the place is empty. */
export async function verifyLeafSignature(
	state: GroupState,
	leaf: Leaf,
	label: string,
	message: Uint8Array,
	signature: Uint8Array,
): Promise<boolean> {
	const node = leafNodeAt(GroupState.open(state).ratchetTree, leaf);
	return node !== undefined && (await verify(label, node.signaturePublicKey, message, signature));
}

/**
 * Zeroes the secrets of `before` that `after` does not hold. Call it once `after` is durable, never earlier (C4: `before` holds
 * the live init secret). A best effort: the engine may have copied memory.
 */
export function wipeReplaced(before: GroupState, after: GroupState): void {
	const kept = new Set(secretsOf(GroupState.open(after)));
	for (const secret of secretsOf(GroupState.open(before))) if (!kept.has(secret)) secret.fill(0);
}

function secretsOf(mls: MlsState): Uint8Array[] {
	const ratchets = mls.secretTree.flatMap((node) => [node.application.secret, node.handshake.secret]);
	return [
		...Object.values(mls.keySchedule),
		...ratchets,
		...Object.values(mls.privatePath.privateKeys),
		mls.signaturePrivateKey,
	];
}
