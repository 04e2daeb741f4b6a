import { type Bytes, bytesToBase64url, bytesToHex, err, ok, Secret } from "@sotto/bytes";
import { sealMailbox, sign, signingKeyFromSeed } from "@sotto/crypto";
import { type LetterAddress, makeLetter, makeStatement, type Stop } from "@sotto/protocol";
import { encodeOwnPackage } from "../account/record.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { readProfile } from "../contacts/read-profile.ts";
import type { Conversation } from "../conversations/conversation.ts";
import { encodeInvite, type Invite } from "../conversations/meta.ts";
import type { CommandResult } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { Retry } from "../services/retry.ts";
import { accountIdOf, keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { type Asking, decodeAsking, encodeAsking, maxAskedPackages } from "./asking.ts";

/** D3: one member at a time, the next after an hour; when all were asked, each again after a day. */
const nextMemberMs = 3600_000;
const nextRoundMs = 24 * 3600_000;

/** Whether being let in again helps a conversation that has stopped for this reason. */
export function isAskable(stop: Stop | undefined): boolean {
	if (stop?.kind === "removed") return stop.stays === true;
	return stop !== undefined && stop.kind !== "forked";
}

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

	/**
	 * The user asks that this device be let in, again or for the first time: the next member is asked now. Error `refused`: the conversation
	 * goes on, was left, or shows another history (C8), where a new leaf would not help; `notPrimary`: without account key or group
	 * there is nobody's word to send.
	 */
	async request(conversation: Conversation): Promise<CommandResult> {
		const { engine, account } = this.#parts;
		const { state } = conversation.held;
		if (state.stop === undefined || !isAskable(state.stop)) return err({ kind: "refused" });
		const hasGroup = state.stop.kind === "stranded" || state.stop.kind === "rolledBack";
		if (!account.isPrimary && !hasGroup) return err({ kind: "notPrimary" });
		await this.#serial.run(async () => {
			const asking = (await this.#asking(conversation)) ?? { epoch: state.epoch, asked: 0, nextAt: 0, packages: [] };
			const tx = new StoreTransaction(engine.store);
			tx.put(keys.readmission(conversation.id), encodeAsking({ ...asking, nextAt: 0 }));
			await tx.commit();
		});
		await this.ask();
		return ok();
	}

	/** The device asks by itself (C3, C7, D3), once: a letter that is under way already is left to its time. */
	async requestOnce(conversation: Conversation): Promise<void> {
		if ((await this.#asking(conversation)) === undefined) await this.request(conversation);
	}

	/** Asks whom it is time to ask, and wakes when the next is due. */
	ask(): Promise<void> {
		return this.#serial.run(async () => {
			this.#cancelWake();
			let wakeAt: number | undefined;
			for (const conversation of this.#parts.directory.all()) {
				if (conversation.held.state.stop === undefined || this.#isClosed) continue;
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
		const asking = await this.#asking(conversation);
		if (asking === undefined) return undefined;
		const { asked, nextAt } = asking;
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
		const next = { ...asking, asked: asked + 1, nextAt: now + wait };
		await this.#send(conversation, next, address === "gone" ? undefined : address, purpose);
		return next.nextAt;
	}

	async #asking({ id }: Conversation): Promise<Asking | undefined> {
		const row = unwrapStore(await this.#parts.engine.store.get(keys.readmission(id)));
		const asking = row === undefined ? undefined : decodeAsking(row);
		return asking?.ok ? asking.value : undefined;
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
		// A mailbox that was replaced by this device is one that no other reads yet.
		const isShared = account.keys.list.devices.length > 1 && record.previousMailbox === undefined;
		return isShared ? [own, ...contacts] : contacts;
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
		const written = to && (await this.#write(conversation, asking, to));
		const packages = [...asking.packages, ...(written === undefined ? [] : [written.fresh.hash])].slice(
			-maxAskedPackages,
		);
		tx.put(keys.readmission(conversation.id), encodeAsking({ ...asking, packages }));
		const key = keys.invite(conversation.id, bytesToBase64url(engine.random(8)));
		if (written !== undefined) {
			const { fresh, invite } = written;
			const now = engine.clock.now();
			// P2: for this one invitation; its private parts go with those of packages that were replaced.
			tx.put(keys.package(bytesToHex(fresh.hash)), encodeOwnPackage({ ...fresh, createdAt: now, replacedAt: now }));
			tx.put(key, encodeInvite(invite));
		}
		await tx.commit();
		if (written !== undefined) inviter.start(key, written.invite, purpose);
	}

	async #write(conversation: Conversation, { epoch }: Asking, to: LetterAddress) {
		const { engine, account } = this.#parts;
		const { record } = account;
		const { groupId } = conversation.held.state;
		const fresh = await account.newPackage();
		const said = await this.#statement(conversation, epoch, fresh.hash);
		if (said === undefined) return undefined;
		const content = await makeLetter(account.keys.device, {
			v: 1,
			type: "readmission",
			to: to.logId,
			name: record.name,
			sentAt: engine.clock.now(),
			profile: { logId: record.profile.logId, readCap: revealed(record.profile.readCap), r: record.r },
			deviceList: record.deviceList,
			place: record.place,
			groupId,
			...said,
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
		const invite: Invite = { letters: [sealed] };
		return { fresh, invite };
	}

	/** By the account key where this device has it; else by the leaf that is to go. */
	async #statement(
		conversation: Conversation,
		epoch: number,
		packageHash: Bytes,
	): Promise<{ readonly statement: Bytes; readonly signatureKey?: Bytes } | undefined> {
		const { account } = this.#parts;
		const { accountSeed } = account.record;
		if (accountSeed === undefined) return conversation.replacement(packageHash);
		const accountKey = await signingKeyFromSeed(accountSeed);
		const { groupId } = conversation.held.state;
		const said = {
			v: 1 as const,
			type: "enter" as const,
			groupId,
			account: account.keys.key,
			epoch,
			package: packageHash,
		};
		return { statement: await makeStatement(said, (label, message) => sign(label, accountKey, message)) };
	}
}
