import { type Bytes, equalBytes } from "@sotto/bytes";
import { type AccountKey, type Leaf, maxAddsPerCommit, maxLeaves, type Member } from "@sotto/crypto";
import { maxStatements } from "../authenticated-data.ts";
import { accountOfCredential, deviceOfCredential } from "../credential.ts";
import { maxDevices } from "../device-list.ts";
import { isPicture, type Policy, roleOf, withoutPeople } from "../policy.ts";
import { leavesOf, readStatement } from "../statements.ts";
import type { LetterAddress, Wish } from "./wishes.ts";

/** The group that wishes are looked at against. */
export type GroupInForce = {
	readonly groupId: Bytes;
	readonly own: AccountKey;
	readonly ownLeaf: Leaf;
	readonly policy: Policy;
	readonly members: readonly Member[];
};

/** Why a wish is dropped: it is so already, nobody lets this device, or there is no room. */
export type Dropped = "fulfilled" | "notAllowed" | "tooMany";

/** Whose devices come in by a commit, and where they find their letter. */
export type Joiner = { readonly account: AccountKey; readonly letterTo: LetterAddress };

/** One commit for several wishes. */
export type WishedCommit = {
	/** Indices of the wishes that it fulfils. */
	readonly covers: readonly number[];
	readonly adds: readonly Bytes[];
	readonly removes: readonly Leaf[];
	/** Undefined leaves the policy as it is. */
	readonly policy: Policy | undefined;
	readonly statements: readonly Bytes[];
	readonly joiners: readonly Joiner[];
};

export type WishPlan = {
	/** Undefined if nothing is left to do. */
	readonly commit: WishedCommit | undefined;
	readonly dropped: readonly { readonly index: number; readonly why: Dropped }[];
};

/**
 * Looks at wishes, oldest first, and makes one commit for as many as fit: 16 adds, each account touched once. The rest waits for
 * the next commit.
 */
export function planWishes(wishes: readonly Wish[], group: GroupInForce): WishPlan {
	const plan = new Plan(group);
	const dropped: { index: number; why: Dropped }[] = [];
	for (const [index, wish] of wishes.entries()) {
		const outcome = plan.take(index, wish);
		if (outcome === "later") break;
		if (outcome !== "planned") dropped.push({ index, why: outcome });
	}
	return { commit: plan.commit(), dropped };
}

type Outcome = "planned" | "later" | Dropped;

/** A commit that grows wish by wish. */
class Plan {
	readonly #group: GroupInForce;
	readonly #isAdmin: boolean;
	readonly #covers: number[] = [];
	readonly #adds: Bytes[] = [];
	readonly #removes: Leaf[] = [];
	readonly #statements: Bytes[] = [];
	readonly #joiners: Joiner[] = [];
	readonly #touched: Uint8Array[] = [];
	#policy: Policy;

	constructor(group: GroupInForce) {
		this.#group = group;
		this.#policy = group.policy;
		this.#isAdmin = group.policy.kind === "group" && roleOf(group.policy, group.own) === "admin";
	}

