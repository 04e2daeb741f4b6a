import { bytesToHex, err, equalBytes, ok, type Result } from "@sotto/bytes";
import { verifyLeafNodeSignature } from "ts-mls/leafNode.js";
import { calculateParentHash } from "ts-mls/parentHash.js";
import {
	decodeRatchetTree,
	encodeRatchetTree,
	getHpkePublicKey,
	type Node,
	type RatchetTree,
} from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { directPath, leafToNodeIndex, leafWidth, root, toLeafIndex, toNodeIndex } from "ts-mls/treemath.js";
import { isOurLeaf } from "./key-package.ts";
import { membersOfTree } from "./state.ts";
import type { Suite } from "./suite.ts";
import { type JoinError, maxLeaves, maxRatchetTree, type MlsRules } from "./types.ts";

export function decodeTree(bytes: Uint8Array): Result<RatchetTree, JoinError> {
	if (bytes.length > maxRatchetTree) return err("tooLarge");
	try {
		const tree = decodeRatchetTree(new Uint8Array(bytes), 0)?.[0];
		return tree !== undefined && equalBytes(encodeRatchetTree(tree), bytes) ? ok(tree) : err("badTree");
	} catch {
		// The library's decoder throws CodecError on malformed bytes, InternalError on a tree that ends blank.
		return err("badTree");
	}
}

/**
 * Validates a tree that comes with a Welcome: RFC 9420 12.4.3.1 and 7.9.2, our leaves only, all credentials. The library's own
 * check refuses valid trees (it wants all unmerged-leaves lists above a leaf to be equal), so this one is ours.
 */
export async function checkTree(
	suite: Suite,
	tree: RatchetTree,
	treeHash: Uint8Array,
	groupId: Uint8Array,
	rules: MlsRules,
): Promise<Result<void, JoinError>> {
	if (tree.filter((node, i) => node !== undefined && i % 2 === 0).length > maxLeaves) return err("tooManyLeaves");
	if (!isSound(suite, tree) || !equalBytes(await treeHashRoot(tree, suite.cs.hash), treeHash)) return err("badTree");
	if (!(await areParentHashesSound(suite, tree))) return err("badTree");
	for (const [i, node] of tree.entries()) {
		if (node?.nodeType !== "leaf") continue;
		if (!(await verifyLeafNodeSignature(node.leaf, groupId, i / 2, suite.cs.signature))) return err("badTree");
	}
	for (const { credential, signatureKey } of membersOfTree(tree)) {
		if (!(await rules.validateCredential(credential, signatureKey))) return err("badCredential");
	}
	return ok();
}

/** Kinds of nodes in their places, leaves of ours, unmerged leaves in order, all keys usable and none twice. */
function isSound(suite: Suite, tree: RatchetTree): boolean {
	const keys = new Set<string>();
	let count = 0;
	for (const [i, node] of tree.entries()) {
		if (node === undefined) continue;
		if ((node.nodeType === "leaf") !== (i % 2 === 0)) return false;
		if (!suite.kem.isUsableKey(getHpkePublicKey(node))) return false;
		keys.add(bytesToHex(getHpkePublicKey(node)));
		count++;
		if (node.nodeType === "leaf") {
			if (node.leaf.leafNodeSource === "update" || !isOurLeaf(suite, node.leaf)) return false;
			keys.add(`signature ${bytesToHex(node.leaf.signaturePublicKey)}`);
			count++;
		} else if (!areUnmergedLeavesSound(tree, i, node.parent.unmergedLeaves)) return false;
	}
	return keys.size === count;
}

/** RFC 9420 7.1 and 12.4.3.1: ascending, each a present leaf below the node that every node between lists too. */
function areUnmergedLeavesSound(tree: RatchetTree, nodeIndex: number, unmerged: readonly number[]): boolean {
	return unmerged.every((leaf, i) => {
		const previous = unmerged[i - 1];
		if ((previous !== undefined && previous >= leaf) || tree[leaf * 2]?.nodeType !== "leaf") return false;
		const above = directPath(leafToNodeIndex(toLeafIndex(leaf)), leafWidth(tree.length));
		const place = above.findIndex((index) => index === nodeIndex);
		if (place < 0) return false;
		return above.slice(0, place).every((index) => {
			const between = tree[index];
			return between?.nodeType !== "parent" || between.parent.unmergedLeaves.includes(leaf);
		});
	});
}

/**
 * RFC 9420 7.9.2: each parent node is the parent, by hash, of exactly one node below it. The library's check gives the same answer,
 * but hashes for leaves that have no parent hash, too: half a second at 128 leaves.
 */
export async function areParentHashesSound(suite: Suite, tree: RatchetTree): Promise<boolean> {
	const children = new Map<number, number>();
	const top = root(leafWidth(tree.length));
	for (const [i, node] of tree.entries()) {
		const stated = node === undefined ? undefined : statedParentHash(node);
		if (stated === undefined || i === top) continue;
		const [computed, parent] = await calculateParentHash(tree, toNodeIndex(i), suite.cs.hash);
		if (parent !== undefined && equalBytes(computed, stated)) children.set(parent, (children.get(parent) ?? 0) + 1);
	}
	return tree.every((node, i) => node?.nodeType !== "parent" || children.get(i) === 1);
}

function statedParentHash(node: Node): Uint8Array | undefined {
	if (node.nodeType === "parent") return node.parent.parentHash;
	return node.leaf.leafNodeSource === "commit" ? node.leaf.parentHash : undefined;
}
