import { type Bytes, copyBytes } from "@sotto/bytes";
import {
	createKeyPackage,
	generateLeafSignatureKey,
	members,
	openRecord,
	ownLeaf,
	randomBytes,
	sealCommit,
} from "@sotto/crypto";
import {
	encodePolicy,
	encodeStatedPosition,
	parsePolicy,
	type Policy,
	positionToState,
	roleOf,
	secretsOf,
} from "@sotto/protocol";
import { encodeAuthenticatedData } from "../../packages/crypto/src/mls/authenticated-data.ts";
import { accountOf } from "../../packages/client/src/conversations/members.ts";
import {
	add,
	commitOf,
	extensions,
	forgePath,
	frame,
	inline,
	libraryState,
	remove,
	sealAgain,
} from "../../packages/crypto/src/mls/attacker.test-kit.ts";
import { decodePackage } from "../../packages/crypto/src/mls/key-package.ts";
import { policyExtensionType } from "../../packages/crypto/src/mls/state.ts";
import { type Puppet, rules } from "./puppet.test-kit.ts";

/** What a member states and signs with its next commit. */
export function statedBy(eve: Puppet) {
	const { leafIndex } = libraryState(eve.group).privatePath;
	const generation = libraryState(eve.group).secretTree[leafIndex * 2]?.handshake.generation ?? 0;
	return encodeAuthenticatedData(generation, encodeStatedPosition(positionToState(eve.state)));
}

type Commit = Parameters<typeof frame>[1];

/** A record with any commit that the puppet signs, whatever the rules say. `path`: one that is well-formed, sealed to nobody. */
export async function signed(
	eve: Puppet,
	commit: { readonly proposals: Commit["proposals"]; readonly path?: Commit["path"] | "forged" },
) {
	const tree = libraryState(eve.group).ratchetTree;
	const path = commit.path === "forged" ? await forgePath(eve.group, tree) : commit.path;
	const mlsBytes = await frame(eve.group, { ...commit, path }, { authenticatedData: statedBy(eve) });
	return eve.sealMls(mlsBytes);
}

/** A leaf under somebody else's name: its credential, another's keys (D1). */
async function swappedLeaf(eve: Puppet, victim: number) {
	const credential = members(eve.group).find(({ leaf }) => leaf === victim)?.credential as Uint8Array;
	const signatureKey = await generateLeafSignatureKey();
	const about = { suite: eve.suite, now: eve.now, lifetimeMs: 86_400_000 };
	const own = await createKeyPackage({ ...about, credential: copyBytes(credential), signatureKey });
	const decoded = decodePackage(own.publicBytes);
	if (!decoded.ok) throw new Error("it was just made");
	return add(decoded.value);
}

function policyOf(eve: Puppet): Policy {
	const bytes = libraryState(eve.group).groupContext.extensions.find(
		({ extensionType }) => extensionType === policyExtensionType,
	)?.extensionData;
	const policy = parsePolicy(bytes ?? new Uint8Array());
	if (!policy.ok) throw new Error("the group has a policy");
	return policy.value;
}

export function isAdmin(eve: Puppet): boolean {
	const own = members(eve.group).find(({ leaf }) => leaf === ownLeaf(eve.group));
	return own !== undefined && roleOf(policyOf(eve), accountOf(own)) === "admin";
}

const policyProposal = (policy: Policy) =>
	extensions({ extensionType: policyExtensionType, extensionData: encodePolicy(policy) });

const allAs = (eve: Puppet, role: "admin" | "member"): Policy => ({
	...policyOf(eve),
	people: policyOf(eve).people.map((person) => ({ ...person, role })),
});

/** A key with which every later commit would break. */
function unusableKey(eve: Puppet): Uint8Array {
	const own = libraryState(eve.group).ratchetTree[libraryState(eve.group).privatePath.leafIndex * 2];
	const length = own?.nodeType === "leaf" ? own.leaf.hpkePublicKey.length : 0;
	// X25519: the point of order 1; X-Wing: no coefficients of ML-KEM.
	return new Uint8Array(length).fill(length === 32 ? 0 : 0xff);
}

/** C9: commits that are an admin's alone; each is signed, and well-formed but for that. `victim` is a leaf. */
export const memberCommits = {
	"removes another": (eve: Puppet, victim: number) =>
		signed(eve, { proposals: inline(remove(victim)), path: "forged" }),
	"makes itself admin": (eve: Puppet) =>
		signed(eve, { proposals: inline(policyProposal(allAs(eve, "admin"))), path: "forged" }),
} as const;

