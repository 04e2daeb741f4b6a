import { concat, copyBytes, equalBytes, utf8 } from "@sotto/bytes";
import { defaultClientConfig } from "ts-mls/clientConfig.js";
import { createCommit, createGroupInfoWithExternalPubAndRatchetTree, joinGroupExternal } from "ts-mls/createCommit.js";
import { createProposal } from "ts-mls/createMessage.js";
import type { Credential } from "ts-mls/credential.js";
import { signKeyPackage } from "ts-mls/keyPackage.js";
import { encodeMlsMessage } from "ts-mls/message.js";
import type { CiphersuiteImpl } from "ts-mls";
import { expect, test } from "vitest";
import { add, extensions, forgePackage, forgePath, frame, inline, libraryState, remove } from "./attacker.test-kit.ts";
import { encodeAuthenticatedData } from "./authenticated-data.ts";
import { anyone, commit, fast, groupOf, newPackage, none, policy, unwrap } from "./group.test-kit.ts";
import { decodePackage, openOwnPackage } from "./key-package.ts";
import { suiteOfState } from "./state.ts";
import { generateSigningKey } from "../signatures.ts";
import { changeTree } from "./proposals.ts";
import {
	createKeyPackage,
	generateLeafSignatureKey,
	type GroupState,
	type MlsRules,
	openMessage,
	ownLeaf,
	sealCommit,
	signerOfVoid,
	type VoidReason,
} from "./index.ts";
import { policyExtensionType } from "./state.ts";

const states = await groupOf(5);
const mallory = states[1] as GroupState;
const tree = libraryState(mallory).ratchetTree;
const ff = (length: number) => new Uint8Array(length).fill(0xff);

/** Our suite shuts external commits out when making them, too; the attacker brings what it lacks. */
function libraryWithExternalJoins(cs: CiphersuiteImpl): CiphersuiteImpl {
	return {
		...cs,
		hpke: { ...cs.hpke, exportSecret: async () => ({ enc: new Uint8Array(32), secret: new Uint8Array(32) }) },
	};
}

const unsigned: readonly VoidReason[] = [
	"badAuthenticatedData",
	"wrongGeneration",
	"notMls",
	"notPrivateMessage",
	"tooLarge",
];

async function expectVoidAtAll(mlsBytes: Uint8Array, reason: VoidReason, rules: MlsRules = anyone): Promise<void> {
	const results = await Promise.all(states.map((state) => openMessage(state, mlsBytes, rules)));
	expect(results).toEqual(states.map(() => ({ ok: false, error: reason })));
	// What its author signed is told at all members alike; what anybody could have sent is nobody's.
	const signers = await Promise.all(states.map((state) => signerOfVoid(state, mlsBytes)));
	const isSigned = !unsigned.includes(reason);
	expect(signers.map((signer) => signer?.leaf)).toEqual(states.map(() => (isSigned ? ownLeaf(mallory) : undefined)));
}

test("the forger's tools make a commit that counts when nothing is forged, so each refusal below is for its own reason", async () => {
	const honest = await frame(mallory, { proposals: [], path: await forgePath(mallory, tree) });
	const opened = await openMessage(states[0] as GroupState, honest, anyone);
	// The noise in place of ciphertexts strands the receiver; the commit itself counts.
	expect(opened).toMatchObject({ ok: true, value: { outcome: { kind: "stranded", why: "pathDoesNotOpen" } } });
});

test("a commit that removes, changes the policy or does nothing without a path is void", async () => {
	await expectVoidAtAll(await frame(mallory, { proposals: inline(remove(2)), path: undefined }), "missingPath");
	await expectVoidAtAll(await frame(mallory, { proposals: [], path: undefined }), "missingPath");
	const change = extensions({ extensionType: policyExtensionType, extensionData: none });
	await expectVoidAtAll(await frame(mallory, { proposals: inline(change), path: undefined }), "missingPath");
	const beside = add(unwrap(decodePackage((await newPackage("new")).publicBytes)));
	for (const proposal of [remove(2), change]) {
		const proposals = inline(proposal, beside);
		await expectVoidAtAll(await frame(mallory, { proposals, path: undefined }), "missingPath");
	}
});

