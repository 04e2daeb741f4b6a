import { utf8ToText } from "@sotto/bytes";
import type { SyncEntry } from "@sotto/protocol";
import type { FirstContact } from "../contacts/first-contact.ts";
import type { People } from "../contacts/people.ts";
import { decodeContact } from "../contacts/record.ts";
import type { Welcomes } from "../contacts/welcomes.ts";
import type { Directory } from "../conversations/directory.ts";
import type { ConversationId } from "../sdk.ts";
import { accountIdOf } from "../store/keys.ts";
import { registers } from "./registers.ts";

export type InStepParts = {
	readonly people: People;
	readonly directory: Directory;
	readonly firstContact: FirstContact;
	readonly welcomes: Welcomes;
	/** One of the devices has deleted it: nobody waits for it any more. */
	readonly isDeleted: (conversation: ConversationId) => boolean;
};

/** Does here what the account's other devices have done: contacts, requests, what was read, what was deleted. */
export class InStep {
	readonly #parts: InStepParts;

	constructor(parts: InStepParts) {
		this.#parts = parts;
	}

	/** False if it waits for something that is not here yet, such as a message that was read elsewhere. */
	async apply({ key, value }: SyncEntry): Promise<boolean> {
		const table = key.slice(0, key.indexOf("/") + 1);
		const id = key.slice(table.length);
		const text = utf8ToText(value);
		const said = text.ok ? text.value : "";
		const { people, directory } = this.#parts;
		switch (table) {
			case registers.contact: {
				const contact = decodeContact(value);
				if (!contact.ok) return true;
				await people.takeContact(contact.value);
				await this.#enterInvitations(id);
				return true;
			}
			case registers.verified:
				return people.takeVerified(id, said === "yes");
			case registers.blocked:
				await people.takeBlocked(id);
				return true;
			case registers.request:
				await this.#answer(id, said);
				return true;
			case registers.read:
				return this.#parts.isDeleted(id) || (await directory.get(id)?.takeRead(said)) === true;
			case registers.deleted:
				// Entered and left first, then deleted: until then it waits, because the letter may come after this.
				return (await directory.delete(id, { tells: false })).ok;
			default:
				return true;
		}
	}

	/** What somebody invited to before this device knew that they are a contact: a contact's Welcome is entered without asking. */
	async #enterInvitations(account: string): Promise<void> {
		const { people, welcomes } = this.#parts;
		for (const request of people.requests())
			if (request.added !== undefined && request.state === "open" && accountIdOf(request.account) === account)
				await welcomes.accept(request.id);
	}

	/** The same answer as on the other device; a request that comes later is answered when it comes. */
	async #answer(id: string, said: string): Promise<void> {
		const { people, firstContact, welcomes } = this.#parts;
		const request = people.request(id);
		if (request === undefined || request.state !== "open") return;
		if (said === "ignored") await firstContact.ignore(id);
		else if (request.added === undefined) await firstContact.accept(id);
		else await welcomes.accept(id);
	}
}
