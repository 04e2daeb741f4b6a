import type { Bytes, Secret } from "@sotto/bytes";
import type { GroupState } from "./state.ts";

export type { GroupState } from "./state.ts";

/** The suites this door knows. The first is the product's; the second is smaller and quicker, for tests. */
export type MlsSuite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519" | "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const defaultSuite: MlsSuite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";

/** Bounds that everybody judges by (C2). */
export const maxLeaves = 250;
export const maxAddsPerCommit = 16;
/** The most bytes of one MLS message, so that it fits into a record. */
export const maxMlsMessage = 524288 - 28 - 4;
/** The most bytes of a ratchet tree, a Welcome, a key package, a credential, the policy extension. */
export const maxRatchetTree = 2 * 1024 * 1024;
export const maxWelcome = 256 * 1024;
export const maxKeyPackage = 64 * 1024;
export const maxCredential = 16 * 1024;
export const maxPolicyExtension = 128 * 1024;

/** A leaf index: a member's place in the group, stable while the member stays. */
export type Leaf = number;

export type Member = {
	readonly leaf: Leaf;
	/** Our bytes: account key, device list, place, signature (D1). */
	readonly credential: Bytes;
	/** Ed25519 public key that signs this leaf's messages, 32 bytes, fresh per key package. */
	readonly signatureKey: Bytes;
};

/** A member that a commit adds; `packageHash` is {@link KeyPackageSecrets.hash} of the package it was added by. */
export type AddedMember = Member & { readonly packageHash: Bytes };
/** A member that a commit removes; `nodeHash` is the hash of its leaf node before the commit (C9, `replace`). */
export type RemovedMember = Member & { readonly nodeHash: Bytes };

/** What all members see of a commit before any path is opened; what the policy in force judges (C2, C9). */
export type CommitView = {
	readonly groupId: Bytes;
	/** The epoch the commit was made in, and ends. */
	readonly epoch: bigint;
	readonly committer: Member;
	/** Members before the commit, the committer included. */
	readonly membersBefore: readonly Member[];
	readonly adds: readonly AddedMember[];
	readonly removes: readonly RemovedMember[];
	/** The policy in force before the commit. */
	readonly policyBefore: Bytes;
	/** The policy after it; undefined if the commit leaves it as it is. */
	readonly policyAfter: Bytes | undefined;
	/** The caller's part of the authenticated data: statements, `(seq, head)`, … */
	readonly authenticatedData: Bytes;
	/** Whether the commit brings fresh keys for its committer. */
	readonly hasPath: boolean;
};

/** What the caller decides, alike at all members: no clock, no network, no local trust (C2). */
export type MlsRules = {
	/** Whether this credential vouches for this leaf's signature key (D1). Asked for adds, and for every leaf on joining. */
	readonly validateCredential: (credential: Bytes, signatureKey: Bytes) => boolean | Promise<boolean>;
	/** Whether the policy in force allows this commit (C9). */
	readonly judgeCommit: (view: CommitView) => boolean | Promise<boolean>;
};

/** A leaf's signature key pair: made first, because the credential holds the device's signature over its public key (D1). */
export type LeafSignatureKey = { readonly publicKey: Bytes; readonly privateKey: Secret };

/** A key package of one's own. */
export type KeyPackageSecrets = {
	/** What is published: an MLS KeyPackage. */
	readonly publicBytes: Bytes;
	/** `H("sotto key package", publicBytes)`: what statements name it by (C9). */
	readonly hash: Bytes;
	/** Init key, leaf key and signature key; needed to join. Erase 14 days after replacement (P2). */
	readonly privateBytes: Secret;
};

/** What can be read off somebody's key package. Times in ms since 1970. */
export type KeyPackageView = {
	readonly suite: MlsSuite;
	readonly credential: Bytes;
	readonly signatureKey: Bytes;
	readonly notBefore: number;
	readonly notAfter: number;
	readonly hash: Bytes;
};

/** What to store before the append (C4). */
export type PendingCommit = {
	readonly mlsBytes: Bytes;
	/** The epoch's successor, taken when a commit with {@link confirmationTag} counts; dropped when another took the epoch. */
	readonly pendingState: GroupState;
	readonly confirmationTag: Bytes;
	/** For each joiner, sealed to their packages; undefined if nobody joins. */
	readonly welcome: Bytes | undefined;
	/** The tree after the commit, which joiners need beside the Welcome; uploaded as a blob (C1). */
	readonly ratchetTree: Bytes;
};

/** Why a commit cannot be made. `refused`: it would not count (the same judgement as receivers make), and why. */
export type SealCommitError =
	| { readonly kind: "badPackage"; readonly index: number }
	| { readonly kind: "tooLarge" }
	| { readonly kind: "refused"; readonly reason: VoidReason };

/** Why a record does not count. A void record leaves no trace in any state (C2). */
export type VoidReason =
	| "tooLarge"
	| "notMls"
	| "notPrivateMessage"
	| "otherGroup"
	| "otherEpoch"
	| "doesNotOpen"
	| "unknownSender"
	| "wrongGeneration"
	| "badAuthenticatedData"
	| "standaloneProposal"
	| "badProposal"
	| "alienExtension"
	| "badAdd"
	| "badRemove"
	| "badCredential"
	| "missingPath"
	| "badPath"
	| "badPublicKey"
	| "duplicateKey"
	| "tooManyLeaves"
	| "refusedByPolicy";

/** What became of this device by a commit that counts. */
export type CommitOutcome =
	/** The commit is processed: continue with `state`. */
	| { readonly kind: "advanced"; readonly state: GroupState }
	/** The commit removes this leaf: there is no further state. */
	| { readonly kind: "removed" }
	/**
	 * This leaf made the commit: take the pending state whose confirmation tag it is. If there is none, the state went back
	 * or runs twice (C7).
	 */
	| { readonly kind: "own" }
	/**
	 * The commit counts, but this device cannot follow it: it stops, names the committer and asks for re-admission. It must
	 * never take another commit of this epoch (C3).
	 */
	| { readonly kind: "stranded"; readonly why: "pathDoesNotOpen" | "derivedKeyDiffers" | "notConfirmed" };

/** A record that counts. */
export type OpenedMessage =
	| {
			readonly kind: "application";
			readonly sender: Member;
			readonly generation: number;
			readonly content: Bytes;
			readonly authenticatedData: Bytes;
			/** The state after it; the sender's key is gone from it. */
			readonly state: GroupState;
	  }
	| {
			readonly kind: "commit";
			readonly view: CommitView;
			readonly confirmationTag: Bytes;
			readonly outcome: CommitOutcome;
	  };

/** Why a Welcome cannot be used. */
export type JoinError =
	| "tooLarge"
	| "notMls"
	| "notForThisPackage"
	| "doesNotOpen"
	| "wrongSuite"
	| "alienExtension"
	| "badTree"
	| "badCredential"
	| "tooManyLeaves"
	| "notConfirmed";

/** A group entered. `inviter` made the commit that added us. */
export type Joined = { readonly state: GroupState; readonly inviter: Member };
