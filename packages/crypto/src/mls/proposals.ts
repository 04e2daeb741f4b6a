import { type Bytes, copyBytes, err, ok, type Result } from "@sotto/bytes";
import type { Commit } from "ts-mls/commit.js";
import type { Extension } from "ts-mls/extension.js";
import type { KeyPackage } from "ts-mls/keyPackage.js";
import { addLeafNode, type RatchetTree, removeLeafNode } from "ts-mls/ratchetTree.js";
import { toLeafIndex } from "ts-mls/treemath.js";
import { leafNodeAt, policyExtensionType } from "./state.ts";
import { type Leaf, maxAddsPerCommit, maxLeaves, maxPolicyExtension, type VoidReason } from "./types.ts";

/** What a commit changes: the only three kinds of proposals that we know, inline (C2). */
export type Changes = {
	readonly adds: readonly KeyPackage[];
	readonly removes: readonly Leaf[];
	readonly policy: Bytes | undefined;
};

/** Sorts a commit's proposals. Errors: a reference or another kind; an extension list that is not exactly ours. */
export function sortProposals(commit: Commit): Result<Changes, VoidReason> {
	const adds: KeyPackage[] = [];
	const removes: Leaf[] = [];
	let policy: Bytes | undefined;
	for (const entry of commit.proposals) {
		if (entry.proposalOrRefType !== "proposal") return err("badProposal");
		const { proposal } = entry;
		if (proposal.proposalType === "add") adds.push(proposal.add.keyPackage);
		else if (proposal.proposalType === "remove") removes.push(proposal.remove.removed);
		else if (proposal.proposalType === "group_context_extensions" && policy === undefined) {
			const extensions = parseExtensions(proposal.groupContextExtensions.extensions);
			if (!extensions.ok) return extensions;
			policy = extensions.value;
		} else return err("badProposal");
	}
	return adds.length > maxAddsPerCommit ? err("badProposal") : ok({ adds, removes, policy });
}

/** Accepts a GroupContext's extension list iff it is exactly ours. */
export function parseExtensions(extensions: readonly Extension[]): Result<Bytes, "alienExtension"> {
	const [extension] = extensions;
	const isOurs =
		extension?.extensionType === policyExtensionType && extension.extensionData.length <= maxPolicyExtension;
	return extensions.length === 1 && isOurs ? ok(copyBytes(extension.extensionData)) : err("alienExtension");
}

export function policyExtensions(policy: Uint8Array): Extension[] {
	return [{ extensionType: policyExtensionType, extensionData: copyBytes(policy) }];
}

/** Whether a commit must bring fresh keys: RFC 9420 12.4, for the proposals that we know. */
export function needsPath(changes: Changes): boolean {
	return changes.removes.length > 0 || changes.policy !== undefined || changes.adds.length === 0;
}

/** The tree after the proposals, before the path; `added` are the leaves of the adds, in their order. */
export type ChangedTree = { readonly tree: RatchetTree; readonly added: readonly Leaf[] };

/** Removes, then adds (RFC 9420 12.3). Errors: `badRemove` for the committer, an empty place or a repeated one; `tooManyLeaves`. */
export function changeTree(before: RatchetTree, committer: Leaf, changes: Changes): Result<ChangedTree, VoidReason> {
	let tree = before;
	for (const leaf of changes.removes) {
		if (leaf === committer || leafNodeAt(tree, leaf) === undefined) return err("badRemove");
		tree = removeLeafNode(tree, toLeafIndex(leaf));
	}
	const added: Leaf[] = [];
	for (const keyPackage of changes.adds) {
		const [next, node] = addLeafNode(tree, keyPackage.leafNode);
		tree = next;
		added.push(node / 2);
	}
	const count = tree.filter((node) => node?.nodeType === "leaf").length;
	return count > maxLeaves ? err("tooManyLeaves") : ok({ tree, added });
}
