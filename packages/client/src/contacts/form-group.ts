import { type Bytes, equalBytes, err, ok, type Result, type Secret } from "@sotto/bytes";
import {
	type AccountKey,
	createGroup,
	exportSecret,
	type GroupState,
	groupIdOf,
	joinGroup,
	type KeyPackageSecrets,
	members,
	type MlsRules,
	openBlob,
	ownLeaf,
	policyExtension,
	readKeyPackage,
	sealCommit,
} from "@sotto/crypto";
import {
	directPolicy,
	encodePolicy,
	encodeStatedPosition,
	isEverybodyNamed,
	openCredential,
	parsePolicy,
	type Policy,
	type ProfileReading,
	roleOf,
} from "@sotto/protocol";
import type { OwnPackage } from "../account/record.ts";
import { logSeedLabel } from "../conversations/judge.ts";
import { accountOf } from "../conversations/members.ts";

/** A group just begun or entered, and the seed of the log it uses. */
export type FormedGroup = { readonly group: GroupState; readonly leaf: number; readonly logSeed: Secret };

/**
 * Begins a conversation of two accounts: a group with every device that the other's profile lists. The first add needs no
 * log, because nobody else is there to read it; everything begins in its epoch. Error `lapsed`: no device there has a package
 * that is still valid.
 */
export async function formDirectGroup(options: {
	readonly groupId: Bytes;
	readonly own: AccountKey;
	readonly keyPackage: KeyPackageSecrets;
	readonly other: ProfileReading & { readonly current: NonNullable<ProfileReading["current"]> };
	readonly rules: MlsRules;
	readonly now: number;
}): Promise<Result<FormedGroup & { readonly welcome: Bytes; readonly ratchetTree: Bytes }, "lapsed">> {
	const { groupId, own, keyPackage, other, rules, now } = options;
	const { account } = other.current.version;
	const adds = (await validPackages(other, now)).map(({ keyPackage: bytes }) => bytes);
	if (adds.length === 0) return err("lapsed");
	const policy = encodePolicy(directPolicy(own, account));
	const alone = await createGroup({ groupId, keyPackage, policyExtension: policy });
	const at = { v: 1 as const, index: 0, at: { seq: 0, head: new Uint8Array(32) } };
	const added = await sealCommit(alone, { adds, authenticatedData: encodeStatedPosition(at) }, rules);
	if (!added.ok || added.value.welcome === undefined) return err("lapsed");
	const { pendingState: group, welcome, ratchetTree } = added.value;
	return ok({ group, leaf: ownLeaf(group), logSeed: await logSeedOf(group), welcome, ratchetTree });
}

/** The packages of a profile that are valid now and of the devices that it lists, in their places. */
export async function validPackages(
	profile: ProfileReading & { readonly current: NonNullable<ProfileReading["current"]> },
	now: number,
): Promise<readonly { readonly device: Bytes; readonly packageHash: Bytes; readonly keyPackage: Bytes }[]> {
	const { version, deviceList } = profile.current;
	const valid = [];
	for (const [place, entry] of profile.packages) {
		const view = await readKeyPackage(entry.package);
		if (!view.ok || view.value.notAfter <= now || view.value.notBefore > now + 86_400_000) continue;
		const credential = await openCredential(view.value.credential, view.value.signatureKey);
		if (!credential.ok || !equalBytes(credential.value.account, version.account)) continue;
		// By the list that the credential holds, which may be an older one: the device is the same.
		const device = credential.value.list.devices[credential.value.place];
		if (device !== undefined && equalBytes(device, deviceList.devices[place] ?? new Uint8Array()))
			valid.push({ device, packageHash: view.value.hash, keyPackage: entry.package });
	}
	return valid;
}

/** A Welcome as it came in a letter, and what opens it. */
export type Invitation = {
	readonly groupId: Bytes;
	readonly welcome: Bytes;
	readonly tree: { readonly key: Secret; readonly sealed: Bytes };
	readonly packages: readonly OwnPackage[];
	readonly rules: MlsRules;
};

/**
 * Enters the group of a request (P3). Everything that the request claimed is checked against the group itself. Errors:
 * `damaged` (tree or Welcome do not open), `notForUs` (no package of ours is left), `otherPeople` (the group is not a
 * conversation of exactly these two).
 */
export async function enterDirectGroup(
	invitation: Invitation,
	{ own, other }: { readonly own: AccountKey; readonly other: AccountKey },
): Promise<Result<EnteredGroup, "damaged" | "notForUs" | "otherPeople">> {
	const entered = await enterGroup(invitation, { own, from: other });
	if (!entered.ok) return entered;
	const { policy } = entered.value;
	const isDirect = policy.kind === "direct" && roleOf(policy, other) !== undefined;
	return isDirect ? entered : err("otherPeople");
}

/** A group entered, and the policy in force there. */
export type EnteredGroup = FormedGroup & { readonly policy: Policy; readonly packageHash: Bytes };

/**
 * Enters any conversation that a letter of `from` invites to: one that names both of them, in which every leaf belongs to somebody
 * named. Errors as for {@link enterDirectGroup}.
 */
export async function enterGroup(
	invitation: Invitation,
	{ own, from }: { readonly own: AccountKey; readonly from: AccountKey },
): Promise<Result<EnteredGroup, "damaged" | "notForUs" | "otherPeople">> {
	const { groupId, welcome, tree, packages, rules } = invitation;
	const ratchetTree = await openBlob(tree.key, tree.sealed);
	if (!ratchetTree.ok) return err("damaged");
	for (const keyPackage of packages) {
		const joined = await joinGroup({ welcome, ratchetTree: ratchetTree.value, keyPackage, rules });
		if (!joined.ok && joined.error === "notForThisPackage") continue;
		if (!joined.ok) return err("damaged");
		const group = joined.value.state;
		const policy = parsePolicy(policyExtension(group));
		const isAsTold =
			policy.ok &&
			[own, from].every((account) => roleOf(policy.value, account) !== undefined) &&
			isEverybodyNamed(policy.value, members(group)) &&
			equalBytes(accountOf(joined.value.inviter), from) &&
			equalBytes(groupIdOf(group), groupId);
		if (!isAsTold) return err("otherPeople");
		const { hash: packageHash } = keyPackage;
		return ok({ group, leaf: ownLeaf(group), logSeed: await logSeedOf(group), policy: policy.value, packageHash });
	}
	return err("notForUs");
}

/** The seed of the log that a group's epoch uses (C1). */
export function logSeedOf(group: GroupState): Promise<Secret> {
	return exportSecret(group, logSeedLabel, new Uint8Array(), 32);
}
