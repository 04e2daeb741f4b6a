import { compareBytes, equalBytes, err, ok, type Result, Secret, utf8 } from "@sotto/bytes";
import { profileKey } from "@sotto/crypto";
import { type ConversationState, maxGreetingLength, type OpenedRequest, parseLink } from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import type { CallEngine } from "../conversation-host.ts";
import type { Directory } from "../conversations/directory.ts";
import type { CommandResult, ConversationId, RequestId } from "../sdk.ts";
import { getBlob } from "../services/blobs.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";
import { accountIdOf, directConversationId, keys, requestIdOf } from "../store/keys.ts";
import { type Answered, registerOf, type Share } from "../sync/registers.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import { beginContact } from "./begin-contact.ts";
import { enterDirectGroup, type FormedGroup, formDirectGroup } from "./form-group.ts";
import type { Inviter } from "./inviter.ts";
import type { People } from "./people.ts";
import { readProfile } from "./read-profile.ts";
import { type Contact, encodeRequestRecord, type RequestRecord } from "./record.ts";
import { writeInvite } from "./write-invite.ts";

export const maxTreeBlob = 4 * 1024 * 1024;

export type FirstContactParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly people: People;
	readonly directory: Directory;
	readonly inviter: Inviter;
	readonly calls: Pick<CallEngine, "entered">;
	/** Tells the account's other devices what is done here. */
	readonly share: Share;
	/** What another device has answered to a request. */
	readonly answered: (request: RequestId) => Answered | undefined;
};

/** How two people come together: asking by link, answering requests (P1, P3), and both at once (C10). */
export class FirstContact {
	readonly #parts: FirstContactParts;
	readonly #serial = new Serial();

	constructor(parts: FirstContactParts) {
		this.#parts = parts;
	}

