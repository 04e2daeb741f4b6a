// A member who keeps to the formats and to nothing else: builds commits that the honest code refuses to build.
import { type Bytes, copyBytes } from "@sotto/bytes";
import type { AuthenticatedContent } from "ts-mls/authenticatedContent.js";
import type { GroupState as MlsState } from "ts-mls/clientState.js";
import type { Commit } from "ts-mls/commit.js";
import { createContentCommitSignature, type FramedContentCommit } from "ts-mls/framedContent.js";
import { type KeyPackage, signKeyPackage } from "ts-mls/keyPackage.js";
import { type LeafNodeCommit, signLeafNodeCommit, signLeafNodeKeyPackage } from "ts-mls/leafNode.js";
import { decodeMlsMessage } from "ts-mls/message.js";
import { protect, unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { calculateParentHash } from "ts-mls/parentHash.js";
import type { PrivateMessage } from "ts-mls/privateMessage.js";
import type { Proposal } from "ts-mls/proposal.js";
import { filteredDirectPathAndCopathResolution, type RatchetTree } from "ts-mls/ratchetTree.js";
import { directPath, leafToNodeIndex, leafWidth, toLeafIndex, toNodeIndex } from "ts-mls/treemath.js";
import { applyUpdatePath, type UpdatePath } from "ts-mls/updatePath.js";
import { randomBytes } from "../hash.ts";
import { encodeAuthenticatedData } from "./authenticated-data.ts";
import { decodePackage, openOwnPackage } from "./key-package.ts";
import { provisionalContext, scheduleNextEpoch } from "./next-epoch.ts";
import { openPath } from "./path.ts";
import { encodePrivateMessage, noPadding } from "./seal.ts";
import { GroupState, suiteOfState } from "./state.ts";
import type { KeyPackageSecrets } from "./types.ts";
import { none, unwrap } from "./group.test-kit.ts";

export const libraryState = (state: GroupState): MlsState => GroupState.open(state);

/** A thief's patience: every generation it can reach, every epoch it can find. */
export const generous = { retainKeysForGenerations: 100, retainKeysForEpochs: 100, maximumForwardRatchetSteps: 1000 };

export function privateMessageOf(mlsBytes: Uint8Array): PrivateMessage {
	const message = decodeMlsMessage(copyBytes(mlsBytes), 0)?.[0];
	if (message?.wireformat !== "mls_private_message") throw new Error("a private message");
	return message.privateMessage;
}

/** Opens a message with the library alone, without any rule of ours; undefined if even that fails. */
export async function unsealByLibrary(
	state: GroupState,
	mlsBytes: Uint8Array,
): Promise<AuthenticatedContent | undefined> {
	const mls = GroupState.open(state);
	const past = [...mls.historicalReceiverData.values()].map((data) => ({ ...data, keySchedule: data }));
	for (const { keySchedule, secretTree, ratchetTree, groupContext } of [mls, ...past]) {
		const { senderDataSecret } = keySchedule;
		const { cs } = suiteOfState(mls);
		const message = privateMessageOf(mlsBytes);
		const args = [senderDataSecret, message, secretTree, ratchetTree, groupContext, generous, cs] as const;
		const opened = await unprotectPrivateMessage(...args).catch(() => undefined);
		if (opened !== undefined) return opened.content;
	}
	return undefined;
}

/** What `sender` said, its signed content unchanged, sealed by another member under the sender's next key. */
export async function sealAgain(state: GroupState, mlsBytes: Uint8Array, sender: number): Promise<Bytes> {
	const mls = GroupState.open(state);
	const { cs } = suiteOfState(mls);
	const { keySchedule, secretTree, ratchetTree, groupContext } = mls;
	const { senderDataSecret } = keySchedule;
	const spoken = privateMessageOf(mlsBytes);
	const args = [senderDataSecret, spoken, secretTree, ratchetTree, groupContext, generous, cs] as const;
	const { content, tree } = await unprotectPrivateMessage(...args);
	const signed = { ...content.content, auth: content.auth } as Parameters<typeof protect>[4];
	const { authenticatedData } = spoken;
	const again = await protect(
		senderDataSecret,
		authenticatedData,
		groupContext,
		tree,
		signed,
		toLeafIndex(sender),
		noPadding,
		cs,
	);
	return encodePrivateMessage(again.privateMessage);
}

/** The commit inside an honest committer's message. */
export async function commitOf(state: GroupState, mlsBytes: Uint8Array): Promise<Commit> {
	const opened = await unsealByLibrary(state, mlsBytes);
	if (opened?.content.contentType !== "commit") throw new Error("a commit");
	return opened.content.commit;
}

export const inline = (...proposals: Proposal[]): Commit["proposals"] =>
	proposals.map((proposal) => ({ proposalOrRefType: "proposal", proposal }));
export const remove = (removed: number): Proposal => ({ proposalType: "remove", remove: { removed } });
export const add = (keyPackage: KeyPackage): Proposal => ({ proposalType: "add", add: { keyPackage } });
export const extensions = (...list: { extensionType: number; extensionData: Uint8Array }[]): Proposal => ({
	proposalType: "group_context_extensions",
	groupContextExtensions: { extensions: list },
});

/** The confirmation tag that goes with a commit once it is signed. */
type TagOf = (content: FramedContentCommit, signature: Uint8Array) => Promise<Bytes>;

/**
 * A commit that everybody can follow but the attacker's sibling in the tree: one ciphertext of its path is flipped, all else, the
 * confirmation tag included, is as it must be. `witness` is another member's state, which the commit secret is taken from.
 */
export async function strandSibling(
	state: GroupState,
	witness: GroupState,
	{ mlsBytes, authenticatedData }: { readonly mlsBytes: Uint8Array; readonly authenticatedData: Bytes },
): Promise<Bytes> {
	const { path } = await commitOf(state, mlsBytes);
	if (path === undefined) throw new Error("an update has a path");
	const mls = GroupState.open(state);
	const suite = suiteOfState(mls);
	const { leafIndex } = mls.privatePath;
	const tree = await applyUpdatePath(mls.ratchetTree, toLeafIndex(leafIndex), path, suite.cs.hash);
	const provisional = await provisionalContext(suite, mls, undefined, tree);
	const { privatePath } = GroupState.open(witness);
	const { commitSecret } = unwrap(await openPath(suite, tree, privatePath, leafIndex, path, [], provisional));
	const nodes = path.nodes.map((node, n) => {
		const flip = (ciphertext: Uint8Array) => ciphertext.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
		const sealed = node.encryptedPathSecret.map((one) => ({ ...one, ciphertext: flip(one.ciphertext) }));
		return n === 0 ? { ...node, encryptedPathSecret: sealed } : node;
	});
	const tag: TagOf = async (content, signature) =>
		copyBytes((await scheduleNextEpoch(suite, mls, provisional, content, signature, commitSecret)).confirmationTag);
	return frame(state, { proposals: [], path: { ...path, nodes } }, { authenticatedData, tag });
}

/** Signs and seals any commit as a member would. `authenticatedData` and `tag` override what an honest member states. */
export async function frame(
	state: GroupState,
	commit: Commit,
	{
		authenticatedData = encodeAuthenticatedData(0, none),
		tag = async () => randomBytes(32),
	}: { readonly authenticatedData?: Bytes; readonly tag?: TagOf } = {},
): Promise<Bytes> {
	const mls = GroupState.open(state);
	const { cs } = suiteOfState(mls);
	const { leafIndex } = mls.privatePath;
	const { framedContent, signature } = await createContentCommitSignature(
		mls.groupContext,
		"mls_private_message",
		commit,
		{ senderType: "member", leafIndex },
		authenticatedData,
		mls.signaturePrivateKey,
		cs.signature,
	);
	const confirmationTag = await tag(framedContent as FramedContentCommit, signature);
	const auth = { contentType: "commit", signature, confirmationTag } as const;
	const { privateMessage } = await protect(
		mls.keySchedule.senderDataSecret,
		authenticatedData,
		mls.groupContext,
		mls.secretTree,
		{ ...framedContent, auth },
		leafIndex,
		noPadding,
		cs,
	);
	return encodePrivateMessage(privateMessage);
}

export type Forgery = {
	/** Public key of the n-th path node. */
	readonly nodeKey?: (n: number) => Uint8Array;
	/** Changes the path's leaf before it is signed. */
	readonly leaf?: (leaf: LeafNodeCommit) => LeafNodeCommit;
	/** Changes the nodes after hashing and signing. */
	readonly nodes?: (nodes: UpdatePath["nodes"]) => UpdatePath["nodes"];
	/** Signs the leaf with another key. */
	readonly signatureKey?: Uint8Array;
};

const usableX25519 = (): Bytes => {
	const key = randomBytes(32);
	key[31] = 0x3f & (key[31] as number);
	return key;
};

/** A path over `tree` with correct parent hashes and leaf signature, whose ciphertexts are noise of the right lengths. */
export async function forgePath(state: GroupState, tree: RatchetTree, forgery: Forgery = {}): Promise<UpdatePath> {
	const mls = GroupState.open(state);
	const { cs } = suiteOfState(mls);
	const own = toLeafIndex(mls.privatePath.leafIndex);
	const direct = filteredDirectPathAndCopathResolution(own, tree);
	const keys = direct.map((_, n) => forgery.nodeKey?.(n) ?? usableX25519());
	const copy = tree.slice();
	for (const index of directPath(leafToNodeIndex(own), leafWidth(tree.length))) copy[index] = undefined;
	for (const [n, { nodeIndex }] of direct.entries()) {
		const parent = { hpkePublicKey: keys[n] as Uint8Array, unmergedLeaves: [], parentHash: none };
		copy[nodeIndex] = { nodeType: "parent", parent };
	}
	for (const { nodeIndex } of direct.toReversed()) {
		const [parentHash] = await calculateParentHash(copy, toNodeIndex(nodeIndex), cs.hash);
		const node = copy[nodeIndex];
		if (node?.nodeType === "parent") copy[nodeIndex] = { ...node, parent: { ...node.parent, parentHash } };
	}
	const [parentHash] = await calculateParentHash(copy, leafToNodeIndex(own), cs.hash);
	const before = tree[own * 2];
	if (before?.nodeType !== "leaf") throw new Error("the attacker is a member");
	const honest = {
		...before.leaf,
		leafNodeSource: "commit",
		hpkePublicKey: usableX25519(),
		parentHash,
	} as LeafNodeCommit;
	const leaf = { ...(forgery.leaf?.(honest) ?? honest), groupId: mls.groupContext.groupId, leafIndex: own };
	const leafNode = await signLeafNodeCommit(leaf, forgery.signatureKey ?? mls.signaturePrivateKey, cs.signature);
	const nodes = direct.map(({ resolution }, n) => ({
		hpkePublicKey: keys[n] as Uint8Array,
		encryptedPathSecret: resolution.map(() => ({
			kemOutput: usableX25519(),
			ciphertext: randomBytes(cs.kdf.size + 16),
		})),
	}));
	return { leafNode, nodes: forgery.nodes?.(nodes) ?? nodes };
}

/** A package whose owner signs whatever `change` makes of it. */
export async function forgePackage(
	state: GroupState,
	own: KeyPackageSecrets,
	change: (keyPackage: KeyPackage) => KeyPackage,
): Promise<KeyPackage> {
	const { cs } = suiteOfState(GroupState.open(state));
	const key = openOwnPackage(own).keys.signaturePrivateKey;
	const changed = change(unwrap(decodePackage(own.publicBytes)));
	const leafNode = await signLeafNodeKeyPackage(changed.leafNode, key, cs.signature);
	return signKeyPackage({ ...changed, leafNode }, key, cs.signature);
}
