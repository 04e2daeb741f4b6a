import { copyBytes, equalBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import { createGroup as createMlsGroup } from "ts-mls/clientState.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import type { GroupInfo } from "ts-mls/groupInfo.js";
import { verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import type { GroupSecrets } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef, type KeyPackage, type PrivateKeyPackage } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { leafNodeEncoder } from "ts-mls/leafNode.js";
import { decodeMlsMessage, encodeMlsMessage } from "ts-mls/message.js";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { decryptGroupInfo, decryptGroupSecrets, type Welcome } from "ts-mls/welcome.js";
import { openOwnPackage } from "./key-package.ts";
import { leafRatchets } from "./next-epoch.ts";
import { climbPath, meetingNode, prunePrivateKeys } from "./path.ts";
import { parseExtensions, policyExtensions } from "./proposals.ts";
import { GroupState, leafNodeAt, memberOfTree } from "./state.ts";
import { findSuite, type Suite, suiteNamed } from "./suite.ts";
import { checkTree, decodeTree } from "./tree-check.ts";
import {
	type Joined,
	type JoinError,
	type KeyPackageSecrets,
	type Leaf,
	maxPolicyExtension,
	maxWelcome,
	type MlsRules,
} from "./types.ts";

/** A new group of one: this device, by a key package of its own that nobody else has used. `groupId`: 32 random bytes. */
export async function createGroup(options: {
	readonly groupId: Uint8Array;
	readonly keyPackage: KeyPackageSecrets;
	readonly policyExtension: Uint8Array;
}): Promise<GroupState> {
	invariant(options.policyExtension.length <= maxPolicyExtension, "the policy extension is bounded");
	const { keyPackage, keys } = openOwnPackage(options.keyPackage);
	const { cs } = suiteNamed(keyPackage.cipherSuite);
	const extensions = policyExtensions(options.policyExtension);
	const { clientConfig: _, ...mls } = await createMlsGroup(
		copyBytes(options.groupId),
		keyPackage,
		keys,
		extensions,
		cs,
	);
	return new GroupState(mls);
}

/**
 * Enters a group by a Welcome (RFC 9420 12.4.3.1). The tree comes beside it and is checked against the tree hash, every leaf's
 * credential against `rules`. Never throws on malformed input.
 */
export async function joinGroup(options: {
	readonly welcome: Uint8Array;
	readonly ratchetTree: Uint8Array;
	readonly keyPackage: KeyPackageSecrets;
	readonly rules: MlsRules;
}): Promise<Result<Joined, JoinError>> {
	const { keyPackage, keys } = openOwnPackage(options.keyPackage);
	const welcome = decodeWelcome(options.welcome);
	if (!welcome.ok) return welcome;
	const suite = findSuite(welcome.value.cipherSuite);
	if (suite === undefined || suite.name !== keyPackage.cipherSuite) return err("wrongSuite");
	const opened = await openWelcome(suite, welcome.value, keyPackage, keys);
	if (!opened.ok) return opened;
	const { info, secrets } = opened.value;
	const { groupContext } = info;
	if (groupContext.cipherSuite !== suite.name || groupContext.version !== "mls10") return err("wrongSuite");
	// A tree inside the GroupInfo, an external key, anything else: not ours.
	if (info.extensions.length > 0 || !parseExtensions(groupContext.extensions).ok) return err("alienExtension");
	const tree = decodeTree(options.ratchetTree);
	if (!tree.ok) return tree;
	const checked = await checkTree(suite, tree.value, groupContext.treeHash, groupContext.groupId, options.rules);
	if (!checked.ok) return checked;
	return enter(suite, info, secrets, tree.value, keyPackage, keys);
}

function decodeWelcome(bytes: Uint8Array): Result<Welcome, JoinError> {
	if (bytes.length > maxWelcome) return err("tooLarge");
	try {
		const message = decodeMlsMessage(copyBytes(bytes), 0)?.[0];
		if (message?.wireformat !== "mls_welcome") return err("notMls");
		return equalBytes(encodeMlsMessage(message), bytes) ? ok(message.welcome) : err("notMls");
	} catch {
		// The library's decoders throw CodecError on malformed bytes.
		return err("notMls");
	}
}

async function openWelcome(
	suite: Suite,
	welcome: Welcome,
	keyPackage: KeyPackage,
	keys: PrivateKeyPackage,
): Promise<Result<{ info: GroupInfo; secrets: GroupSecrets }, JoinError>> {
	const { cs } = suite;
	const reference = await makeKeyPackageRef(keyPackage, cs.hash);
	if (!welcome.secrets.some(({ newMember }) => equalBytes(newMember, reference))) return err("notForThisPackage");
	try {
		const initKey = await cs.hpke.importPrivateKey(keys.initPrivateKey);
		const secrets = await decryptGroupSecrets(initKey, reference, welcome, cs.hpke);
		if (secrets === undefined || secrets.psks.length > 0) return err("doesNotOpen");
		const noPsk = new Uint8Array(cs.kdf.size);
		const info = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, cs);
		return info === undefined ? err("doesNotOpen") : ok({ info, secrets });
	} catch {
		// A wrong tag, or content that does not decode: the library throws MlsError, WebCrypto OperationError.
		return err("doesNotOpen");
	}
}