	/** Asks the owner of a link. Durable when it returns; the request goes out as soon as the network allows. */
	ask(link: string, greeting: string): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#serial.run(() => this.#ask(link, greeting));
	}

	async #ask(text: string, greeting: string): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const { engine, account, people } = this.#parts;
		const link = parseLink(text);
		if (!link.ok) return err({ kind: "badLink" });
		if (greeting.length > maxGreetingLength) return err({ kind: "tooLong" });
		if (equalBytes(link.value.logId, account.record.profile.logId)) return err({ kind: "ownLink" });
		const purpose: Purpose = { cause: { kind: "contact", title: undefined } };
		const profile = await readProfile(engine.services, link.value, purpose);
		if (!profile.ok) {
			if (profile.error.kind !== "notFound") return err(commandErrorOf(profile.error));
			return err({ kind: link.value.host === account.record.home ? "linkLapsed" : "otherServer" });
		}
		const { version, deviceList } = profile.value.current;
		const id = accountIdOf(version.account);
		if (id === account.keys.id) return err({ kind: "ownLink" });
		if (people.isBlocked(id)) return err({ kind: "blocked" });
		if (people.contact(id) !== undefined) return err({ kind: "alreadyContact" });
		// Who has asked already is answered instead.
		const asked = people.requests().find((request) => accountIdOf(request.account) === id && !request.added);
		if (asked !== undefined) return this.#accept(asked.id);
		const formed = await formDirectGroup({
			groupId: engine.random(32),
			own: account.keys.key,
			keyPackage: await account.newPackage(),
			other: profile.value,
			rules: engine.mlsRules,
			now: engine.clock.now(),
		});
		if (!formed.ok) return err({ kind: "linkLapsed" });
		const contact: Contact = {
			v: 1,
			account: version.account,
			name: version.name,
			profile: link.value,
			version: version.number,
			deviceList: deviceList.encoded,
			verified: false,
			readAt: engine.clock.now(),
		};
		const { mailbox, ringAddress } = version;
		const invite = await writeInvite(this.#parts, formed.value, { ...mailbox, ringAddress }, greeting);
		const conversation = await beginContact(this.#parts, contact, formed.value, { joined: false, invite, greeting });
		return ok({ conversation });
	}

	// ---- requests

	/** Runs work on requests while nobody is being asked or answered: what it finds is still so when it is written. */
	exclusive<T>(work: () => Promise<T>): Promise<T> {
		return this.#serial.run(work);
	}

	/**
	 * Takes a request out of the mailbox into `tx`; to be called in {@link FirstContact.exclusive}. Two people who ask each other have both accepted: of their two groups the
	 * one with the lower id remains (C10), so one of them goes on with its own and the other changes over.
	 */
	async receive(request: OpenedRequest, tx: StoreTransaction): Promise<(() => void) | undefined> {
		const { engine, account, people, directory } = this.#parts;
		const from = accountIdOf(request.account);
		if (from === account.keys.id || people.isBlocked(from)) return undefined;
		const id = requestIdOf(request.account, request.groupId);
		if (people.request(id) !== undefined) return undefined;
		const { state } = directory.get(directConversationId(request.account))?.held ?? {};
		const isKnown = people.contact(from) !== undefined;
		// Somebody known without a conversation: another device of the account has accepted, and this one enters as well.
		if (isKnown && state !== undefined && !isReplacedBy(state, request.groupId)) return undefined;
		const answered = this.#parts.answered(id);
		const isAccepted = isKnown || answered === "accepted";
		const record: RequestRecord = {
			v: 1,
			account: request.account,
			name: request.name,
			greeting: request.greeting,
			at: Math.min(request.sentAt, engine.clock.now()),
			state: isAccepted ? "crossing" : (answered ?? "open"),
			profile: {
				logId: request.profile.logId,
				readCap: new Secret(request.profile.readCap),
				k: profileKey(request.account, request.profile.r),
			},
			deviceList: request.devices.encoded,
			groupId: request.groupId,
			welcome: request.welcome,
			tree: { blobId: request.tree.blobId, key: new Secret(request.tree.key) },
		};
		const older = people.requests().filter((other) => accountIdOf(other.account) === from && !other.added);
		for (const { id: olderId } of older) tx.delete(keys.request(olderId));
		tx.put(keys.request(id), encodeRequestRecord(record));
		return () => {
			for (const { id: olderId } of older) people.forgetRequest(olderId);
			people.keepRequest(record);
			if (isAccepted) engine.background(this.settleCrossings());
			else if (record.state === "open") engine.emit({ kind: "requested", request: people.requestView(id, record) });
			engine.changed();
		};
	}

	accept(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#serial.run(() => this.#accept(id));
	}

	async #accept(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const { engine, people, directory } = this.#parts;
		const request = people.request(id);
		if (request === undefined) return err({ kind: "notFound" });
		const existing = directory.get(directConversationId(request.account));
		if (existing !== undefined && !isReplacedBy(existing.held.state, request.groupId)) {
			await this.#drop(id);
			return ok({ conversation: existing.id });
		}
		const formed = await this.#enter(request);
		if (!formed.ok) return formed;
		const contact: Contact = people.contact(accountIdOf(request.account)) ?? {
			v: 1,
			account: request.account,
			name: request.name,
			profile: request.profile,
			version: 0,
			deviceList: request.deviceList,
			verified: false,
			readAt: 0,
		};
		if (existing === undefined)
			return ok({
				conversation: await beginContact(this.#parts, contact, formed.value, { joined: true, answers: id }),
			});
		await existing.changeOver(formed.value, ({ tx }) => tx.delete(keys.request(id)));
		people.forgetRequest(id);
		engine.changed();
		return ok({ conversation: existing.id });
	}

	async #enter(
		request: RequestRecord,
	): Promise<Result<FormedGroup, { readonly kind: "unreachable" | "refused" | "linkLapsed"; readonly code?: string }>> {
		const { engine, account } = this.#parts;
		const purpose: Purpose = { cause: { kind: "contact", title: request.name } };
		const sealed = await getBlob(engine.services, request.tree.blobId, maxTreeBlob, purpose);
		if (!sealed.ok) {
			const { error } = sealed;
			if (error.kind === "incomplete") return err({ kind: "refused", code: "incomplete" });
			return err(commandErrorOf(error) as { readonly kind: "unreachable" | "refused" });
		}
		const invitation = {
			groupId: request.groupId,
			welcome: request.welcome,
			tree: { key: request.tree.key, sealed: sealed.value },
			packages: await account.packages(),
			rules: engine.mlsRules,
		};
		const entered = await enterDirectGroup(invitation, { own: account.keys.key, other: request.account });
		if (entered.ok) return entered;
		return err(entered.error === "notForUs" ? { kind: "linkLapsed" } : { kind: "refused", code: entered.error });
	}

	/** Changes over to the groups that remain where both asked (C10). Tried again at every sync until it is done. */
	async settleCrossings(): Promise<void> {
		for (const request of this.#parts.people.requests())
			if (request.state === "crossing") await this.accept(request.id);
	}

	async #drop(id: RequestId): Promise<void> {
		const tx = new StoreTransaction(this.#parts.engine.store);
		tx.delete(keys.request(id));
		await tx.commit();
		this.#parts.people.forgetRequest(id);
		this.#parts.engine.changed();
	}

	async ignore(id: RequestId): Promise<CommandResult> {
		const { engine, people } = this.#parts;
		const request = people.request(id);
		if (request === undefined) return err({ kind: "notFound" });
		const ignored: RequestRecord = { ...request, state: "ignored" };
		const tx = new StoreTransaction(engine.store);
		tx.put(keys.request(id), encodeRequestRecord(ignored));
		const told = this.#parts.share(tx, registerOf.request(id), utf8("ignored"));
		await tx.commit();
		people.keepRequest(ignored);
		told();
		engine.changed();
		return ok();
	}

	async block(id: RequestId): Promise<CommandResult> {
		const { engine, people } = this.#parts;
		const request = people.request(id);
		if (request === undefined) return err({ kind: "notFound" });
		const tx = new StoreTransaction(engine.store);
		tx.delete(keys.request(id));
		await people.block(accountIdOf(request.account), tx);
		people.forgetRequest(id);
		engine.changed();
		return ok();
	}
}

/** C10: of two groups begun at once the lower id remains; one that the other side has entered is no longer in question. */
function isReplacedBy(state: Pick<ConversationState, "heard" | "groupId">, other: Uint8Array): boolean {
	return !state.heard && compareBytes(other, state.groupId) < 0;
}
