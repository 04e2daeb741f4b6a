import { equalBytes } from "@sotto/bytes";
import { readKeyPackage } from "@sotto/crypto";
import { isSignedBy, openCredential, type OpenedReadmission, readStatement, roleOf, type Wish } from "@sotto/protocol";
import { adoptPublished } from "../account/own-profile.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";

/**
 * Answers who asks to be let in again (D3): what the statement allows is judged by everybody (C9); whether the device that comes is
 * still its account's is this device's to know (D1).
 */
export class Readmitter {
	readonly #parts: Pick<FirstContactParts, "engine" | "account" | "people" | "directory">;

	constructor(parts: Pick<FirstContactParts, "engine" | "account" | "people" | "directory">) {
		this.#parts = parts;
	}

	/** Durable when it resolves, and safe to repeat: the wish is the same one. */
	async receive(letter: OpenedReadmission): Promise<void> {
		const { account, people, directory } = this.#parts;
		const isMeant = ({ held }: { readonly held: { readonly state: { readonly groupId: Uint8Array } } }) =>
			equalBytes(held.state.groupId, letter.groupId);
		const conversation = directory.all().find(isMeant);
		if (conversation === undefined || conversation.held.state.stop !== undefined) return;
		if (roleOf(conversation.policy, letter.account) === undefined) return;
		const wish = await this.#wishOf(letter);
		if (wish === undefined) return;
		const isOwn = equalBytes(letter.account, account.keys.key);
		const isNewest = isOwn
			? letter.devices.version >= account.keys.list.version
			: await people.sawDevices(letter.account, letter.devices);
		if (!isNewest) return;
		// It comes from a backup: the account's list has changed, and only the profile says so.
		if (isOwn && letter.devices.version > account.keys.list.version)
			this.#parts.engine.background(adoptPublished(this.#parts.engine, account));
		await conversation.wish([wish]);
	}

	/** The wish that carries it out, if statement, package and device belong together. */
	async #wishOf(letter: OpenedReadmission): Promise<Wish | undefined> {
		const { account, statement: bytes, signatureKey, keyPackage, letterTo, devices, place } = letter;
		const statement = readStatement(bytes);
		if (statement === undefined || statement.type === "leave") return undefined;
		if (statement.type === "enter" && !equalBytes(statement.account, account)) return undefined;
		// Whose leaf a `replace` is about, and that it is in, is looked at when the commit is made (C9).
		const signer = statement.type === "enter" ? account : signatureKey;
		if (signer === undefined || !(await isSignedBy(bytes, [signer]))) return undefined;
		const view = await readKeyPackage(keyPackage);
		if (!view.ok || !equalBytes(view.value.hash, statement.package)) return undefined;
		const now = this.#parts.engine.clock.now();
		if (view.value.notAfter <= now) return undefined;
		const credential = await openCredential(view.value.credential, view.value.signatureKey);
		const device = devices.devices[place];
		if (!credential.ok || device === undefined || !equalBytes(credential.value.account, account)) return undefined;
		const coming = credential.value.list.devices[credential.value.place];
		if (coming === undefined || !equalBytes(coming, device)) return undefined;
		const { hash: packageHash, signatureKey: leafKey } = view.value;
		const comes = { account, device: { device, packageHash, keyPackage }, letterTo, leafKey };
		return { kind: "carriedOut", statement: bytes, comes, ...(statement.type === "replace" && { signatureKey }) };
	}
}
