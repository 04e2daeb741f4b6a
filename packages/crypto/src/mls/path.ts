import { copyBytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import { applyUpdatePathSecret } from "ts-mls/createCommit.js";
import { deriveSecret } from "ts-mls/crypto/kdf.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import type { PrivateKeyPath } from "ts-mls/privateKeyPath.js";
import { filteredDirectPathAndCopathResolution, type RatchetTree } from "ts-mls/ratchetTree.js";
import { directPath, leafToNodeIndex, leafWidth, toLeafIndex } from "ts-mls/treemath.js";
import type { UpdatePath } from "ts-mls/updatePath.js";
import type { Suite } from "./suite.ts";
import type { Leaf } from "./types.ts";

/** What a member learns from a path: private keys by node index, and the commit secret. */
export type ClimbedPath = {
	readonly privateKeys: { readonly [node: number]: Uint8Array };
	readonly commitSecret: Uint8Array;
};

/**
 * Follows a path secret from `fromNode` up the committer's filtered direct path (RFC 9420 7.4) and compares each derived public
 * key with the tree's: the library does not. `tree` is the tree after the path. Error: `derivedKeyDiffers`.
 */
export async function climbPath(
	suite: Suite,
	tree: RatchetTree,
	committer: Leaf,
	fromNode: number,
	pathSecret: Uint8Array,
): Promise<Result<ClimbedPath, "derivedKeyDiffers">> {
	const direct = filteredDirectPathAndCopathResolution(toLeafIndex(committer), tree).map(({ nodeIndex }) => nodeIndex);
	const privateKeys: { [node: number]: Uint8Array } = {};
	let secret = pathSecret;
	for (const nodeIndex of direct.slice(direct.findIndex((index) => index === fromNode))) {
		const privateKey = suite.kem.derivePrivateKey(await deriveSecret(secret, "node", suite.cs.kdf));
		const node = tree[nodeIndex];
		const inTree = node?.nodeType === "parent" ? node.parent.hpkePublicKey : new Uint8Array();
		if (!equalBytes(await suite.kem.publicKey(privateKey), inTree)) return err("derivedKeyDiffers");
		privateKeys[nodeIndex] = privateKey;
		secret = await deriveSecret(secret, "path", suite.cs.kdf);
	}
	return ok({ privateKeys, commitSecret: secret });
}

/** The lowest node of the committer's filtered direct path that is above `leaf`; undefined if there is none. */
export function meetingNode(tree: RatchetTree, committer: Leaf, leaf: Leaf): number | undefined {
	const above = new Set(directPath(leafToNodeIndex(toLeafIndex(leaf)), leafWidth(tree.length)));
	return filteredDirectPathAndCopathResolution(toLeafIndex(committer), tree).find(({ nodeIndex }) =>
		above.has(nodeIndex),
	)?.nodeIndex;
}

/**
 * Opens the one ciphertext of a path that is for us, and climbs from there. `context` is the provisional GroupContext of
 * RFC 9420 12.4.2. Errors mean stranded (C3).
 */
export async function openPath(
	suite: Suite,
	tree: RatchetTree,
	own: PrivateKeyPath,
	committer: Leaf,
	path: UpdatePath,
	added: readonly Leaf[],
	context: GroupContext,
): Promise<Result<ClimbedPath, "pathDoesNotOpen" | "derivedKeyDiffers">> {
	const newLeaves = added.map((leaf) => leafToNodeIndex(toLeafIndex(leaf)));
	try {
		const sender = toLeafIndex(committer);
		const opened = await applyUpdatePathSecret(tree, own, sender, context, path, newLeaves, suite.cs);
		return await climbPath(suite, tree, committer, opened.nodeIndex, opened.pathSecret);
	} catch {
		// A ciphertext that does not open, or (never, in a state that followed the rules) no key for any: both strand us.
		return err("pathDoesNotOpen");
	}
}

/** The private keys that still belong to a node we stand under: what a stolen state must not hold is dropped. */
export function prunePrivateKeys(tree: RatchetTree, own: PrivateKeyPath): PrivateKeyPath {
	const leafNode = leafToNodeIndex(toLeafIndex(own.leafIndex));
	const above = directPath(leafNode, leafWidth(tree.length)).filter((index) => {
		const node = tree[index];
		return node?.nodeType === "parent" && !node.parent.unmergedLeaves.includes(own.leafIndex);
	});
	const privateKeys: { [node: number]: Uint8Array } = {};
	for (const index of [leafNode, ...above]) {
		const key = own.privateKeys[index];
		if (key !== undefined) privateKeys[index] = copyBytes(key);
	}
	return { leafIndex: own.leafIndex, privateKeys };
}
