import { copyBytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import { type AccountKey, maxLeaves } from "@sotto/crypto";
import { groupPolicy, isPicture, maxGroupNameLength, maxGroupPictureBytes, roleOf, type Wish } from "@sotto/protocol";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { AccountId, CommandError, CommandResult, ConversationId, GroupRole } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { accountIdOf } from "../store/keys.ts";
import { wishForDevices } from "./devices-of.ts";
import { foundGroup } from "./found-group.ts";

type Picture = Uint8Array<ArrayBuffer>;

/** What the user does with groups. Each command checks what can be known at once, and leaves the rest to a wish. */
export class Groups {
	readonly #parts: FirstContactParts;

	constructor(parts: FirstContactParts) {
		this.#parts = parts;
	}

	async create(input: {
		readonly name: string;
		readonly people: readonly AccountId[];
		readonly picture?: Picture;
	}): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const name = cleanGroupName(input.name);
		if (name === undefined) return err({ kind: "badName" });
		if (input.picture !== undefined && !isPicture(input.picture)) return err(pictureError(input.picture));
		const wishes = await this.#wishesFor(input.people, name);
		if (!wishes.ok) return wishes;
		const { account } = this.#parts;
		const picture = input.picture === undefined ? {} : { picture: input.picture };
		const policy = groupPolicy(account.keys.key, { name, ...picture });
		return ok({
			conversation: await foundGroup(this.#parts, policy, [...(await this.#ownDevices()), ...wishes.value]),
		});
	}

	async add(id: ConversationId, people: readonly AccountId[]): Promise<CommandResult> {
		const group = this.#groupToChange(id);
		if (!group.ok) return group;
		const { policy, held } = group.value;
		const isIn = (account: AccountId) => {
			const contact = this.#parts.people.contact(account);
			return contact !== undefined && roleOf(policy, contact.account) !== undefined;
		};
		if (people.some((account) => isIn(account) || account === this.#parts.account.keys.id))
			return err({ kind: "alreadyMember" });
		const wishes = await this.#wishesFor(people, held.meta.name ?? "");
		if (!wishes.ok) return wishes;
		const leaves = wishes.value.reduce((sum, { devices }) => sum + devices.length, group.value.members().length);
		if (leaves > maxLeaves) return err({ kind: "tooMany" });
		const wished = await group.value.wish(wishes.value);
		return wished.ok ? ok() : wished;
	}

	async remove(id: ConversationId, person: AccountId): Promise<CommandResult> {
		return this.#change(id, person, (account) => ({ kind: "accountOut", account }));
	}

	async setRole(id: ConversationId, person: AccountId, role: GroupRole): Promise<CommandResult> {
		const group = this.#groupToChange(id);
		if (!group.ok) return group;
		const admins = group.value.policy.people.filter((one) => one.role === "admin");
		const isLast =
			role === "member" && admins.length === 1 && accountIdOf(admins[0]?.account ?? new Uint8Array()) === person;
		if (isLast) return err({ kind: "lastAdmin" });
		return this.#change(id, person, (account) => ({ kind: "hasRole", account, role }));
	}

	async rename(id: ConversationId, text: string): Promise<CommandResult> {
		const name = cleanGroupName(text);
		if (name === undefined) return err({ kind: "badName" });
		const group = this.#groupToChange(id);
		return group.ok ? wished(group.value, { kind: "named", name }) : group;
	}

	async setPicture(id: ConversationId, picture: Picture | undefined): Promise<CommandResult> {
		if (picture !== undefined && !isPicture(picture)) return err(pictureError(picture));
		const group = this.#groupToChange(id);
		if (!group.ok) return group;
		return wished(group.value, { kind: "pictured", ...(picture && { picture }) });
	}

	picture(id: ConversationId): CommandResult<{ readonly bytes: Picture }> {
		const picture = this.#parts.directory.get(id)?.policy.picture;
		return picture === undefined ? err({ kind: "notFound" }) : ok({ bytes: copyBytes(picture) });
	}

	async leave(id: ConversationId): Promise<CommandResult> {
		const group = this.#groupIn(id);
		if (!group.ok) return group;
		const { people } = group.value.policy;
		const own = this.#parts.account.keys.key;
		const others = people.filter(({ account }) => !equalBytes(account, own));
		// Somebody else has to carry it out, and an admin has to be left.
		if (!others.some(({ role }) => role === "admin")) return err({ kind: "lastAdmin" });
		return group.value.leave();
	}

	/** One wish about somebody who is in. */
	async #change(id: ConversationId, person: AccountId, wish: (account: AccountKey) => Wish): Promise<CommandResult> {
		const group = this.#groupToChange(id);
		if (!group.ok) return group;
		if (person === this.#parts.account.keys.id && wish(this.#parts.account.keys.key).kind === "accountOut")
			return err({ kind: "notAdmin" });
		const member = group.value.policy.people.find(({ account }) => accountIdOf(account) === person);
		return member === undefined ? err({ kind: "notMember" }) : wished(group.value, wish(member.account));
	}

	/** A group that one may change now: one is in it, and its admin. */
	#groupToChange(id: ConversationId): Result<Conversation, CommandError> {
		const group = this.#groupIn(id);
		if (!group.ok || roleOf(group.value.policy, this.#parts.account.keys.key) === "admin") return group;
		return err({ kind: "notAdmin" });
	}

	#groupIn(id: ConversationId): Result<Conversation, CommandError> {
		const group = this.#parts.directory.get(id);
		if (group === undefined || group.held.meta.kind !== "group") return err({ kind: "notFound" });
		const { stop } = group.held.state;
		return stop === undefined ? ok(group) : err({ kind: stop.kind === "removed" ? "notMember" : "notReady" });
	}

	/** Reads the profiles of contacts: which devices they have now, and by which packages these come in. */
	async #wishesFor(
		people: readonly AccountId[],
		title: string,
	): Promise<Result<readonly (Wish & { readonly kind: "devicesIn" })[], CommandError>> {
		const purpose: Purpose = { cause: { kind: "contact", title } };
		if (people.length >= maxLeaves) return err({ kind: "tooMany" });
		const wishes = [];
		for (const id of new Set(people)) {
			const contact = this.#parts.people.contact(id);
			if (contact === undefined) return err({ kind: "notFound" });
			const wish = await wishForDevices(this.#parts.engine, contact, purpose);
			if (!wish.ok) return wish;
			wishes.push(wish.value);
		}
		return ok(wishes);
	}

	/** One's own other devices are in every group of this one. */
	async #ownDevices(): Promise<readonly Wish[]> {
		const { engine, account } = this.#parts;
		if (account.keys.list.devices.length < 2) return [];
		const { logId, readCap } = account.record.profile;
		const { number } = account.record.version;
		const whose = { account: account.keys.key, version: number, profile: { logId, readCap, k: account.keys.k } };
		const wish = await wishForDevices(engine, whose, { cause: { kind: "account", title: undefined } });
		if (!wish.ok) return [];
		// This device is in the group already, by a package of its own: the wish passes over it.
		return [wish.value];
	}
}

/** Durable when it resolves; the commit follows. */
async function wished(group: Conversation, wish: Wish): Promise<CommandResult> {
	const done = await group.wish([wish]);
	return done.ok ? ok() : done;
}

function pictureError(picture: Picture): CommandError {
	return { kind: picture.length > maxGroupPictureBytes ? "tooMany" : "badFile" };
}

function cleanGroupName(text: string): string | undefined {
	const name = text.trim().replace(/\s+/g, " ");
	return name.length > 0 && name.length <= maxGroupNameLength ? name : undefined;
}