test("proposals by reference and of every other kind are void", async () => {
	const path = await forgePath(mallory, tree);
	const reference = [{ proposalOrRefType: "reference" as const, reference: new Uint8Array(32) }];
	await expectVoidAtAll(await frame(mallory, { proposals: reference, path }), "badProposal");
	const { groupId, version, cipherSuite } = libraryState(mallory).groupContext;
	const reinit = { groupId, version, cipherSuite, extensions: [] };
	const pskId = { psktype: "external", pskId: none, pskNonce: new Uint8Array(32) } as const;
	const others = inline(
		{ proposalType: "reinit", reinit },
		{ proposalType: "psk", psk: { preSharedKeyId: pskId } },
		{ proposalType: "external_init", externalInit: { kemOutput: none } },
		{ proposalType: 0xf000, proposalData: none },
	);
	for (const proposal of others) {
		await expectVoidAtAll(await frame(mallory, { proposals: [proposal], path }), "badProposal");
		await expectVoidAtAll(await frame(mallory, { proposals: [proposal], path: undefined }), "badProposal");
	}
});

test("an extension list that is not exactly ours is void, and so are two of them", async () => {
	const path = await forgePath(mallory, tree);
	const ours = { extensionType: policyExtensionType, extensionData: policy };
	const aliens = [
		extensions(),
		extensions({ extensionType: 0xf751, extensionData: policy }),
		extensions(ours, ours),
		extensions(ours, { extensionType: 0xf751, extensionData: none }),
		extensions({ extensionType: policyExtensionType, extensionData: new Uint8Array(200_000) }),
	];
	for (const alien of aliens)
		await expectVoidAtAll(await frame(mallory, { proposals: inline(alien), path }), "alienExtension");
	await expectVoidAtAll(
		await frame(mallory, { proposals: inline(extensions(ours), extensions(ours)), path }),
		"badProposal",
	);
});

test("removing oneself, nobody, or somebody twice is void", async () => {
	const path = await forgePath(mallory, tree);
	for (const removes of [[remove(1)], [remove(6)], [remove(4_000_000_000)], [remove(2), remove(2)]]) {
		await expectVoidAtAll(await frame(mallory, { proposals: inline(...removes), path }), "badRemove");
	}
});

test("a path that changes its committer's credential, signature key, capabilities or extensions is void", async () => {
	const other = await generateSigningKey();
	const signatureKey = other.privateKey.use(copyBytes);
	const forgeries = [
		{
			leaf: (leaf: never) => ({
				...(leaf as object),
				credential: { credentialType: "basic", identity: utf8("another") },
			}),
		},
		{ leaf: (leaf: never) => ({ ...(leaf as object), signaturePublicKey: other.publicKey }), signatureKey },
		{ leaf: (leaf: never) => ({ ...(leaf as object), extensions: [{ extensionType: 0xf751, extensionData: none }] }) },
		{ leaf: (leaf: never) => ({ ...(leaf as object), hpkePublicKey: ff(32) }) },
		{ signatureKey },
	];
	for (const forgery of forgeries) {
		const path = await forgePath(mallory, tree, forgery as never);
		await expectVoidAtAll(await frame(mallory, { proposals: [], path }), "badPath");
	}
});

test("a path with a node, a ciphertext or a parent hash too few, too many or wrong is void", async () => {
	const honest = await forgePath(mallory, tree);
	const [first, ...rest] = honest.nodes;
	if (first === undefined) throw new Error("a group of five has paths");
	const [secret] = first.encryptedPathSecret;
	if (secret === undefined) throw new Error("the first node is sealed to somebody");
	const withFirst = (changed: typeof first) => ({ ...honest, nodes: [changed, ...rest] });
	const paths = [
		{ ...honest, nodes: rest },
		{ ...honest, nodes: [...honest.nodes, first] },
		withFirst({ ...first, encryptedPathSecret: [] }),
		withFirst({ ...first, encryptedPathSecret: [...first.encryptedPathSecret, secret] }),
		withFirst({ ...first, encryptedPathSecret: [{ ...secret, ciphertext: secret.ciphertext.slice(1) }] }),
		withFirst({ ...first, encryptedPathSecret: [{ ...secret, kemOutput: new Uint8Array(32) }] }),
		withFirst({ ...first, hpkePublicKey: (await forgePath(mallory, tree)).nodes[0]?.hpkePublicKey as Uint8Array }),
		await forgePath(mallory, tree, { leaf: (leaf) => ({ ...leaf, parentHash: new Uint8Array(32) }) }),
	];
	for (const path of paths) await expectVoidAtAll(await frame(mallory, { proposals: [], path }), "badPath");
});

