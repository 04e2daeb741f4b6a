import { equalBytes, err, ok } from "@sotto/bytes";
import { createGroup, ownLeaf } from "@sotto/crypto";
import { encodePolicy, maySucceed, roleOf, staggerMs, successorPolicy } from "@sotto/protocol";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { logSeedOf } from "../contacts/form-group.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { CommandResult, ConversationId } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { accountIdOf } from "../store/keys.ts";
import { wishForDevices } from "./devices-of.ts";

/**
 * How a conversation goes on where its group cannot (C10). Its founder begins the successor alone, with a policy that names everybody;
 * the admins then bring in whom it names, each their contacts, which is read off the group and so goes on after any crash.
 */
export class Succession {
	readonly #parts: FirstContactParts;

	constructor(parts: FirstContactParts) {
		this.#parts = parts;
	}

	/** Durable when it resolves; the others are asked in from there. */
	async begin(id: ConversationId): Promise<CommandResult> {
		const { engine, account, directory } = this.#parts;
		const conversation = directory.get(id);
		if (conversation === undefined) return err({ kind: "notFound" });
		const own = account.keys.key;
		const may = maySucceed(conversation.known, own);
		if (may !== "allowed") return err({ kind: may === "notAdmin" ? "notAdmin" : "refused" });
		const policy = successorPolicy(conversation.known, conversation.held.state, own);
		const keyPackage = await account.newPackage();
		const group = await createGroup({
			groupId: engine.random(32),
			keyPackage,
			policyExtension: encodePolicy(policy),
		});
		const formed = { group, leaf: ownLeaf(group), logSeed: await logSeedOf(group), policy };
		await conversation.goOn(formed, { joined: false, by: own }, async () => undefined);
		await this.#bringIn(conversation, 0);
		return ok();
	}

	/** Looks whom a successor names and does not have yet; what the network keeps from it is tried again at the next look. */
	async settle(): Promise<void> {
		const { engine, directory } = this.#parts;
		for (const conversation of directory.all()) {
			const able = conversation.policy.people.filter(({ role }) => role === "admin").length;
			const chance = new DataView(engine.random(4).buffer).getUint32(0) / 2 ** 32;
			// C11: its founder has asked everybody it knows; what is left, several admins could do.
			const wait = able < 2 ? 0 : Math.round(chance * staggerMs(able));
			await this.#bringIn(conversation, engine.clock.now() + wait);
		}
	}

	async #bringIn(conversation: Conversation, notBefore: number): Promise<void> {
		const { engine, people } = this.#parts;
		for (const account of this.#missingIn(conversation)) {
			const contact = people.contact(accountIdOf(account));
			if (contact === undefined) continue;
			const purpose: Purpose = { cause: { kind: "contact", title: contact.name } };
			const wish = await wishForDevices(engine, contact, purpose);
			if (wish.ok) await conversation.wish([wish.value], { notBefore });
		}
	}

	/** Accounts that a successor names, of which no device is in. */
	#missingIn({ policy, held: { state, summary, wishes } }: Conversation) {
		const own = this.#parts.account.keys.key;
		if (policy.succeeds === undefined || state.stop !== undefined || roleOf(policy, own) !== "admin") return [];
		const isIn = (account: Uint8Array) => summary.members.some((member) => equalBytes(member.account, account));
		const isWished = (account: Uint8Array) =>
			wishes.some(({ stored: { wish } }) => wish.kind === "devicesIn" && equalBytes(wish.account, account));
		return policy.people.map(({ account }) => account).filter((account) => !isIn(account) && !isWished(account));
	}
}
