// A stranger or member who writes Welcomes by hand: consistent in themselves, about groups that are not what they should be.
import { type Bytes, copyBytes } from "@sotto/bytes";
import { createConfirmationTag } from "ts-mls/framedContent.js";
import { type GroupInfo, signGroupInfo } from "ts-mls/groupInfo.js";
import type { GroupSecrets } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { encodeMlsMessage } from "ts-mls/message.js";
import { encodeRatchetTree, type RatchetTree } from "ts-mls/ratchetTree.js";
import { deriveSecret } from "ts-mls/crypto/kdf.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { encryptGroupInfo, encryptGroupSecrets } from "ts-mls/welcome.js";
import { randomBytes } from "../hash.ts";
import { decodePackage } from "./key-package.ts";
import { GroupState, suiteOfState } from "./state.ts";
import type { KeyPackageSecrets } from "./types.ts";
import { unwrap } from "./group.test-kit.ts";

export type WelcomeForgery = {
	readonly tree?: (tree: RatchetTree) => RatchetTree;
	readonly info?: (info: Omit<GroupInfo, "signature">) => Omit<GroupInfo, "signature">;
	readonly secrets?: (secrets: GroupSecrets) => GroupSecrets;
	readonly signatureKey?: Uint8Array;
	/** Keep this tree hash instead of the forged tree's. */
	readonly treeHash?: Uint8Array;
};

/** A Welcome into the group of `state`, in which the owner of `keyPackage` already has a leaf, with secrets made up on the spot. */
export async function forgeWelcome(
	state: GroupState,
	own: KeyPackageSecrets,
	forgery: WelcomeForgery = {},
): Promise<{ welcome: Bytes; ratchetTree: Bytes }> {
	const mls = GroupState.open(state);
	const { cs, name } = suiteOfState(mls);
	const tree = forgery.tree?.(mls.ratchetTree) ?? mls.ratchetTree;
	const treeHash = forgery.treeHash ?? (await treeHashRoot(tree, cs.hash));
	const groupContext = { ...mls.groupContext, treeHash };
	const noPsk = new Uint8Array(cs.kdf.size);
	const joinerSecret = randomBytes(cs.kdf.size);
	const [schedule] = await deriveKeySchedule(joinerSecret, noPsk, groupContext, cs.kdf);
	const tag = await createConfirmationTag(schedule.confirmationKey, groupContext.confirmedTranscriptHash, cs.hash);
	const honest = { groupContext, extensions: [], confirmationTag: tag, signer: mls.privatePath.leafIndex };
	const info = forgery.info?.(honest) ?? honest;
	const signed = await signGroupInfo(info, forgery.signatureKey ?? mls.signaturePrivateKey, cs.signature);
	const welcomeSecret = await deriveSecret(await cs.kdf.extract(joinerSecret, noPsk), "welcome", cs.kdf);
	const encryptedGroupInfo = await encryptGroupInfo(signed, welcomeSecret, cs);
	const honestSecrets = { joinerSecret, pathSecret: undefined, psks: [] };
	const secrets = forgery.secrets?.(honestSecrets) ?? honestSecrets;
	const keyPackage = unwrap(decodePackage(own.publicBytes));
	const initKey = await cs.hpke.importPublicKey(keyPackage.initKey);
	const { enc, ct } = await encryptGroupSecrets(initKey, encryptedGroupInfo, secrets, cs.hpke);
	const encryptedGroupSecrets = { kemOutput: enc, ciphertext: ct };
	const newMember = await makeKeyPackageRef(keyPackage, cs.hash);
	const welcome = { cipherSuite: name, secrets: [{ newMember, encryptedGroupSecrets }], encryptedGroupInfo };
	return {
		welcome: copyBytes(encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome })),
		ratchetTree: copyBytes(encodeRatchetTree(tree)),
	};
}
