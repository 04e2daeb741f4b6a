import { copyBytes, type Result, err, ok } from "@sotto/bytes";
import { type GroupState as MlsState, nextEpochContext } from "ts-mls/clientState.js";
import { createConfirmationTag, type FramedContentCommit } from "ts-mls/framedContent.js";
import type { GroupContext } from "ts-mls/groupContext.js";
import { type EpochSecrets, initializeEpoch } from "ts-mls/keySchedule.js";
import type { PrivateKeyPath } from "ts-mls/privateKeyPath.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { createSecretTree, type SecretTree } from "ts-mls/secretTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { leafWidth } from "ts-mls/treemath.js";
import type { JudgedCommit } from "./judge.ts";
import { type ClimbedPath, openPath, prunePrivateKeys } from "./path.ts";
import { policyExtensions } from "./proposals.ts";
import { suiteOfState } from "./state.ts";
import type { Suite } from "./suite.ts";

/** The GroupContext that paths are sealed under (RFC 9420 12.4.1): new tree, new extensions, next epoch, old transcript. */
export async function provisionalContext(
	suite: Suite,
	mls: MlsState,
	policy: Uint8Array | undefined,
	tree: RatchetTree,
): Promise<GroupContext> {
	const context = mls.groupContext;
	const extensions = policy === undefined ? context.extensions : policyExtensions(policy);
	return { ...context, extensions, epoch: context.epoch + 1n, treeHash: await treeHashRoot(tree, suite.cs.hash) };
}

/** The next epoch's context and secrets. */
export type NextEpoch = {
	readonly context: GroupContext;
	readonly secrets: EpochSecrets;
	readonly confirmationTag: Uint8Array;
};

/** RFC 9420 section 8: from the init secret of `mls`, a commit and its commit secret to the epoch after it. */
export async function scheduleNextEpoch(
	suite: Suite,
	mls: MlsState,
	provisional: GroupContext,
	content: FramedContentCommit,
	signature: Uint8Array,
	commitSecret: Uint8Array,
): Promise<NextEpoch> {
	const { cs } = suite;
	const before = { ...mls.groupContext, extensions: provisional.extensions };
	const { treeHash } = provisional;
	const tagBefore = mls.confirmationTag;
	const wireformat = "mls_private_message";
	const context = await nextEpochContext(before, wireformat, content, signature, treeHash, tagBefore, cs.hash);
	const noPsk = new Uint8Array(cs.kdf.size);
	const secrets = await initializeEpoch(mls.keySchedule.initSecret, commitSecret, context, noPsk, cs.kdf);
	const { confirmationKey } = secrets.keySchedule;
	const confirmationTag = await createConfirmationTag(confirmationKey, context.confirmedTranscriptHash, cs.hash);
	return { context, secrets, confirmationTag };
}

const nothing = { secret: new Uint8Array(), generation: 0, unusedGenerations: {} };
/** What stands in the secret tree where no member is. */
export const emptyRatchets = { handshake: nothing, application: nothing };

/** The ratchets of all members. The library also fills the places of parents and blank leaves, which nobody uses: those stay empty. */
export async function leafRatchets(suite: Suite, tree: RatchetTree, encryptionSecret: Uint8Array): Promise<SecretTree> {
	const ratchets = await createSecretTree(leafWidth(tree.length), encryptionSecret, suite.cs.kdf);
	return ratchets.map((node, i) => (tree[i]?.nodeType === "leaf" ? node : emptyRatchets));
}

/** The successor state. No history: past epochs are not kept (C6). */
export async function successorState(
	suite: Suite,
	mls: MlsState,
	tree: RatchetTree,
	privatePath: PrivateKeyPath,
	next: NextEpoch,
): Promise<MlsState> {
	const secretTree = await leafRatchets(suite, tree, next.secrets.encryptionSecret);
	next.secrets.encryptionSecret.fill(0);
	next.secrets.joinerSecret.fill(0);
	return {
		groupContext: next.context,
		keySchedule: next.secrets.keySchedule,
		secretTree,
		ratchetTree: tree,
		privatePath: prunePrivateKeys(tree, privatePath),
		signaturePrivateKey: copyBytes(mls.signaturePrivateKey),
		unappliedProposals: {},
		confirmationTag: copyBytes(next.confirmationTag),
		historicalReceiverData: new Map(),
		groupActiveState: { kind: "active" },
	};
}

/** Follows another member's commit that counts. Errors mean stranded (C3). */
export async function followCommit(
	mls: MlsState,
	judged: JudgedCommit,
	content: FramedContentCommit,
	auth: { readonly signature: Uint8Array; readonly confirmationTag: Uint8Array },
): Promise<Result<MlsState, "pathDoesNotOpen" | "derivedKeyDiffers" | "notConfirmed">> {
	const suite = suiteOfState(mls);
	const { tree, path, added, view } = judged;
	const provisional = await provisionalContext(suite, mls, view.policyAfter, tree);
	let climbed: ClimbedPath = { privateKeys: {}, commitSecret: new Uint8Array(suite.cs.kdf.size) };
	if (path !== undefined) {
		const opened = await openPath(suite, tree, mls.privatePath, view.committer.leaf, path, added, provisional);
		if (!opened.ok) return opened;
		climbed = opened.value;
	}
	const next = await scheduleNextEpoch(suite, mls, provisional, content, auth.signature, climbed.commitSecret);
	const { confirmationKey } = next.secrets.keySchedule;
	const transcript = next.context.confirmedTranscriptHash;
	if (!(await suite.cs.hash.verifyMac(confirmationKey, auth.confirmationTag, transcript))) return err("notConfirmed");
	const privateKeys = { ...mls.privatePath.privateKeys, ...climbed.privateKeys };
	return ok(await successorState(suite, mls, tree, { ...mls.privatePath, privateKeys }, next));
}
