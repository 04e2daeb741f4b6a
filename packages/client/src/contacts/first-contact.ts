import { bytesToBase64url, compareBytes, equalBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import {
	blobId,
	encodeGroupState,
	groupIdOf,
	type LogId,
	type MessageId,
	newBlobKey,
	newWriteCap,
	profileKey,
	sealBlob,
	sealMailbox,
} from "@sotto/crypto";
import {
	encodeConversationState,
	makeRequest,
	maxGreetingLength,
	type OpenedRequest,
	parseLink,
} from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import { queueContent } from "../conversations/queue-content.ts";
import { beginDirect, type Directory } from "../conversations/directory.ts";
import { Draft, type Held } from "../conversations/draft.ts";
import { encodeInvite, encodeMeta, type Invite } from "../conversations/meta.ts";
import type { CommandResult, ConversationId, RequestId, RequestView } from "../sdk.ts";
import { getBlob } from "../services/blobs.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";
import { accountIdOf, directConversationId, keys, orderOf, requestIdOf } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import { enterDirectGroup, type FormedGroup, formDirectGroup } from "./form-group.ts";
import type { Inviter } from "./inviter.ts";
import type { People } from "./people.ts";
import { readProfile } from "./read-profile.ts";
import { type Contact, encodeContact, encodeRequestRecord, type RequestRecord } from "./record.ts";

const maxTreeBlob = 4 * 1024 * 1024;

export type FirstContactParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly people: People;
	readonly directory: Directory;
	readonly inviter: Inviter;
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
		const asked = people.requests().find((request) => accountIdOf(request.account) === id);
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
		const invite = await this.#writeInvite(formed.value, { ...mailbox, ringAddress }, greeting);
		const conversation = await this.#begin(contact, formed.value, { joined: false, invite, greeting });
		return ok({ conversation });
	}

	/** Seals the request with its Welcome and tree (P3). */
	async #writeInvite(
		formed: FormedGroup & { readonly welcome: Uint8Array; readonly ratchetTree: Uint8Array },
		to: {
			readonly logId: LogId;
			readonly appendCap: Uint8Array;
			readonly publicKey: Uint8Array;
			readonly ringAddress: Uint8Array | undefined;
		},
		greeting: string,
	): Promise<Invite> {
		const { engine, account } = this.#parts;
		const { record } = account;
		const [writeCap, key] = [newWriteCap(), newBlobKey()];
		const sealed = await sealBlob(key, formed.ratchetTree);
		const content = await makeRequest(account.keys.device, {
			v: 1,
			type: "request",
			to: to.logId,
			name: record.name,
			greeting,
			sentAt: engine.clock.now(),
			profile: { logId: record.profile.logId, readCap: revealed(record.profile.readCap), r: record.r },
			deviceList: record.deviceList,
			place: record.place,
			groupId: groupIdOf(formed.group),
			welcome: formed.welcome.slice() as Invite["tree"]["sealed"],
			tree: { blobId: blobId(writeCap), key: revealed(key) },
		});
		const letter = await sealMailbox(to, content);
		if (!sealed.ok || !letter.ok) throw new Error("a group of two accounts fits a blob and a letter");
		return {
			tree: { writeCap, sealed: sealed.value },
			letters: [
				{
					logId: to.logId,
					appendCap: new Secret(to.appendCap),
					record: letter.value,
					...(to.ringAddress === undefined ? {} : { ringAddress: to.ringAddress.slice() as typeof letter.value }),
				},
			],
		};
	}

	/** Writes contact, conversation and what is owed to it in one transaction, and begins to follow it. */
	async #begin(
		contact: Contact,
		formed: FormedGroup,
		how: {
			readonly joined: boolean;
			readonly invite?: Invite;
			readonly greeting?: string;
			readonly answers?: RequestId;
		},
	): Promise<ConversationId> {
		const { engine, account, people, directory, inviter } = this.#parts;
		const id = directConversationId(contact.account);
		const now = engine.clock.now();
		const begun = beginDirect({ other: contact.account, ...formed, joined: how.joined, now });
		const draft = new Draft(id, begun, engine.store);
		draft.tx.put(keys.contact(accountIdOf(contact.account)), encodeContact(contact));
		draft.tx.put(keys.conversation(id), encodeMeta(begun.meta));
		draft.tx.put(keys.line(id), encodeConversationState(begun.state));
		draft.tx.put(keys.group(id), encodeGroupState(begun.group));
		const event = how.joined ? "contactAdded" : undefined;
		if (event !== undefined)
			await draft.putRow(orderOf(0, 0, 0), {
				kind: "event",
				id: `met-${now}`,
				at: now,
				event,
				account: contact.account,
			});
		await this.#queue(draft, { type: "ringAddress", address: await account.memberRingAddress() });
		if (how.greeting !== undefined && how.greeting.trim() !== "")
			await this.#queue(draft, { type: "text", text: how.greeting });
		const inviteKey = keys.invite(id, bytesToBase64url(engine.random(8)));
		if (how.invite !== undefined) draft.tx.put(inviteKey, encodeInvite(how.invite));
		if (how.answers !== undefined) draft.tx.delete(keys.request(how.answers));
		const held: Held = await draft.commit();
		people.keepContact(contact);
		if (how.answers !== undefined) people.forgetRequest(how.answers);
		directory.add(id, held);
		const purpose: Purpose = { cause: { kind: "contact", title: contact.name } };
		if (how.invite !== undefined) inviter.start(inviteKey, how.invite, purpose);
		engine.changed();
		return id;
	}

	#queue(draft: Draft, content: Parameters<typeof queueContent>[1]["content"]): Promise<void> {
		const { engine, account } = this.#parts;
		const item = { messageId: engine.random(16) as MessageId, sentAt: engine.clock.now(), content };
		return queueContent(draft, item, "message", account.keys.key);
	}

	// ---- requests

	/**
	 * Takes a request out of the mailbox into `tx`. Two people who ask each other have both accepted: of their two groups the
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
		if (isKnown && (state === undefined || state.heard || compareBytes(request.groupId, state.groupId) >= 0))
			return undefined;
		const record: RequestRecord = {
			v: 1,
			account: request.account,
			name: request.name,
			greeting: request.greeting,
			at: Math.min(request.sentAt, engine.clock.now()),
			state: isKnown ? "crossing" : "open",
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
		const older = people.requests().filter((other) => accountIdOf(other.account) === from);
		for (const { id: olderId } of older) tx.delete(keys.request(olderId));
		tx.put(keys.request(id), encodeRequestRecord(record));
		return () => {
			for (const { id: olderId } of older) people.forgetRequest(olderId);
			people.keepRequest(record);
			if (isKnown) engine.background(this.settleCrossings());
			else engine.emit({ kind: "requested", request: this.viewOf(id, record) });
			engine.changed();
		};
	}

	/** Open requests, as the app sees them. */
	views(): readonly RequestView[] {
		const open = this.#parts.people.requests().filter((request) => request.state === "open");
		return open.map((request) => this.viewOf(request.id, request));
	}

	viewOf(id: RequestId, request: RequestRecord): RequestView {
		const person = this.#parts.people.personOf(accountIdOf(request.account));
		return { id, person: { ...person, name: request.name }, greeting: request.greeting, at: request.at };
	}

	accept(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#serial.run(() => this.#accept(id));
	}

	async #accept(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const { engine, people, directory } = this.#parts;
		const request = people.request(id);
		if (request === undefined) return err({ kind: "notFound" });
		const formed = await this.#enter(request);
		if (!formed.ok) return formed;
		const contact: Contact = {
			v: 1,
			account: request.account,
			name: request.name,
			profile: request.profile,
			version: 0,
			deviceList: request.deviceList,
			verified: false,
			readAt: 0,
		};
		const existing = directory.get(directConversationId(request.account));
		if (existing === undefined)
			return ok({ conversation: await this.#begin(contact, formed.value, { joined: true, answers: id }) });
		await existing.changeOver(formed.value, (tx) => tx.delete(keys.request(id)));
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
		const entered = await enterDirectGroup({
			own: account.keys.key,
			other: request.account,
			groupId: request.groupId,
			welcome: request.welcome,
			tree: { key: request.tree.key, sealed: sealed.value },
			packages: await account.packages(),
			rules: engine.mlsRules,
		});
		if (entered.ok) return entered;
		return err(entered.error === "notForUs" ? { kind: "linkLapsed" } : { kind: "refused", code: entered.error });
	}

	/** Changes over to the groups that remain where both asked (C10). Tried again at every sync until it is done. */
	async settleCrossings(): Promise<void> {
		for (const request of this.#parts.people.requests())
			if (request.state === "crossing") await this.accept(request.id);
	}

	async ignore(id: RequestId): Promise<CommandResult> {
		const { engine, people } = this.#parts;
		const request = people.request(id);
		if (request === undefined) return err({ kind: "notFound" });
		const ignored: RequestRecord = { ...request, state: "ignored" };
		const tx = new StoreTransaction(engine.store);
		tx.put(keys.request(id), encodeRequestRecord(ignored));
		await tx.commit();
		people.keepRequest(ignored);
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
