import { type Bytes, copyBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import type { GroupState as MlsState } from "ts-mls/clientState.js";
import type { Commit } from "ts-mls/commit.js";
import { deriveSecret } from "ts-mls/crypto/kdf.js";
import { createContentCommitSignature } from "ts-mls/framedContent.js";
import { signGroupInfo } from "ts-mls/groupInfo.js";
import { type KeyPackage, makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { encodeMlsMessage } from "ts-mls/message.js";
import { protect } from "ts-mls/messageProtection.js";
import type { PrivateKeyPath } from "ts-mls/privateKeyPath.js";
import { encodeRatchetTree, type RatchetTree } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { createUpdatePath, type UpdatePath } from "ts-mls/updatePath.js";
import { encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { encodeAuthenticatedData, maxAuthenticatedData } from "./authenticated-data.ts";
import { judgeCommit } from "./judge.ts";
import { decodePackage } from "./key-package.ts";
import { type NextEpoch, provisionalContext, scheduleNextEpoch, successorState } from "./next-epoch.ts";
import { climbPath, meetingNode } from "./path.ts";
import { type Changes, type ChangedTree, changeTree, needsPath, policyExtensions } from "./proposals.ts";
import { encodePrivateMessage, noPadding } from "./seal.ts";
import { GroupState, suiteOfState } from "./state.ts";
import type { Suite } from "./suite.ts";
import { type Leaf, maxMlsMessage, type MlsRules, type PendingCommit, type SealCommitError } from "./types.ts";

/** What a commit is to do. With nothing named it is an update: fresh keys for this device. */
export type CommitPlan = {
	/** Key packages, as published. At most 16. */
	readonly adds?: readonly Uint8Array[];
	readonly removes?: readonly Leaf[];
	readonly policyExtension?: Uint8Array;
	/** The caller's part: statements, `(seq, head)`; at most 16 KiB. */
	readonly authenticatedData: Uint8Array;
	/** Bring fresh keys even where the proposals do not ask for it, as a joiner's first commit does (P3). */
	readonly forcePath?: boolean;
};

/**
 * Makes a commit and the state after it, to be stored before the append (C4). `state` stays as it is; a device makes one commit
 * per epoch, because two would share a key. The commit is judged by the same rules that receivers apply, so what this returns
 * counts if it is the first of its epoch. Removes are applied before adds; all proposals are inline.
 */
export async function sealCommit(
	state: GroupState,
	plan: CommitPlan,
	rules: MlsRules,
): Promise<Result<PendingCommit, SealCommitError>> {
	invariant(plan.authenticatedData.length <= maxAuthenticatedData, "authenticated data is at most 16 KiB");
	const mls = GroupState.open(state);
	const changes = planChanges(plan);
	if (!changes.ok) return changes;
	const changed = changeTree(mls.ratchetTree, mls.privatePath.leafIndex, changes.value);
	if (!changed.ok) return err({ kind: "refused", reason: changed.error });
	const draft = await draftCommit(mls, changes.value, changed.value, plan.forcePath === true);
	const data = copyBytes(plan.authenticatedData);
	const judged = await judgeCommit(mls, mls.privatePath.leafIndex, draft.commit, data, rules);
	if (!judged.ok) return err({ kind: "refused", reason: judged.error });
	const { mlsBytes, next } = await frameCommit(mls, draft, data);
	if (mlsBytes.length > maxMlsMessage) return err({ kind: "tooLarge" });
	const welcome = await sealWelcome(mls, draft, changes.value, changed.value, next);
	const confirmationTag = copyBytes(next.confirmationTag);
	const pendingState = new GroupState(await successorState(draft.suite, mls, draft.tree, draft.privatePath, next));
	return ok({
		mlsBytes,
		pendingState,
		confirmationTag,
		welcome,
		ratchetTree: copyBytes(encodeRatchetTree(draft.tree)),
	});
}

function planChanges(plan: CommitPlan): Result<Changes, SealCommitError> {
	const adds: KeyPackage[] = [];
	for (const [index, bytes] of (plan.adds ?? []).entries()) {
		const keyPackage = decodePackage(bytes);
		if (!keyPackage.ok) return err({ kind: "badPackage", index });
		adds.push(keyPackage.value);
	}
	const policy = plan.policyExtension === undefined ? undefined : copyBytes(plan.policyExtension);
	return ok({ adds, removes: plan.removes ?? [], policy });
}

/** A commit before it is framed. */
type Draft = {
	readonly suite: Suite;
	readonly commit: Commit;
	readonly policy: Bytes | undefined;
	readonly tree: RatchetTree;
	readonly privatePath: PrivateKeyPath;
	readonly commitSecret: Uint8Array;
	/** The path secrets from the committer's lowest node upwards; empty without a path. */
	readonly pathSecrets: readonly { readonly nodeIndex: number; readonly secret: Uint8Array }[];
};

async function draftCommit(mls: MlsState, changes: Changes, changed: ChangedTree, forcePath: boolean): Promise<Draft> {
	const suite = suiteOfState(mls);
	const proposals = proposalsOf(changes);
	const { policy } = changes;
	if (!forcePath && !needsPath(changes)) {
		const commit = { proposals, path: undefined };
		const commitSecret = new Uint8Array(suite.cs.kdf.size);
		const { privatePath } = mls;
		return { suite, commit, policy, tree: changed.tree, privatePath, commitSecret, pathSecrets: [] };
	}
	const path = await makePath(suite, mls, changed, policy);
	return { suite, commit: { proposals, path: path.updatePath }, policy, ...path };
}

function proposalsOf(changes: Changes): Commit["proposals"] {
	const removes = changes.removes.map((removed) => ({ proposalType: "remove", remove: { removed } }) as const);
	const adds = changes.adds.map((keyPackage) => ({ proposalType: "add", add: { keyPackage } }) as const);
	const extensions = changes.policy === undefined ? [] : policyExtensions(changes.policy);
	const context = { proposalType: "group_context_extensions", groupContextExtensions: { extensions } } as const;
	const all = [...removes, ...adds, ...(extensions.length === 0 ? [] : [context])];
	return all.map((proposal) => ({ proposalOrRefType: "proposal", proposal }));
}

async function makePath(
	suite: Suite,
	mls: MlsState,
	changed: ChangedTree,
	policy: Uint8Array | undefined,
): Promise<Pick<Draft, "tree" | "privatePath" | "commitSecret" | "pathSecrets"> & { updatePath: UpdatePath }> {
	const { cs } = suite;
	const own = toLeafIndex(mls.privatePath.leafIndex);
	// RFC 9420 12.4.1: the path is sealed under the new extensions.
	const extensions = policy === undefined ? mls.groupContext.extensions : policyExtensions(policy);
	const context = { ...mls.groupContext, extensions };
	const added = changed.added.map((leaf) => leafToNodeIndex(toLeafIndex(leaf)));
	const made = await createUpdatePath(changed.tree, own, context, mls.signaturePrivateKey, cs, added);
	const [tree, updatePath, pathSecrets, leafKey] = made;
	const [lowest] = pathSecrets;
	const privateKeys = { ...mls.privatePath.privateKeys, [own * 2]: await cs.hpke.exportPrivateKey(leafKey) };
	// Alone in the group there is no node above us, and nobody else to agree with on a commit secret.
	if (lowest === undefined) {
		const commitSecret = await deriveSecret(cs.rng.randomBytes(cs.kdf.size), "path", cs.kdf);
		return { tree, updatePath, commitSecret, pathSecrets, privatePath: { leafIndex: own, privateKeys } };
	}
	const climbed = await climbPath(suite, tree, own, lowest.nodeIndex, lowest.secret);
	invariant(climbed.ok, "one's own path derives its own keys");
	const privatePath = { leafIndex: own, privateKeys: { ...privateKeys, ...climbed.value.privateKeys } };
	return { tree, updatePath, commitSecret: climbed.value.commitSecret, pathSecrets, privatePath };
}

async function frameCommit(mls: MlsState, draft: Draft, data: Bytes): Promise<{ mlsBytes: Bytes; next: NextEpoch }> {
	const { suite, commit } = draft;
	const { leafIndex } = mls.privatePath;
	const generation = mls.secretTree[leafIndex * 2]?.handshake.generation;
	invariant(generation !== undefined, "a member has a ratchet");
	const authenticatedData = encodeAuthenticatedData(generation, data);
	const { framedContent, signature } = await createContentCommitSignature(
		mls.groupContext,
		"mls_private_message",
		commit,
		{ senderType: "member", leafIndex },
		authenticatedData,
		mls.signaturePrivateKey,
		suite.cs.signature,
	);
	const provisional = await provisionalContext(suite, mls, draft.policy, draft.tree);
	const next = await scheduleNextEpoch(suite, mls, provisional, framedContent, signature, draft.commitSecret);
	const auth = { contentType: "commit", signature, confirmationTag: next.confirmationTag } as const;
	const { privateMessage } = await protect(
		mls.keySchedule.senderDataSecret,
		authenticatedData,
		mls.groupContext,
		mls.secretTree,
		{ ...framedContent, auth },
		leafIndex,
		noPadding,
		suite.cs,
	);
	return { mlsBytes: encodePrivateMessage(privateMessage), next };
}

async function sealWelcome(
	mls: MlsState,
	draft: Draft,
	changes: Changes,
	changed: ChangedTree,
	next: NextEpoch,
): Promise<Bytes | undefined> {
	if (changes.adds.length === 0) return undefined;
	const { cs } = draft.suite;
	const signer = mls.privatePath.leafIndex;
	const { context: groupContext, confirmationTag, secrets } = next;
	const info = { groupContext, extensions: [], confirmationTag, signer };
	const groupInfo = await signGroupInfo(info, mls.signaturePrivateKey, cs.signature);
	const encryptedGroupInfo = await encryptGroupInfo(groupInfo, secrets.welcomeSecret, cs);
	const sealed = await Promise.all(
		changes.adds.map(async (keyPackage, i) => {
			const meeting = meetingNode(draft.tree, signer, changed.added[i] as Leaf);
			const pathSecret = draft.pathSecrets.find(({ nodeIndex }) => nodeIndex === meeting)?.secret;
			const groupSecrets = { joinerSecret: secrets.joinerSecret, pathSecret, psks: [] };
			const initKey = await cs.hpke.importPublicKey(keyPackage.initKey);
			const { enc, ct } = await encryptGroupSecrets(initKey, encryptedGroupInfo, groupSecrets, cs.hpke);
			const newMember = await makeKeyPackageRef(keyPackage, cs.hash);
			return { newMember, encryptedGroupSecrets: { kemOutput: enc, ciphertext: ct } };
		}),
	);
	const welcome = { cipherSuite: draft.suite.name, secrets: sealed, encryptedGroupInfo };
	return copyBytes(encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome }));
}