test("a public key that cannot be encapsulated to is void wherever it stands", async () => {
	for (const key of [ff(32), new Uint8Array(32), new Uint8Array(31)]) {
		const path = await forgePath(mallory, tree, { nodeKey: (n) => (n === 1 ? key : new Uint8Array(32).fill(9 + n)) });
		await expectVoidAtAll(await frame(mallory, { proposals: [], path }), "badPublicKey");
	}
	const own = await newPackage("new");
	const changes = [
		await forgePackage(mallory, own, (p) => ({ ...p, initKey: ff(32) })),
		await forgePackage(mallory, own, (p) => ({ ...p, leafNode: { ...p.leafNode, hpkePublicKey: ff(32) } })),
		await forgePackage(mallory, own, (p) => ({ ...p, initKey: p.leafNode.hpkePublicKey })),
		await forgePackage(mallory, own, (p) => ({ ...p, leafNode: { ...p.leafNode, signaturePublicKey: ff(32) } })),
	];
	for (const forged of changes) {
		await expectVoidAtAll(await frame(mallory, { proposals: inline(add(forged)), path: undefined }), "badAdd");
	}
});

test("a package of another suite, with other capabilities, extensions, or a wrong signature is void", async () => {
	const own = await newPackage("new");
	const extension = { extensionType: 0xf751, extensionData: none };
	const product = unwrap(
		decodePackage((await newPackage("other", "MLS_256_XWING_AES256GCM_SHA512_Ed25519")).publicBytes),
	);
	const honest = unwrap(decodePackage(own.publicBytes));
	const unsignedLeaf = { ...honest, leafNode: { ...honest.leafNode, signature: new Uint8Array(64) } };
	const { cs } = suiteOfState(libraryState(mallory));
	const changes = [
		product,
		await forgePackage(mallory, own, (p) => ({ ...p, cipherSuite: product.cipherSuite })),
		await signKeyPackage(unsignedLeaf, openOwnPackage(own).keys.signaturePrivateKey, cs.signature),
		{ ...honest, signature: new Uint8Array(64) },
		{ ...honest, leafNode: { ...honest.leafNode, signature: new Uint8Array(64) } },
		await forgePackage(mallory, own, (p) => ({ ...p, extensions: [extension] })),
		await forgePackage(mallory, own, (p) => ({ ...p, leafNode: { ...p.leafNode, extensions: [extension] } })),
		await forgePackage(mallory, own, (p) => {
			const capabilities = { ...p.leafNode.capabilities, proposals: [0xf000] };
			return { ...p, leafNode: { ...p.leafNode, capabilities } };
		}),
		await forgePackage(mallory, own, (p) => {
			const credential: Credential = { credentialType: "x509", certificates: [none] };
			return { ...p, leafNode: { ...p.leafNode, credential } };
		}),
	];
	for (const forged of changes) {
		await expectVoidAtAll(await frame(mallory, { proposals: inline(add(forged)), path: undefined }), "badAdd");
	}
});

test("a key that the tree already has, or has twice afterwards, is void", async () => {
	const own = await newPackage("new");
	const honest = unwrap(decodePackage(own.publicBytes));
	const victim = tree[0];
	if (victim?.nodeType !== "leaf") throw new Error("member 0 is there");
	const { hpkePublicKey } = victim.leaf;
	const stolen = await forgePackage(mallory, own, (p) => ({ ...p, leafNode: { ...p.leafNode, hpkePublicKey } }));
	const signatureKey = await generateLeafSignatureKey();
	const options = { suite: fast, credential: utf8("twin"), signatureKey, now: Date.now(), lifetimeMs: 1_000_000 };
	const twins = [await createKeyPackage(options), await createKeyPackage(options)];
	const twinPackages = twins.map(({ publicBytes }) => unwrap(decodePackage(publicBytes)));
	for (const adds of [[stolen], [honest, honest], twinPackages]) {
		await expectVoidAtAll(
			await frame(mallory, { proposals: inline(...adds.map(add)), path: undefined }),
			"duplicateKey",
		);
	}
	const paths = [
		await forgePath(mallory, tree, { nodeKey: () => hpkePublicKey }),
		await forgePath(mallory, tree, { nodeKey: () => new Uint8Array(32).fill(9) }),
		await forgePath(mallory, tree, { leaf: (leaf) => ({ ...leaf, hpkePublicKey }) }),
	];
	for (const path of paths) await expectVoidAtAll(await frame(mallory, { proposals: [], path }), "duplicateKey");
});