async function enter(
	suite: Suite,
	info: GroupInfo,
	secrets: GroupSecrets,
	tree: RatchetTree,
	keyPackage: KeyPackage,
	keys: PrivateKeyPackage,
): Promise<Result<Joined, JoinError>> {
	const { cs } = suite;
	const { groupContext, confirmationTag, signer } = info;
	const [inviter, own] = [memberOfTree(tree, signer), findOwnLeaf(tree, keyPackage)];
	if (inviter === undefined || own === undefined || own === signer) return err("badTree");
	if (!(await verifyGroupInfoSignature(info, inviter.signatureKey, cs.signature))) return err("notConfirmed");
	const privateKeys = await welcomedKeys(suite, tree, signer, own, secrets, keys);
	if (!privateKeys.ok) return privateKeys;
	const noPsk = new Uint8Array(cs.kdf.size);
	const [keySchedule, encryptionSecret] = await deriveKeySchedule(secrets.joinerSecret, noPsk, groupContext, cs.kdf);
	const transcript = groupContext.confirmedTranscriptHash;
	if (!(await cs.hash.verifyMac(keySchedule.confirmationKey, confirmationTag, transcript))) return err("notConfirmed");
	const state = new GroupState({
		groupContext,
		keySchedule,
		secretTree: await leafRatchets(suite, tree, encryptionSecret),
		ratchetTree: tree,
		privatePath: prunePrivateKeys(tree, { leafIndex: own, privateKeys: privateKeys.value }),
		signaturePrivateKey: keys.signaturePrivateKey,
		unappliedProposals: {},
		confirmationTag,
		historicalReceiverData: new Map(),
		groupActiveState: { kind: "active" },
	});
	encryptionSecret.fill(0);
	secrets.joinerSecret.fill(0);
	return ok({ state, inviter });
}

function findOwnLeaf(tree: RatchetTree, keyPackage: KeyPackage): Leaf | undefined {
	const own = encode(leafNodeEncoder)(keyPackage.leafNode);
	for (let leaf = 0; leaf * 2 < tree.length; leaf++) {
		const node = leafNodeAt(tree, leaf);
		if (node !== undefined && equalBytes(encode(leafNodeEncoder)(node), own)) return leaf;
	}
	return undefined;
}

/** Our leaf's key, and those above it that the inviter's path gives us, compared with the tree (RFC 9420 12.4.3.1). */
async function welcomedKeys(
	suite: Suite,
	tree: RatchetTree,
	inviter: Leaf,
	own: Leaf,
	secrets: GroupSecrets,
	keys: PrivateKeyPackage,
): Promise<Result<{ [node: number]: Uint8Array }, JoinError>> {
	const leafKey = { [own * 2]: keys.hpkePrivateKey };
	if (secrets.pathSecret === undefined) return ok(leafKey);
	const meeting = meetingNode(tree, inviter, own);
	if (meeting === undefined) return err("badTree");
	const climbed = await climbPath(suite, tree, inviter, meeting, secrets.pathSecret);
	return climbed.ok ? ok({ ...leafKey, ...climbed.value.privateKeys }) : err("badTree");
}
