export { maxAuthenticatedData } from "./authenticated-data.ts";
export { createGroup, joinGroup } from "./join.ts";
export { createKeyPackage, generateLeafSignatureKey, readKeyPackage } from "./key-package.ts";
export { openMessage, signerOfVoid } from "./open.ts";
export { applyParts, changedParts, type GroupPart } from "./parts.ts";
export { sealApplication } from "./seal.ts";
export { type CommitPlan, sealCommit } from "./seal-commit.ts";
export {
	confirmationTagOf,
	decodeGroupState,
	encodeGroupState,
	epoch,
	exportSecret,
	groupIdOf,
	leafNodeHash,
	memberAt,
	members,
	nextGeneration,
	ownLeaf,
	policyExtension,
	ratchetTreeOf,
	signWithLeaf,
	suiteOf,
	uncommittedLeaves,
	verifyLeafSignature,
	wipeReplaced,
} from "./state.ts";
export * from "./types.ts";
