import {
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	equalBytes,
	err,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { type AccountKey, maxLeaves, type Member, parseAccountKey, shapeOf } from "@sotto/crypto";
import { accountOfCredential } from "./credential.ts";
import { maxDevices } from "./device-list.ts";

/** The longest name of a group, in UTF-16 units. */
export const maxGroupNameLength = 120;
/** The most bytes of a group's picture. */
export const maxGroupPictureBytes = 12_288;
const maxPolicyBytes = 32_768;

const policyShape = mapShape({
	v: literalShape(1),
	/** "direct": two accounts for ever; "group": admins change who is in; "own": one account's devices among themselves. */
	kind: literalShape("direct", "group", "own"),
	name: optional(textShape(maxGroupNameLength)),
	/** JPEG, PNG or WebP. */
	picture: optional(bytesShape(1, maxGroupPictureBytes)),
	people: listShape(mapShape({ account: shapeOf(parseAccountKey), role: literalShape("admin", "member") }), maxLeaves),
	/** C10: of a group that goes on for one that cannot; the same for ever. */
	succeeds: optional(
		mapShape({
			/** The line's first group: by it the conversation is known. */
			first: bytesShape(32, 32),
			generation: integerShape(1, 2 ** 31),
			predecessor: bytesShape(32, 32),
			/** The last epoch and place in its log that the founder trusts. */
			epoch: integerShape(0, 2 ** 40),
			at: mapShape({ seq: integerShape(0, 2 ** 40), head: bytesShape(32, 32) }),
		}),
	),
});
/** Who may be in a conversation and who may change that, in a GroupContext extension so that everyone judges alike (C9). */
export type Policy = ShapeOf<typeof policyShape>;
export type Role = Policy["people"][number]["role"];
export type Succeeds = NonNullable<Policy["succeeds"]>;

export function directPolicy(one: AccountKey, other: AccountKey): Policy {
	const people = [one, other].map((account) => ({ account, role: "admin" as const }));
	return { v: 1, kind: "direct", people };
}

/** The conversation of an account's devices (D2): by it, each knows what the others do. */
export function ownPolicy(account: AccountKey): Policy {
	return { v: 1, kind: "own", people: [{ account, role: "admin" }] };
}

/** A group as its creator begins it: alone, and its admin. */
export function groupPolicy(admin: AccountKey, about: Pick<Policy, "name" | "picture">): Policy {
	return { v: 1, kind: "group", ...about, people: [{ account: admin, role: "admin" }] };
}

export function encodePolicy(policy: Policy): Bytes {
	const { people, succeeds, ...rest } = policy;
	const line = succeeds && { succeeds: plainSucceeds(succeeds) };
	return encodeCbor({ ...rest, ...line, people: people.map((person) => ({ ...person })) });
}

function plainSucceeds(succeeds: Succeeds): CborValue {
	return { ...succeeds, at: { ...succeeds.at } };
}

/** C10: no commit changes for which group another goes on. */
export function isSameLine(one: Policy, other: Policy): boolean {
	const bytesOf = ({ succeeds }: Policy) => encodeCbor(succeeds === undefined ? {} : plainSucceeds(succeeds));
	return equalBytes(bytesOf(one), bytesOf(other));
}

/**
 * Parses a policy and refuses what no policy may say: an account twice, no admin, a picture that is none, a direct one of other
 * than two, the own devices' of other than one, or either with a name.
 */
export function parsePolicy(bytes: Uint8Array): Result<Policy, "badPolicy"> {
	if (bytes.length > maxPolicyBytes) return err("badPolicy");
	const policy = parseCbor(policyShape, bytes);
	if (!policy.ok) return err("badPolicy");
	const { people, kind, name, picture } = policy.value;
	const twice = people.some((person, at) =>
		people.slice(0, at).some((other) => equalBytes(other.account, person.account)),
	);
	if (twice || !people.some((person) => person.role === "admin")) return err("badPolicy");
	if (picture !== undefined && !isPicture(picture)) return err("badPolicy");
	const isPlain = name === undefined && picture === undefined;
	if (kind === "direct" && (people.length !== 2 || !isPlain)) return err("badPolicy");
	if (kind === "own" && (people.length !== 1 || !isPlain)) return err("badPolicy");
	return ok(policy.value);
}

/** Whether bytes begin as a JPEG, PNG or WebP does, and are not too many. What else a picture holds, its viewer judges. */
export function isPicture(bytes: Uint8Array): boolean {
	if (bytes.length > maxGroupPictureBytes) return false;
	const startsWith = (magic: readonly number[], at = 0) => magic.every((byte, i) => bytes[at + i] === byte);
	const isWebP = startsWith([0x52, 0x49, 0x46, 0x46]) && startsWith([0x57, 0x45, 0x42, 0x50], 8);
	return startsWith([0xff, 0xd8, 0xff]) || startsWith([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) || isWebP;
}

/** Whether every leaf belongs to an account of the policy, none with more than six. Also asked by whoever joins. */
export function isEverybodyNamed(policy: Policy, members: readonly Member[]): boolean {
	const accounts = members.map((member) => accountOfCredential(member.credential));
	return accounts.every(
		(account) =>
			account !== undefined &&
			roleOf(policy, account) !== undefined &&
			accounts.filter((other) => other !== undefined && equalBytes(other, account)).length <= maxDevices,
	);
}

export function roleOf(policy: Policy, account: Uint8Array): Role | undefined {
	return policy.people.find((person) => equalBytes(person.account, account))?.role;
}

/** The policy without some accounts. */
export function withoutPeople(policy: Policy, accounts: readonly Uint8Array[]): Policy {
	const stays = (person: Policy["people"][number]) => !accounts.some((gone) => equalBytes(gone, person.account));
	return { ...policy, people: policy.people.filter(stays) };
}
