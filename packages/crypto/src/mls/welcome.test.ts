import { utf8 } from "@sotto/bytes";
import type { Node, RatchetTree } from "ts-mls/ratchetTree.js";
import { expect, test } from "vitest";
import { randomBytes } from "../hash.ts";
import { anyone, commit, groupOf, newPackage } from "./group.test-kit.ts";
import { openOwnPackage } from "./key-package.ts";
import { type GroupState, joinGroup, type JoinError } from "./index.ts";
import { policyExtensionType } from "./state.ts";
import { forgeWelcome, type WelcomeForgery } from "./welcome.test-kit.ts";

const states = await groupOf(3);
const keyPackage = await newPackage("joiner");
const adds = [keyPackage.publicBytes];
const { pendingState: blank } = await commit(states[0] as GroupState, { adds });
const { pendingState: withPath } = await commit(states[0] as GroupState, { adds, forcePath: true });

async function joinBy(state: GroupState, forgery: WelcomeForgery): Promise<JoinError | "joined"> {
	const forged = await forgeWelcome(state, keyPackage, forgery);
	const joined = await joinGroup({ ...forged, keyPackage, rules: anyone });
	return joined.ok ? "joined" : joined.error;
}

function replace(tree: RatchetTree, index: number, change: (node: Node) => Node | undefined): RatchetTree {
	const node = tree[index];
	if (node === undefined) throw new Error("nothing there to replace");
	return tree.map((other, i) => (i === index ? change(node) : other));
}

const changeLeaf = (index: number, change: object) => (tree: RatchetTree) =>
	replace(tree, index, (node) => ({ ...node, leaf: { ...(node as { leaf: object }).leaf, ...change } }) as Node);
const changeParent = (index: number, change: object) => (tree: RatchetTree) =>
	replace(tree, index, (node) => ({ ...node, parent: { ...(node as { parent: object }).parent, ...change } }) as Node);

test("the forger's welcome lets in when nothing is forged, so each refusal below is for its own reason", async () => {
	expect(await joinBy(blank, {})).toBe("joined");
	expect(await joinBy(withPath, {})).toBe("joined");
});

test("a tree whose leaves are not signed, not ours, or not usable lets nobody in", async () => {
	const honest = { ...openOwnPackage(keyPackage).keyPackage.leafNode };
	const forgeries = [
		changeLeaf(2, { signature: new Uint8Array(64) }),
		changeLeaf(2, { credential: { credentialType: "basic", identity: utf8("another") } }),
		changeLeaf(2, { credential: { credentialType: "x509", certificates: [] } }),
		changeLeaf(2, { extensions: [{ extensionType: 0xf751, extensionData: new Uint8Array() }] }),
		changeLeaf(2, { hpkePublicKey: new Uint8Array(32).fill(0xff) }),
		changeLeaf(2, { leafNodeSource: "update" }),
		// The joiner's own leaf in two places: each key is there twice.
		changeLeaf(2, honest),
	];
	for (const tree of forgeries) expect(await joinBy(blank, { tree })).toBe("badTree");
	const treeHash = new Uint8Array(32);
	expect(await joinBy(blank, { treeHash })).toBe("badTree");
});

test("a tree whose parents do not follow from anybody's path lets nobody in", async () => {
	const key = randomBytes(32);
	key[31] = 1;
	const forgeries = [
		changeParent(3, { hpkePublicKey: key }),
		changeParent(1, { parentHash: randomBytes(32) }),
		changeParent(3, { unmergedLeaves: [7] }),
		changeParent(3, { unmergedLeaves: [3, 2] }),
		changeParent(1, { unmergedLeaves: [2] }),
		changeParent(3, { hpkePublicKey: new Uint8Array(32) }),
	];
	for (const [i, tree] of forgeries.entries()) expect(await joinBy(withPath, { tree }), `${i}`).toBe("badTree");
	const misplaced = [
		(tree: RatchetTree) => replace(tree, 1, () => tree[0]),
		(tree: RatchetTree) => replace(tree, 4, () => tree[3]),
	];
	const treeHash = new Uint8Array(32);
	for (const tree of misplaced) expect(await joinBy(withPath, { tree, treeHash })).toBe("badTree");
});

test("a GroupInfo that its signer did not sign, or that does not confirm the secrets, lets nobody in", async () => {
	const stranger = openOwnPackage(await newPackage("stranger")).keys.signaturePrivateKey;
	expect(await joinBy(blank, { signatureKey: stranger })).toBe("notConfirmed");
	expect(await joinBy(blank, { info: (info) => ({ ...info, confirmationTag: randomBytes(32) }) })).toBe("notConfirmed");
	expect(await joinBy(blank, { info: (info) => ({ ...info, signer: 9 }) })).toBe("badTree");
	const own = openOwnPackage(keyPackage).keys.signaturePrivateKey;
	expect(await joinBy(blank, { info: (info) => ({ ...info, signer: 3 }), signatureKey: own })).toBe("badTree");
});

test("extensions that are not ours, PSKs, and a path secret that leads elsewhere let nobody in", async () => {
	const alien = { extensionType: 0xf751, extensionData: new Uint8Array() };
	const ours = { extensionType: policyExtensionType, extensionData: new Uint8Array() };
	expect(await joinBy(blank, { info: (info) => ({ ...info, extensions: [alien] }) })).toBe("alienExtension");
	for (const list of [[], [alien], [ours, alien], [ours, ours]]) {
		const info: WelcomeForgery["info"] = (honest) => ({
			...honest,
			groupContext: { ...honest.groupContext, extensions: list },
		});
		expect(await joinBy(blank, { info })).toBe("alienExtension");
	}
	const pskId = { psktype: "external", pskId: new Uint8Array(1), pskNonce: new Uint8Array(32) } as const;
	expect(await joinBy(blank, { secrets: (secrets) => ({ ...secrets, psks: [pskId] }) })).toBe("doesNotOpen");
	const pathSecret = randomBytes(32);
	expect(await joinBy(withPath, { secrets: (secrets) => ({ ...secrets, pathSecret }) })).toBe("badTree");
});