test("more than 16 adds are void, and so is a group of more than 250 leaves", async () => {
	const honest = unwrap(decodePackage((await newPackage("new")).publicBytes));
	const many = inline(...Array.from({ length: 17 }, () => add(honest)));
	await expectVoidAtAll(await frame(mallory, { proposals: many, path: undefined }), "badProposal");
	let full = tree;
	for (let i = 0; i < 245; i++) {
		const changed = unwrap(changeTree(full, 0, { adds: [honest], removes: [], policy: undefined }));
		full = changed.tree;
	}
	expect(changeTree(full, 0, { adds: [honest], removes: [], policy: undefined })).toEqual({
		ok: false,
		error: "tooManyLeaves",
	});
	expect(changeTree(full, 0, { adds: [honest], removes: [4], policy: undefined }).ok).toBe(true);
});

test("whom the credential or the policy refuses is void, and an honest sender is told before it sends", async () => {
	const keyPackage = await newPackage("stranger");
	const { mlsBytes } = await commit(mallory, { adds: [keyPackage.publicBytes], authenticatedData: utf8("statement") });
	const vouched: MlsRules = {
		...anyone,
		validateCredential: (credential) => !equalBytes(credential, utf8("stranger")),
	};
	await expectVoidAtAll(mlsBytes, "badCredential", vouched);
	const views: unknown[] = [];
	const closed: MlsRules = {
		...anyone,
		judgeCommit(view) {
			views.push(view);
			return false;
		},
	};
	await expectVoidAtAll(mlsBytes, "refusedByPolicy", closed);
	expect(views[0]).toMatchObject({
		committer: { leaf: 1, credential: utf8("member 1") },
		adds: [{ leaf: 5, credential: utf8("stranger"), packageHash: keyPackage.hash }],
		removes: [],
		policyBefore: policy,
		policyAfter: undefined,
		authenticatedData: utf8("statement"),
		epoch: 4n,
		hasPath: false,
	});
	expect(
		new Set(views.map((view) => JSON.stringify(view, (_, v) => (typeof v === "bigint" ? String(v) : v)))).size,
	).toBe(1);
	expect(await sealCommit(mallory, { removes: [0], authenticatedData: none }, closed)).toEqual({
		ok: false,
		error: { kind: "refused", reason: "refusedByPolicy" },
	});
});

test("a commit whose authenticated data is missing, malformed or states another generation is void", async () => {
	const path = await forgePath(mallory, tree);
	for (const authenticatedData of [none, utf8("no map"), new Uint8Array(20_000)]) {
		await expectVoidAtAll(await frame(mallory, { proposals: [], path }, { authenticatedData }), "badAuthenticatedData");
	}
	const authenticatedData = encodeAuthenticatedData(1, none);
	await expectVoidAtAll(await frame(mallory, { proposals: [], path }, { authenticatedData }), "wrongGeneration");
});

test("bytes behind a message, and other kinds of MLS messages, are void", async () => {
	const { mlsBytes, welcome } = await commit(mallory, { adds: [(await newPackage("x")).publicBytes] });
	await expectVoidAtAll(concat(mlsBytes, new Uint8Array(1)), "notMls");
	await expectVoidAtAll(welcome as Uint8Array, "notPrivateMessage");
	await expectVoidAtAll((await newPackage("x")).publicBytes, "notPrivateMessage");
	await expectVoidAtAll(new Uint8Array(600_000), "tooLarge");
});

test("standalone proposals, public commits and a stranger's external commit are void", async () => {
	const library = { ...libraryState(mallory), clientConfig: defaultClientConfig };
	const { cs } = suiteOfState(library);
	const proposed = await createProposal(library, false, remove(0), cs, encodeAuthenticatedData(0, none));
	await expectVoidAtAll(encodeMlsMessage(proposed.message), "standaloneProposal");
	const commitInPublic = await createCommit({ state: library, cipherSuite: cs }, { wireAsPublicMessage: true });
	await expectVoidAtAll(encodeMlsMessage(commitInPublic.commit), "notPrivateMessage");
	const stranger = openOwnPackage(await newPackage("stranger"));
	const info = await createGroupInfoWithExternalPubAndRatchetTree(library, [], libraryWithExternalJoins(cs));
	expect(info.extensions.map(({ extensionType }) => extensionType)).toContain("external_pub");
	const entered = await joinGroupExternal(
		info,
		stranger.keyPackage,
		stranger.keys,
		false,
		libraryWithExternalJoins(cs),
	);
	const { publicMessage } = entered;
	const external = encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage });
	await expectVoidAtAll(external, "notPrivateMessage");
});