	commit(): WishedCommit | undefined {
		if (this.#covers.length === 0) return undefined;
		const isChanged = this.#policy !== this.#group.policy;
		return {
			covers: this.#covers,
			adds: this.#adds,
			removes: this.#removes,
			policy: isChanged ? this.#policy : undefined,
			statements: this.#statements,
			joiners: this.#joiners,
		};
	}

	take(index: number, wish: Wish): Outcome {
		const outcome = this.#take(wish);
		if (outcome === "planned") this.#covers.push(index);
		return outcome;
	}

	#take(wish: Wish): Outcome {
		switch (wish.kind) {
			case "devicesIn":
				return this.#devicesIn(wish);
			case "accountOut":
				return this.#accountOut(wish.account);
			case "deviceOut": {
				const isDevice = (member: Member) => sameBytes(deviceOfCredential(member.credential), wish.device);
				return this.#leavesOut(leavesOf(this.#group.members, wish.account).filter(isDevice));
			}
			case "leafOut":
			case "silentOut":
				return this.#leavesOut(this.#group.members.filter((leaf) => equalBytes(leaf.signatureKey, wish.signatureKey)));
			case "named":
				if (this.#policy.name === wish.name) return "fulfilled";
				return this.#changePolicy({ ...this.#policy, name: wish.name });
			case "pictured": {
				const { picture: _, ...plain } = this.#policy;
				if (sameBytes(this.#policy.picture, wish.picture)) return "fulfilled";
				if (wish.picture !== undefined && !isPicture(wish.picture)) return "notAllowed";
				return this.#changePolicy(wish.picture === undefined ? plain : { ...plain, picture: wish.picture });
			}
			case "hasRole":
				return this.#hasRole(wish.account, wish.role);
			case "carriedOut":
				return this.#carriedOut(wish);
		}
	}

	#devicesIn({ account: who, devices, letterTo }: Wish & { kind: "devicesIn" }): Outcome {
		const leaves = leavesOf(this.#group.members, who);
		const missing = devices.filter(
			({ device: key }) => !leaves.some((leaf) => sameBytes(deviceOfCredential(leaf.credential), key)),
		);
		const isNamed = roleOf(this.#group.policy, who) !== undefined;
		if (missing.length === 0 && isNamed) return "fulfilled";
		const isOwn = equalBytes(who, this.#group.own);
		const isMissingOther = this.#group.policy.kind === "direct" && isNamed && leaves.length === 0;
		if (!this.#isAdmin && !isOwn && !isMissingOther) return "notAllowed";
		if (!isNamed && this.#group.policy.kind === "direct") return "notAllowed";
		if (leaves.length + missing.length > maxDevices) return "tooMany";
		const size = this.#group.members.length - this.#removes.length + this.#adds.length;
		if (size + missing.length > maxLeaves || (!isNamed && this.#policy.people.length >= maxLeaves)) return "tooMany";
		if (this.#isTouched(who) || this.#adds.length + missing.length > maxAddsPerCommit) return "later";
		if (!isNamed)
			this.#policy = { ...this.#policy, people: [...this.#policy.people, { account: who, role: "member" }] };
		this.#adds.push(...missing.map(({ keyPackage }) => keyPackage));
		if (missing.length > 0) this.#joiners.push({ account: who, letterTo });
		return this.#touch(who);
	}

	#accountOut(who: AccountKey): Outcome {
		const leaves = leavesOf(this.#group.members, who);
		if (leaves.length === 0 && roleOf(this.#group.policy, who) === undefined) return "fulfilled";
		if (!this.#isAdmin || equalBytes(who, this.#group.own)) return "notAllowed";
		if (this.#isTouched(who)) return "later";
		this.#removes.push(...leaves.map(({ leaf }) => leaf));
		return this.#withPolicy(withoutPeople(this.#policy, [who])) ? this.#touch(who) : "notAllowed";
	}

	#leavesOut(leaves: readonly Member[]): Outcome {
		if (leaves.length === 0) return "fulfilled";
		for (const { leaf, credential } of leaves) {
			const who = accountOfCredential(credential);
			const isOwn = who !== undefined && equalBytes(who, this.#group.own);
			// A member cannot remove its own leaf in its own commit.
			if (who === undefined || leaf === this.#group.ownLeaf || (!this.#isAdmin && !isOwn)) return "notAllowed";
			if (this.#isTouched(who)) return "later";
		}
		this.#removes.push(...leaves.map(({ leaf }) => leaf));
		for (const { credential } of leaves) this.#touch(accountOfCredential(credential) as AccountKey);
		return "planned";
	}

	#hasRole(who: AccountKey, role: Policy["people"][number]["role"]): Outcome {
		if (this.#isTouched(who)) return "later";
		const before = roleOf(this.#policy, who);
		if (before === role) return "fulfilled";
		if (before === undefined) return "notAllowed";
		const people = this.#policy.people.map((person) =>
			equalBytes(person.account, who) ? { ...person, role } : person,
		);
		const outcome = this.#changePolicy({ ...this.#policy, people });
		return outcome === "planned" ? this.#touch(who) : outcome;
	}

	#carriedOut({ statement: bytes, signatureKey, comes }: Wish & { kind: "carriedOut" }): Outcome {
		const statement = readStatement(bytes);
		if (statement === undefined || !equalBytes(statement.groupId, this.#group.groupId)) return "notAllowed";
		if (this.#statements.length >= maxStatements) return "later";
		if (statement.type === "leave") {
			const leaves = leavesOf(this.#group.members, statement.account);
			// Who was added again since has not asked to leave again: the leaf that signed is gone.
			const isIn = leaves.some((leaf) => sameBytes(leaf.signatureKey, signatureKey));
			if (leaves.length === 0 || (signatureKey !== undefined && !isIn)) return "fulfilled";
			if (equalBytes(statement.account, this.#group.own)) return "notAllowed";
			if (this.#isTouched(statement.account)) return "later";
			if (!this.#withPolicy(withoutPeople(this.#policy, [statement.account]))) return "notAllowed";
			this.#removes.push(...leaves.map(({ leaf }) => leaf));
			this.#statements.push(bytes);
			return this.#touch(statement.account);
		}
		if (comes === undefined || !equalBytes(comes.device.packageHash, statement.package)) return "notAllowed";
		const { account: who, device: next, letterTo, leafKey } = comes;
		const leaves = leavesOf(this.#group.members, who);
		const old = signatureKey && leaves.find((leaf) => equalBytes(leaf.signatureKey, signatureKey));
		if (statement.type === "replace" && old === undefined) return "fulfilled";
		if (
			statement.type === "enter" &&
			leaves.some((leaf) =>
				leafKey === undefined
					? sameBytes(deviceOfCredential(leaf.credential), next.device)
					: equalBytes(leaf.signatureKey, leafKey),
			)
		)
			return "fulfilled";
		if (roleOf(this.#policy, who) === undefined || old?.leaf === this.#group.ownLeaf) return "notAllowed";
		if (statement.type === "enter" && leaves.length >= maxDevices) return "tooMany";
		if (this.#isTouched(who) || this.#adds.length >= maxAddsPerCommit) return "later";
		if (old !== undefined && statement.type === "replace") this.#removes.push(old.leaf);
		this.#adds.push(next.keyPackage);
		this.#joiners.push({ account: who, letterTo });
		this.#statements.push(bytes);
		return this.#touch(who);
	}

	#changePolicy(policy: Policy): Outcome {
		if (!this.#isAdmin) return "notAllowed";
		return this.#withPolicy(policy) ? "planned" : "notAllowed";
	}

	/** Whether a policy may be like this: somebody has to be admin. */
	#withPolicy(policy: Policy): boolean {
		if (policy.kind !== "group" || !policy.people.some(({ role }) => role === "admin")) return false;
		this.#policy = policy;
		return true;
	}

	#isTouched(who: Uint8Array): boolean {
		return this.#touched.some((other) => equalBytes(other, who));
	}

	#touch(who: Uint8Array): "planned" {
		this.#touched.push(who);
		return "planned";
	}
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
	if (one === undefined || other === undefined) return one === other;
	return equalBytes(one, other);
}
