import { type Bytes, copyBytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import type { GroupState as MlsState } from "ts-mls/clientState.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import type { Commit } from "ts-mls/commit.js";
import { credentialEncoder } from "ts-mls/credential.js";
import { verifyLeafNodeSignature } from "ts-mls/leafNode.js";
import { filteredDirectPathAndCopathResolution, getHpkePublicKey, type RatchetTree } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { applyUpdatePath, type UpdatePath } from "ts-mls/updatePath.js";
import { hashPackage, isOurLeaf, isValidPackage } from "./key-package.ts";
import { type Changes, type ChangedTree, changeTree, needsPath, sortProposals } from "./proposals.ts";
import { hashLeafNode, leafNodeAt, memberOfTree, membersOfTree, policyOf, suiteOfState } from "./state.ts";
import type { Suite } from "./suite.ts";
import type { AddedMember, CommitView, Leaf, MlsRules, RemovedMember, VoidReason } from "./types.ts";

/** A commit that counts, and what it makes of the public tree. */
export type JudgedCommit = {
	readonly view: CommitView;
	readonly path: UpdatePath | undefined;
	/** The tree after proposals and path. */
	readonly tree: RatchetTree;
	readonly added: readonly Leaf[];
};

/**
 * Decides whether a commit counts, on what all members see alike, before any path is opened: C2, C9 and
 * docs/spec/crypto.md. No clock, network, local trust or package lifetime enters.
 */
export async function judgeCommit(
	mls: MlsState,
	committer: Leaf,
	commit: Commit,
	authenticatedData: Bytes,
	rules: MlsRules,
): Promise<Result<JudgedCommit, VoidReason>> {
	const suite = suiteOfState(mls);
	const changes = sortProposals(commit);
	if (!changes.ok) return changes;
	if (commit.path === undefined && needsPath(changes.value)) return err("missingPath");
	const changed = changeTree(mls.ratchetTree, committer, changes.value);
	if (!changed.ok) return changed;
	for (const keyPackage of changes.value.adds) if (!(await isValidPackage(suite, keyPackage))) return err("badAdd");
	const tree = await applyPath(suite, mls, committer, changed.value, commit.path);
	if (!tree.ok) return tree;
	if (!hasFreshKeys(tree.value, committer, changed.value, commit.path)) return err("duplicateKey");
	const view = viewOf(mls, committer, changes.value, changed.value, authenticatedData, commit.path !== undefined);
	for (const { credential, signatureKey } of view.adds) {
		if (!(await rules.validateCredential(credential, signatureKey))) return err("badCredential");
	}
	if (!(await rules.judgeCommit(view))) return err("refusedByPolicy");
	return ok({ view, path: commit.path, tree: tree.value, added: changed.value.added });
}

async function applyPath(
	suite: Suite,
	mls: MlsState,
	committer: Leaf,
	changed: ChangedTree,
	path: UpdatePath | undefined,
): Promise<Result<RatchetTree, VoidReason>> {
	if (path === undefined) return ok(changed.tree);
	if (!keepsIdentity(suite, mls, committer, path)) return err("badPath");
	const { groupId } = mls.groupContext;
	if (!(await verifyLeafNodeSignature(path.leafNode, groupId, committer, suite.cs.signature))) return err("badPath");
	const fits = pathFits(suite, committer, changed, path);
	if (!fits.ok) return fits;
	try {
		// Throws ValidationError on a reused public key or a wrong parent hash.
		return ok(await applyUpdatePath(changed.tree, toLeafIndex(committer), path, suite.cs.hash));
	} catch {
		return err("badPath");
	}
}

/** The path's leaf is the committer's with another encryption key, and nothing else changed. */
function keepsIdentity(suite: Suite, mls: MlsState, committer: Leaf, { leafNode }: UpdatePath): boolean {
	const before = leafNodeAt(mls.ratchetTree, committer);
	return (
		before !== undefined &&
		leafNode.leafNodeSource === "commit" &&
		isOurLeaf(suite, leafNode) &&
		equalBytes(before.signaturePublicKey, leafNode.signaturePublicKey) &&
		equalBytes(encode(credentialEncoder)(before.credential), encode(credentialEncoder)(leafNode.credential))
	);
}

/** As many nodes as the filtered direct path, as many ciphertexts as each copath resolution without the added leaves, all well-formed. */
function pathFits(
	suite: Suite,
	committer: Leaf,
	changed: ChangedTree,
	path: UpdatePath,
): Result<void, "badPath" | "badPublicKey"> {
	const direct = filteredDirectPathAndCopathResolution(toLeafIndex(committer), changed.tree);
	const added = new Set(changed.added.map((leaf) => leafToNodeIndex(toLeafIndex(leaf))));
	if (direct.length !== path.nodes.length) return err("badPath");
	const sealedLength = suite.cs.kdf.size + 16;
	for (const [i, { hpkePublicKey, encryptedPathSecret }] of path.nodes.entries()) {
		const recipients = direct[i]?.resolution.filter((node) => !added.has(node)) ?? [];
		if (encryptedPathSecret.length !== recipients.length) return err("badPath");
		if (!suite.kem.isUsableKey(hpkePublicKey)) return err("badPublicKey");
		const isWellFormed = encryptedPathSecret.every(
			({ kemOutput, ciphertext }) => suite.kem.isUsableEnc(kemOutput) && ciphertext.length === sealedLength,
		);
		if (!isWellFormed) return err("badPath");
	}
	return ok();
}

/** RFC 9420 7.3 and 12.4.2: no key of the tree that results occurs in it twice. The tree before was checked likewise. */
function hasFreshKeys(tree: RatchetTree, committer: Leaf, changed: ChangedTree, path: UpdatePath | undefined): boolean {
	const direct = filteredDirectPathAndCopathResolution(toLeafIndex(committer), changed.tree);
	const pathNodes = path === undefined ? [] : [committer * 2, ...direct.map(({ nodeIndex }) => Number(nodeIndex))];
	const fresh = [...changed.added.map((leaf) => leaf * 2), ...pathNodes];
	return fresh.every((index) => {
		const node = tree[index];
		if (node === undefined) return false;
		return tree.every((other, otherIndex) => {
			if (other === undefined || otherIndex === index) return true;
			if (equalBytes(getHpkePublicKey(other), getHpkePublicKey(node))) return false;
			if (node.nodeType !== "leaf" || other.nodeType !== "leaf") return true;
			return !equalBytes(node.leaf.signaturePublicKey, other.leaf.signaturePublicKey);
		});
	});
}

function viewOf(
	mls: MlsState,
	committer: Leaf,
	changes: Changes,
	changed: ChangedTree,
	authenticatedData: Bytes,
	hasPath: boolean,
): CommitView {
	const before = mls.ratchetTree;
	const adds = changes.adds.flatMap((keyPackage, i): AddedMember[] => {
		const member = memberOfTree(changed.tree, changed.added[i] ?? 0);
		return member === undefined ? [] : [{ ...member, packageHash: hashPackage(keyPackage) }];
	});
	const removes = changes.removes.flatMap((leaf): RemovedMember[] => {
		const [member, node] = [memberOfTree(before, leaf), leafNodeAt(before, leaf)];
		return member === undefined || node === undefined ? [] : [{ ...member, nodeHash: hashLeafNode(node) }];
	});
	const membersBefore = membersOfTree(before);
	return {
		groupId: copyBytes(mls.groupContext.groupId),
		epoch: mls.groupContext.epoch,
		committer: memberOfTree(before, committer) as CommitView["committer"],
		membersBefore,
		adds,
		removes,
		policyBefore: policyOf(mls.groupContext.extensions),
		policyAfter: changes.policy,
		authenticatedData,
		hasPath,
	};
}
