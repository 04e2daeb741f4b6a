import { type Bytes, invariant, type Result, utf8 } from "@sotto/bytes";
import { randomBytes } from "../hash.ts";
import {
	type CommitPlan,
	createGroup,
	createKeyPackage,
	generateLeafSignatureKey,
	type GroupState,
	joinGroup,
	type KeyPackageSecrets,
	type MlsRules,
	type MlsSuite,
	type OpenedMessage,
	openMessage,
	type PendingCommit,
	sealApplication,
	sealCommit,
} from "./index.ts";

export const fast: MlsSuite = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const product: MlsSuite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";
export const policy = utf8("policy of the test");
export const none = new Uint8Array();

/** Rules that allow everything; tests that need stricter ones make their own. */
export const anyone: MlsRules = { validateCredential: () => true, judgeCommit: () => true };

export function unwrap<T>(result: Result<T, unknown>): T {
	if (!result.ok) throw new Error(`unexpected error: ${JSON.stringify(result.error)}`);
	return result.value;
}

export async function newPackage(name: string, suite: MlsSuite = fast): Promise<KeyPackageSecrets> {
	const signatureKey = await generateLeafSignatureKey();
	return createKeyPackage({
		suite,
		credential: utf8(name),
		signatureKey,
		now: Date.now(),
		lifetimeMs: 90 * 86_400_000,
	});
}

export async function newGroup(name = "member 0", suite: MlsSuite = fast): Promise<GroupState> {
	return createGroup({ groupId: randomBytes(32), keyPackage: await newPackage(name, suite), policyExtension: policy });
}

export async function commit(
	state: GroupState,
	plan: Partial<CommitPlan> = {},
	rules: MlsRules = anyone,
): Promise<PendingCommit> {
	return unwrap(await sealCommit(state, { authenticatedData: none, ...plan }, rules));
}

export async function open(state: GroupState, mlsBytes: Uint8Array, rules: MlsRules = anyone): Promise<OpenedMessage> {
	return unwrap(await openMessage(state, mlsBytes, rules));
}

/** Takes a commit that counts and keeps its receiver in the group. */
export async function follow(state: GroupState, mlsBytes: Uint8Array): Promise<GroupState> {
	const opened = await open(state, mlsBytes);
	invariant(opened.kind === "commit" && opened.outcome.kind === "advanced", `a commit that advances`);
	return opened.outcome.state;
}

/** A group of `size`: member 0 makes it and adds the others in one commit each. States are by leaf. */
export async function groupOf(size: number, suite: MlsSuite = fast): Promise<GroupState[]> {
	const states = [await newGroup("member 0", suite)];
	for (let i = 1; i < size; i++) await addTo(states, 0, `member ${i}`, suite);
	return states;
}

/** Member `by` adds one; everybody follows. The joiner is appended. */
export async function addTo(states: GroupState[], by: number, name: string, suite: MlsSuite = fast): Promise<void> {
	const keyPackage = await newPackage(name, suite);
	const pending = await commit(states[by] as GroupState, { adds: [keyPackage.publicBytes] });
	for (const [i, state] of states.entries()) {
		states[i] = i === by ? pending.pendingState : await follow(state, pending.mlsBytes);
	}
	const { welcome, ratchetTree } = pending;
	invariant(welcome !== undefined, "an add makes a welcome");
	states.push(unwrap(await joinGroup({ welcome, ratchetTree, keyPackage, rules: anyone })).state);
}

/** Member `by` commits; everybody else follows. */
export async function commitAll(
	states: GroupState[],
	by: number,
	plan: Partial<CommitPlan> = {},
): Promise<PendingCommit> {
	const pending = await commit(states[by] as GroupState, plan);
	for (const [i, state] of states.entries()) {
		states[i] = i === by ? pending.pendingState : await follow(state, pending.mlsBytes);
	}
	return pending;
}

export async function say(state: GroupState, text: string): Promise<Bytes> {
	return unwrap(await sealApplication(state, utf8(text), none)).mlsBytes;
}

/** Reads an application message that counts. */
export async function read(state: GroupState, mlsBytes: Uint8Array): Promise<GroupState> {
	const opened = await open(state, mlsBytes);
	invariant(opened.kind === "application", "an application message");
	return opened.state;
}
