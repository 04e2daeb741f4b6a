// Groups of any size for the benches: real MLS and real credentials, of people who exist for nothing else.
import {
	createGroup,
	createKeyPackage,
	generateLeafSignatureKey,
	generateSigningKey,
	type GroupState,
	joinGroup,
	type KeyPackageSecrets,
	maxAddsPerCommit,
	type MlsRules,
	type MlsSuite,
	openMessage,
	type PendingCommit,
	randomBytes,
	sealCommit,
	type SigningKey,
} from "@sotto/crypto";
import { type DeviceList, encodePolicy, makeCredential, signDeviceList } from "@sotto/protocol";

const dayMs = 86_400_000;
const none = new Uint8Array();

/** The benches measure the door and the store, not the policy. */
export const anyone: MlsRules = { validateCredential: () => true, judgeCommit: () => true };

/** A device that can be in a group. */
export type BenchDevice = { readonly list: DeviceList; readonly place: number; readonly key: SigningKey };

export async function newDevice(): Promise<BenchDevice> {
	const [account, key] = [await generateSigningKey(), await generateSigningKey()];
	return { list: await signDeviceList(account, [key.publicKey]), place: 0, key };
}

export async function packageOf(device: BenchDevice, suite: MlsSuite): Promise<KeyPackageSecrets> {
	const signatureKey = await generateLeafSignatureKey();
	const credential = await makeCredential(device.list, device.place, device.key, signatureKey.publicKey);
	return createKeyPackage({ suite, credential, signatureKey, now: Date.now(), lifetimeMs: 90 * dayMs });
}

/** A commit that its rules allow, or a bug of the bench. */
export async function commit(
	state: GroupState,
	plan: Partial<Parameters<typeof sealCommit>[1]> = {},
): Promise<PendingCommit> {
	const sealed = await sealCommit(state, { authenticatedData: none, ...plan }, anyone);
	if (!sealed.ok) throw new Error(`the commit is refused: ${JSON.stringify(sealed.error)}`);
	return sealed.value;
}

export async function follow(state: GroupState, mlsBytes: Uint8Array): Promise<GroupState> {
	const opened = await openMessage(state, mlsBytes, anyone);
	if (!opened.ok) throw new Error(`void: ${opened.error}`);
	if (opened.value.kind === "application") return opened.value.state;
	if (opened.value.outcome.kind !== "advanced") throw new Error(opened.value.outcome.kind);
	return opened.value.outcome.state;
}

export async function join(pending: PendingCommit, keyPackage: KeyPackageSecrets): Promise<GroupState> {
	if (pending.welcome === undefined) throw new Error("nobody was added");
	const { welcome, ratchetTree } = pending;
	const joined = await joinGroup({ welcome, ratchetTree, keyPackage, rules: anyone });
	if (!joined.ok) throw new Error(`cannot join: ${joined.error}`);
	return joined.value.state;
}

/** `first` alone in a new group. */
export async function alone(first: BenchDevice, suite: MlsSuite): Promise<GroupState> {
	const policyExtension = encodePolicy({
		v: 1,
		kind: "group",
		people: [{ account: first.list.account, role: "admin" }],
	});
	return createGroup({ groupId: randomBytes(32), keyPackage: await packageOf(first, suite), policyExtension });
}

/**
 * Grows `state` to `size` leaves in as few commits as the rules allow; whoever came in has not committed yet, so the tree is as
 * cold as can be. Returns the state of the first device and of the last.
 */
export async function growCold(
	state: GroupState,
	from: number,
	size: number,
	suite: MlsSuite,
): Promise<{ readonly first: GroupState; readonly last: GroupState }> {
	let first = state;
	let last: GroupState | undefined;
	for (let count = from; count < size; ) {
		const batch = Math.min(maxAddsPerCommit, size - count);
		const packages = await Promise.all(Array.from({ length: batch }, async () => packageOf(await newDevice(), suite)));
		const pending = await commit(first, { adds: packages.map(({ publicBytes }) => publicBytes) });
		first = pending.pendingState;
		count += batch;
		if (count === size) last = await join(pending, packages.at(-1) as KeyPackageSecrets);
	}
	if (last === undefined) throw new Error("a group grows");
	return { first, last };
}

/**
 * Grows to `size` as a group does in use: whoever comes in commits at once (P3), so that every node of the tree has a key. Returns
 * the states of the first device and of the last.
 */
export async function growWarm(
	state: GroupState,
	from: number,
	size: number,
	suite: MlsSuite,
): Promise<{ readonly first: GroupState; readonly last: GroupState }> {
	let first = state;
	let last: GroupState | undefined;
	for (let count = from; count < size; count++) {
		const keyPackage = await packageOf(await newDevice(), suite);
		const added = await commit(first, { adds: [keyPackage.publicBytes] });
		const own = await commit(await join(added, keyPackage), { forcePath: true });
		first = await follow(added.pendingState, own.mlsBytes);
		last = own.pendingState;
	}
	if (last === undefined) throw new Error("a group grows");
	return { first, last };
}