/** C2, C9, D1, section 8 of the protocol: commits that are nobody's; each is signed by its author. */
export const forbiddenCommits = {
	"removes without a path": (eve: Puppet, victim: number) => signed(eve, { proposals: inline(remove(victim)) }),
	"leaves out half of a path": async (eve: Puppet) => {
		const path = await forgePath(eve.group, libraryState(eve.group).ratchetTree);
		return signed(eve, { proposals: [], path: { ...path, nodes: path.nodes.slice(1) } });
	},
	"leaves out a ciphertext": async (eve: Puppet) => {
		const nodes = (all: Awaited<ReturnType<typeof forgePath>>["nodes"]) =>
			all.map((node, n) => (n === 0 ? { ...node, encryptedPathSecret: node.encryptedPathSecret.slice(1) } : node));
		const path = await forgePath(eve.group, libraryState(eve.group).ratchetTree, { nodes });
		return signed(eve, { proposals: [], path });
	},
	"brings a key that breaks every later commit": async (eve: Puppet) => {
		const tree = libraryState(eve.group).ratchetTree;
		return signed(eve, { proposals: [], path: await forgePath(eve.group, tree, { nodeKey: () => unusableKey(eve) }) });
	},
	"takes another's name": async (eve: Puppet, victim: number) => {
		const theirs = libraryState(eve.group).ratchetTree[victim * 2];
		if (theirs?.nodeType !== "leaf") throw new Error("the victim is a member");
		const { credential } = theirs.leaf;
		const tree = libraryState(eve.group).ratchetTree;
		const path = await forgePath(eve.group, tree, { leaf: (leaf) => ({ ...leaf, credential }) });
		return signed(eve, { proposals: [], path });
	},
	"swaps a leaf": async (eve: Puppet, victim: number) =>
		signed(eve, { proposals: inline(remove(victim), await swappedLeaf(eve, victim)), path: "forged" }),
	"adds a leaf under another's name": async (eve: Puppet, victim: number) =>
		signed(eve, { proposals: inline(await swappedLeaf(eve, victim)) }),
	"leaves nobody admin": (eve: Puppet) =>
		signed(eve, { proposals: inline(policyProposal(allAs(eve, "member"))), path: "forged" }),
	"brings an alien extension": (eve: Puppet) =>
		signed(eve, {
			proposals: inline(extensions({ extensionType: 0xff01, extensionData: randomBytes(40) })),
			path: "forged",
		}),
	"begins another group": (eve: Puppet) => {
		const { groupId, cipherSuite, version } = libraryState(eve.group).groupContext;
		const reinit = { groupId, version, cipherSuite, extensions: [] };
		return signed(eve, { proposals: inline({ proposalType: "reinit", reinit }), path: "forged" });
	},
	"adds a device of nobody in the policy": async (eve: Puppet, _victim: number, stranger: Bytes) => {
		const decoded = decodePackage(stranger);
		if (!decoded.ok) throw new Error("an account has a package");
		return signed(eve, { proposals: inline(add(decoded.value)) });
	},
	"names a proposal that nobody made": (eve: Puppet) =>
		signed(eve, { proposals: [{ proposalOrRefType: "reference", reference: randomBytes(32) }], path: "forged" }),
} as const;

/** A commit that counts and that nobody can follow: all is as it must be, but that no ciphertext of its path opens (C3). */
export async function strandsEverybody(eve: Puppet) {
	const authenticatedData = encodeStatedPosition(positionToState(eve.state));
	const honest = await sealCommit(eve.group, { authenticatedData, forcePath: true }, rules);
	const path = honest.ok ? (await commitOf(eve.group, honest.value.mlsBytes)).path : undefined;
	if (path === undefined) throw new Error("an update is allowed, and has a path");
	const flip = (ciphertext: Uint8Array) => ciphertext.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
	const nodes = path.nodes.map((node) => ({
		...node,
		encryptedPathSecret: node.encryptedPathSecret.map((one) => ({ ...one, ciphertext: flip(one.ciphertext) })),
	}));
	return signed(eve, { proposals: [], path: { ...path, nodes } });
}

/** What `leaf` said in a record, sealed by another member under that leaf's next key (C2). */
export async function sealedAgain(eve: Puppet, record: Uint8Array, leaf: number) {
	const mls = await openRecord(secretsOf(eve.state.log).sealKey, copyBytes(record));
	if (!mls.ok) throw new Error("a record of the group opens");
	return eve.sealMls(await sealAgain(eve.group, mls.value, leaf));
}
