import {
	type Bytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	integerShape,
	literalShape,
	mapShape,
	parseCbor,
	type ShapeOf,
	taggedShape,
} from "@sotto/bytes";
import {
	type AccountKey,
	type CommitView,
	type Leaf,
	type Member,
	parseAccountKey,
	shapeOf,
	verify,
} from "@sotto/crypto";
import { maxStatementBytes, parseStatedPosition } from "./authenticated-data.ts";
import { accountOfCredential } from "./credential.ts";
import { parsePolicy, roleOf } from "./policy.ts";
import { encodeSigned, signedShape } from "./signed.ts";

/** What statements are signed under, by a leaf's signature key or by an account key. */
export const statementLabel = "statement";
/** C11: what several devices could do waits a random time of up to 10 s for each of them, 10 min at most. */
export function staggerMs(able: number): number {
	return Math.min(able * 10_000, 600_000);
}
/** An `enter` counts in the epoch that it names and in as many after it. */
export const enterEpochs = 256;

const hash = bytesShape(32, 32);
const groupId = bytesShape(32, 32);

const statementShape = taggedShape("type", {
	leave: mapShape({ v: literalShape(1), type: literalShape("leave"), groupId, account: shapeOf(parseAccountKey) }),
	replace: mapShape({
		v: literalShape(1),
		type: literalShape("replace"),
		groupId,
		/** `leafNodeHash` of the leaf that goes. */
		leafNode: hash,
		/** Names the key package that comes for it. */
		package: hash,
	}),
	enter: mapShape({
		v: literalShape(1),
		type: literalShape("enter"),
		groupId,
		account: shapeOf(parseAccountKey),
		/** The last epoch that its author knows of. */
		epoch: integerShape(0, 2 ** 48),
		package: hash,
	}),
});
/** What an account wants done with its own leaves, for anybody to carry out (C9). */
export type Statement = ShapeOf<typeof statementShape>;

const envelope = signedShape(maxStatementBytes - 96);

/** Signs a statement: `sign` is a leaf's or the account key's (`signWithLeaf`, `sign`). */
export async function makeStatement(
	statement: Statement,
	sign: (label: string, message: Bytes) => Promise<Bytes>,
): Promise<Bytes> {
	const body = encodeCbor({ ...statement });
	return encodeSigned({ body, signature: await sign(statementLabel, body) });
}

/** What a statement says, without verifying who says it; undefined if it does not parse. */
export function readStatement(bytes: Uint8Array): Statement | undefined {
	const signed = bytes.length > maxStatementBytes ? undefined : parseCbor(envelope, bytes);
	const statement = signed?.ok ? parseCbor(statementShape, signed.value.body) : undefined;
	return statement?.ok ? statement.value : undefined;
}

/** Whether one of these keys signed the statement. */
export async function isSignedBy(bytes: Uint8Array, keys: readonly Uint8Array[]): Promise<boolean> {
	const signed = parseCbor(envelope, bytes);
	if (!signed.ok) return false;
	const { body, signature } = signed.value;
	for (const key of keys) if (await verify(statementLabel, key, body, signature)) return true;
	return false;
}

/** What the statements of a commit allow its author to do, whoever that is. */
export type Grants = {
	/** Accounts that leave: this commit removes all their leaves. */
	readonly leavers: readonly AccountKey[];
	/** Leaves that go because another takes their place, and packages that come in. */
	readonly removes: readonly Leaf[];
	readonly packages: readonly Bytes[];
};

/**
 * Reads the statements in a commit's authenticated data. One that does not parse, is signed by nobody that may, is for another
 * group, or asks for something else than the commit does, allows nothing.
 */
export async function grantsOf(view: CommitView): Promise<Grants> {
	const stated = parseStatedPosition(view.authenticatedData);
	const grants = { leavers: [] as AccountKey[], removes: [] as Leaf[], packages: [] as Bytes[] };
	if (!stated.ok) return grants;
	for (const bytes of stated.value.statements ?? []) {
		const statement = readStatement(bytes);
		if (statement === undefined || !equalBytes(statement.groupId, view.groupId)) continue;
		switch (statement.type) {
			case "leave":
				if (await mayLeave(view, statement, bytes)) grants.leavers.push(statement.account);
				break;
			case "replace": {
				const leaf = await replacedLeaf(view, statement, bytes);
				if (leaf === undefined) break;
				grants.removes.push(leaf);
				grants.packages.push(statement.package);
				break;
			}
			case "enter":
				if (await mayEnter(view, statement, bytes)) grants.packages.push(statement.package);
		}
	}
	return grants;
}

/**
 * Signed by a leaf that is in the group, never by the account key: a leaf's key is gone with it, so nobody can throw an account
 * that was added again out by its old word.
 */
async function mayLeave(view: CommitView, { account }: Statement & { type: "leave" }, bytes: Bytes): Promise<boolean> {
	const leaves = leavesOf(view.membersBefore, account);
	const goes = (member: Member) => view.removes.some((removed) => removed.leaf === member.leaf);
	if (leaves.length === 0 || !leaves.every(goes)) return false;
	return isSignedBy(
		bytes,
		leaves.map((leaf) => leaf.signatureKey),
	);
}

/** Both halves in one commit, of one account, signed by the leaf that goes or by the account key. */
async function replacedLeaf(
	view: CommitView,
	statement: Statement & { type: "replace" },
	bytes: Bytes,
): Promise<Leaf | undefined> {
	const old = view.removes.find((removed) => equalBytes(removed.nodeHash, statement.leafNode));
	const next = view.adds.find((added) => equalBytes(added.packageHash, statement.package));
	const account = old && accountOfCredential(old.credential);
	if (old === undefined || next === undefined || account === undefined) return undefined;
	if (leavesOf([next], account).length === 0) return undefined;
	return (await isSignedBy(bytes, [old.signatureKey, account])) ? old.leaf : undefined;
}

/**
 * By account key only: a device that comes back from a backup has nothing else. The policy has to name the account; it may have no leaf
 * left, because its last one was silent for long and was put out.
 */
async function mayEnter(view: CommitView, statement: Statement & { type: "enter" }, bytes: Bytes): Promise<boolean> {
	const { account, epoch } = statement;
	const next = view.adds.find((added) => equalBytes(added.packageHash, statement.package));
	if (next === undefined || leavesOf([next], account).length === 0) return false;
	if (view.epoch < BigInt(epoch) || view.epoch > BigInt(epoch + enterEpochs)) return false;
	const policy = parsePolicy(view.policyBefore);
	const isNamed = policy.ok && roleOf(policy.value, account) !== undefined;
	return isNamed && isSignedBy(bytes, [account]);
}

export function leavesOf<M extends Member>(members: readonly M[], account: Uint8Array): readonly M[] {
	return members.filter((member) => {
		const owner = accountOfCredential(member.credential);
		return owner !== undefined && equalBytes(owner, account);
	});
}
