import { bytesToBase64url, bytesToHex, invariant, Secret } from "@sotto/bytes";
import { sealMailbox, sign, signingKeyFromSeed } from "@sotto/crypto";
import { type LetterAddress, makeLetter, makeStatement } from "@sotto/protocol";
import { encodeOwnPackage } from "../account/record.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { readProfile } from "../contacts/read-profile.ts";
import type { Conversation } from "../conversations/conversation.ts";
import { encodeInvite, type Invite } from "../conversations/meta.ts";
import type { Purpose } from "../services/services.ts";
import { Retry } from "../services/retry.ts";
import { accountIdOf, keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { type Asking, decodeAsking, encodeAsking } from "./asking.ts";

/** D3: one member at a time, the next after an hour; when all were asked, each again after a day. */
const nextMemberMs = 3600_000;
const nextRoundMs = 24 * 3600_000;

/** Somebody who could let this device in, and how its mailbox is found. */
type Candidate = {
	readonly name: string;
	readonly find: (purpose: Purpose) => Promise<LetterAddress | "gone" | "later">;
};

/**
 * A device that comes from a backup has no MLS state (C7): it asks to be added to each conversation of its account, with a statement
 * that the account key signs, in a letter to one member after the other. The Welcome comes by the mailbox, as any.
 */
export class Readmission {
	readonly #parts: FirstContactParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#cancelWake: () => void = () => undefined;
	#isClosed = false;

	constructor(parts: FirstContactParts) {
		const { clock, random, background } = parts.engine;
		this.#parts = parts;
		this.#retry = new Retry(clock, random, () => background(this.ask()));
	}

	/** Asks whom it is time to ask, and wakes when the next is due. */
	ask(): Promise<void> {
		return this.#serial.run(async () => {
			this.#cancelWake();
			let wakeAt: number | undefined;
			for (const conversation of this.#parts.directory.all()) {
				if (conversation.held.state.stop?.kind !== "waiting" || this.#isClosed) continue;
				const nextAt = await this.#askIn(conversation);
				if (nextAt !== undefined) wakeAt = Math.min(wakeAt ?? nextAt, nextAt);
			}
			const { clock, background } = this.#parts.engine;
			if (wakeAt !== undefined && !this.#isClosed)
				this.#cancelWake = clock.wakeAt(wakeAt, () => background(this.ask()));
		});
	}

	networkChanged(): void {
		this.#retry.now();
	}

	close(): void {
		this.#isClosed = true;
		this.#cancelWake();
		this.#retry.reset();
	}

	/** When the next letter is due; undefined if nobody is to be asked, or the network has to come first. */
	async #askIn(conversation: Conversation): Promise<number | undefined> {
		const { engine } = this.#parts;
		const row = unwrapStore(await engine.store.get(keys.readmission(conversation.id)));
		const asking = row === undefined ? undefined : decodeAsking(row);
		if (!asking?.ok) return undefined;
		const { asked, nextAt } = asking.value;
		const now = engine.clock.now();
		if (nextAt > now) return nextAt;
		const candidates = this.#candidates(conversation);
		const candidate = candidates[asked % Math.max(1, candidates.length)];
		// Contacts may come: a conversation whose members are all strangers is looked at again.
		if (candidate === undefined) return now + nextMemberMs;
		const purpose: Purpose = { cause: { kind: "contact", title: candidate.name } };
		const address = await candidate.find(purpose);
		if (address === "later") {
			this.#retry.later();
			return undefined;
		}
		const isRoundOver = (asked + 1) % candidates.length === 0;
		// Who has no profile any more is passed over.
		const wait = isRoundOver ? nextRoundMs : address === "gone" ? 0 : nextMemberMs;
		const next = { ...asking.value, asked: asked + 1, nextAt: now + wait };
		await this.#send(conversation, next, address === "gone" ? undefined : address, purpose);
		return next.nextAt;
	}

	/** The account's other devices first, whose mailbox is the own one; then its contacts in the conversation. */
	#candidates(conversation: Conversation): readonly Candidate[] {
		const { account, engine, people } = this.#parts;
		const { record } = account;
		const { mailbox, profileRing } = record;
		const ownAddress: LetterAddress = {
			logId: mailbox.logId,
			appendCap: revealed(mailbox.appendCap),
			publicKey: record.mailboxPublicKey,
			ringAddress: profileRing,
		};
		const own: Candidate = { name: record.name, find: async () => ownAddress };
		const contacts = conversation.policy.people.flatMap(({ account: who }): Candidate[] => {
			const contact = people.contact(accountIdOf(who));
			if (contact === undefined) return [];
			const find: Candidate["find"] = async (purpose) => {
				const profile = await readProfile(engine.services, contact.profile, purpose);
				if (!profile.ok) return profile.error.kind === "notFound" ? "gone" : "later";
				const { mailbox: to, ringAddress } = profile.value.current.version;
				return { ...to, ...(ringAddress === undefined ? {} : { ringAddress }) };
			};
			return [{ name: contact.name, find }];
		});
		return account.keys.list.devices.length > 1 ? [own, ...contacts] : contacts;
	}

	/** Package, letter and how far one has come become durable together; then the letter goes out. */
	async #send(
		conversation: Conversation,
		asking: Asking,
		to: LetterAddress | undefined,
		purpose: Purpose,
	): Promise<void> {
		const { engine, inviter } = this.#parts;
		const tx = new StoreTransaction(engine.store);
		tx.put(keys.readmission(conversation.id), encodeAsking(asking));
		const invite = to && (await this.#write(tx, conversation, asking, to));
		const key = keys.invite(conversation.id, bytesToBase64url(engine.random(8)));
		if (invite !== undefined) tx.put(key, encodeInvite(invite));
		await tx.commit();
		if (invite !== undefined) inviter.start(key, invite, purpose);
	}

	async #write(tx: StoreTransaction, { held }: Conversation, { epoch }: Asking, to: LetterAddress): Promise<Invite> {
		const { engine, account } = this.#parts;
		const { record } = account;
		const { groupId } = held.state;
		const now = engine.clock.now();
		// P2: for this one invitation; its private parts go with those of packages that were replaced.
		const fresh = await account.newPackage();
		tx.put(keys.package(bytesToHex(fresh.hash)), encodeOwnPackage({ ...fresh, createdAt: now, replacedAt: now }));
		invariant(record.accountSeed !== undefined, "a backup is of a primary device (D1)");
		const accountKey = await signingKeyFromSeed(record.accountSeed);
		const said = {
			v: 1 as const,
			type: "enter" as const,
			groupId,
			account: account.keys.key,
			epoch,
			package: fresh.hash,
		};
		const content = await makeLetter(account.keys.device, {
			v: 1,
			type: "readmission",
			to: to.logId,
			name: record.name,
			sentAt: now,
			profile: { logId: record.profile.logId, readCap: revealed(record.profile.readCap), r: record.r },
			deviceList: record.deviceList,
			place: record.place,
			groupId,
			statement: await makeStatement(said, (label, message) => sign(label, accountKey, message)),
			keyPackage: fresh.publicBytes,
			letterTo: {
				logId: record.mailbox.logId,
				appendCap: revealed(record.mailbox.appendCap),
				publicKey: record.mailboxPublicKey,
				ringAddress: record.profileRing,
			},
		});
		const letter = await sealMailbox(to, content);
		if (!letter.ok) throw new Error("a package and a statement fit a letter");
		const { logId, appendCap, ringAddress } = to;
		const sealed = {
			logId,
			appendCap: new Secret(appendCap),
			record: letter.value,
			...(ringAddress && { ringAddress }),
		};
		return { letters: [sealed] };
	}
}
