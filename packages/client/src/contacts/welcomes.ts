import { type Bytes, compareBytes, equalBytes, err, ok, Secret, utf8 } from "@sotto/bytes";
import { epoch, groupIdOf, members, ownLeaf, profileKey } from "@sotto/crypto";
import {
	deviceOfCredential,
	followsSuccessor,
	type JoinerCallContent,
	leavesOf,
	listVersionOfCredential,
	type OpenedWelcome,
	parseDeviceList,
	roleOf,
} from "@sotto/protocol";
import type { Conversation } from "../conversations/conversation.ts";
import { applyOutcome, groupAt } from "../conversations/deliver.ts";
import { beginConversation } from "../conversations/directory.ts";
import type { Draft } from "../conversations/draft.ts";
import type { CommandResult, ConversationId, RequestId } from "../sdk.ts";
import { getBlob } from "../services/blobs.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";
import { accountIdOf, conversationIdOf, keys, orderOf, requestIdOf } from "../store/keys.ts";
import { registerOf } from "../sync/registers.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import { storeBeginning } from "./begin-contact.ts";
import { type FirstContactParts, maxTreeBlob } from "./first-contact.ts";
import { type EnteredGroup, enterGroup } from "./form-group.ts";
import { decodeRequestRecord, encodeRequestRecord, maxEarlierLetters, type RequestRecord } from "./record.ts";
import { decodeAsking } from "../readmission/asking.ts";

/**
 * D1: whether the newest list that is known of somebody names the device that wrote a letter, or the letter brings a newer list. A
 * device that was removed still holds an older one, and would be believed.
 */
async function isListed({ devices, place }: OpenedWelcome, known: Bytes | undefined): Promise<boolean> {
	const list = known === undefined ? undefined : await parseDeviceList(known);
	if (!list?.ok || devices.version >= list.value.version) return true;
	const device = devices.devices[place];
	return device !== undefined && list.value.devices.some((listed) => equalBytes(listed, device));
}

type Added = RequestRecord & { readonly added: NonNullable<RequestRecord["added"]> };

/**
 * How this device comes into conversations that somebody added it to (C1): by itself, if that was an own device or a contact; a
 * stranger's Welcome is a request. All devices of an account read the same letters, and each finds its own package or none.
 */
export class Welcomes {
	readonly #parts: FirstContactParts;
	readonly #serial = new Serial();

	constructor(parts: FirstContactParts) {
		this.#parts = parts;
	}

	/** Takes a letter out of the mailbox into `tx`. */
	async receive(letter: OpenedWelcome, tx: StoreTransaction): Promise<(() => void) | undefined> {
		const { engine, account, people } = this.#parts;
		const from = accountIdOf(letter.account);
		if (people.isBlocked(from)) return undefined;
		const known = from === account.keys.id ? account.keys.list.encoded : people.contact(from)?.deviceList;
		if (!(await isListed(letter, known))) return undefined;
		const id = requestIdOf(letter.account, letter.groupId);
		const answered = this.#parts.answered(id);
		const isKnown = from === account.keys.id || people.contact(from) !== undefined || answered === "accepted";
		const { kind, title, people: count, call, rings, names, profile, tree } = letter;
		const record: Added = {
			v: 1,
			account: letter.account,
			name: letter.name,
			greeting: "",
			at: Math.min(letter.sentAt, engine.clock.now()),
			state: isKnown ? "entering" : (answered ?? "open"),
			profile: {
				logId: profile.logId,
				readCap: new Secret(profile.readCap),
				k: profileKey(letter.account, profile.r),
			},
			deviceList: letter.devices.encoded,
			groupId: letter.groupId,
			welcome: letter.welcome,
			tree: { blobId: tree.blobId, key: new Secret(tree.key) },
			added: { kind, people: count, rings, names, ...(title !== undefined && { title }), ...(call && { call }) },
			earlier: await this.#lettersBefore(id, tx),
		};
		tx.put(keys.request(id), encodeRequestRecord(record));
		return () => {
			people.keepRequest(record);
			if (isKnown) engine.background(this.settle());
			else if (record.state === "open") engine.emit({ kind: "requested", request: people.requestView(id, record) });
			engine.changed();
		};
	}

	/** What waits to be entered as it is: nothing else was in the place of a letter. */
	async #lettersBefore(id: RequestId, tx: StoreTransaction): Promise<NonNullable<RequestRecord["earlier"]>> {
		const row = await tx.get(keys.request(id));
		const before = row === undefined ? undefined : decodeRequestRecord(row);
		if (!before?.ok || before.value.added === undefined) return [];
		const { earlier = [], welcome, tree, added } = before.value;
		return [...earlier, { welcome, tree, added }].slice(-maxEarlierLetters);
	}

	/** Runs work while no conversation is entered. */
	exclusive<T>(work: () => Promise<T>): Promise<T> {
		return this.#serial.run(work);
	}

	/** Enters what waits to be entered; what the network keeps from it is tried again at the next sync. */
	settle(): Promise<void> {
		return this.#serial.run(async () => {
			for (const request of this.#parts.people.requests())
				if (request.state === "entering") await this.#enter(request.id);
		});
	}

	/** The user accepts a stranger's Welcome. */
	accept(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#serial.run(() => this.#enter(id));
	}

	/** Enters by one letter after the other, in the order in which they came. */
	async #enter(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const { people } = this.#parts;
		const tried = oldestWelcome(people.request(id));
		const entered = await this.#enterByOldest(id);
		const next = oldestWelcome(people.request(id));
		if (tried === undefined || next === undefined || equalBytes(next, tried)) return entered;
		return this.#enter(id);
	}

	async #enterByOldest(id: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		const { engine, account, people, directory } = this.#parts;
		const newest = people.request(id);
		if (newest?.added === undefined) return err({ kind: "notFound" });
		const [older] = newest.earlier ?? [];
		const request: Added = { ...newest, added: newest.added, ...older };
		const purpose: Purpose = { cause: { kind: "contact", title: request.added.title ?? request.name } };
		const sealed = await getBlob(engine.services, request.tree.blobId, maxTreeBlob, purpose);
		if (!sealed.ok) {
			const { error } = sealed;
			// What lies behind a letter that has lapsed is not kept waiting by it.
			if (older !== undefined && error.kind === "refused") await this.#drop(id, request);
			if (error.kind === "incomplete") return err({ kind: "refused", code: "incomplete" });
			return err(commandErrorOf(error));
		}
		const invitation = {
			groupId: request.groupId,
			welcome: request.welcome,
			tree: { key: request.tree.key, sealed: sealed.value },
			packages: await account.packages(),
			rules: engine.mlsRules,
		};
		const entered = await enterGroup(invitation, { own: account.keys.key, from: request.account });
		// Not addressed to this device, or not what it says it is: the letter is of no use to it.
		if (!entered.ok || entered.value.policy.kind !== request.added.kind) {
			await this.#drop(id, request);
			return err({ kind: "linkLapsed" });
		}
		const { policy, group } = entered.value;
		const conversation = conversationIdOf(policy, groupIdOf(group), account.keys.key);
		const existing = directory.get(conversation);
		if (existing === undefined) {
			await this.#begin(conversation, id, request, entered.value);
			return ok({ conversation });
		}
		if (this.#isCrossing(existing, request, entered.value)) {
			await existing.changeOver(entered.value, (draft) => {
				for (const { leaf, address } of request.added.rings) draft.setRingAddress(leaf, address);
				this.#done(id, request, draft);
			});
			engine.changed();
			return ok({ conversation });
		}
		const outcome = await this.#again(existing, request, entered.value);
		if (outcome === "later") return err({ kind: "unreachable" });
		if (outcome === "refused") await this.#drop(id, request);
		return ok({ conversation });
	}

	/** A letter has been entered by, or never will be: what came behind it takes its place. */
	#done(id: RequestId, letter: Added, { tx, after }: Pick<Draft, "tx" | "after">): void {
		const { people } = this.#parts;
		const now = people.request(id);
		const letters =
			now?.added === undefined
				? []
				: [...(now.earlier ?? []), { welcome: now.welcome, tree: now.tree, added: now.added }];
		const left = letters.filter(({ welcome }) => !equalBytes(welcome, letter.welcome));
		const newest = left.at(-1);
		if (now === undefined || newest === undefined) {
			tx.delete(keys.request(id));
			after.push(() => people.forgetRequest(id));
			return;
		}
		const rest: RequestRecord = { ...now, ...newest, state: "entering", earlier: left.slice(0, -1) };
		tx.put(keys.request(id), encodeRequestRecord(rest));
		after.push(() => void people.keepRequest(rest));
	}

	async #begin(id: ConversationId, request: RequestId, letter: Added, entered: EnteredGroup): Promise<void> {
		const { added, state } = letter;
		const { engine, account, people, directory } = this.#parts;
		const { policy, group, logSeed } = entered;
		const now = engine.clock.now();
		const begun = beginConversation({ policy, own: account.keys.key, group, logSeed, joined: true, now });
		const held = await storeBeginning(this.#parts, id, begun, group, async (draft) => {
			await this.#enterCall(draft, added.call);
			for (const { account: who, name } of added.names) people.introduce(who, name, draft.tx);
			for (const { leaf, address } of added.rings) draft.setRingAddress(leaf, address);
			this.#done(request, letter, draft);
			// A stranger's Welcome, which the user has accepted; what comes from an own device or a contact, all enter by themselves.
			if (state === "open")
				draft.after.push(this.#parts.share(draft.tx, registerOf.request(request), utf8("accepted")));
		});
		directory.add(id, held);
		engine.changed();
	}

	/**
	 * C10: two people asked each other, and this device entered the other side's group, as a device of the account that is asked. An own
	 * device that brings it into the group with the lower id does so because the other side has entered that one.
	 */
	#isCrossing({ held: { state } }: Conversation, { account: from, groupId }: Added, { policy }: EnteredGroup): boolean {
		const isOwn = equalBytes(from, this.#parts.account.keys.key);
		return isOwn && policy.kind === "direct" && compareBytes(groupId, state.groupId) < 0;
	}

	/**
	 * A device that was removed, or cannot follow, comes in again. One that is in and follows is never moved by a letter: if it was
	 * removed and added again, its log says so first.
	 */
	async #again(
		existing: Conversation,
		request: Added,
		entered: EnteredGroup,
	): Promise<"entered" | "later" | "refused"> {
		const read = await existing.readToTip();
		if (!read.ok) return "later";
		const { state } = existing.held;
		if (!equalBytes(groupIdOf(entered.group), state.groupId)) return this.#goOn(existing, request, entered);
		if (state.stop === undefined || state.stop.kind === "forked") return "refused";
		if (!(await this.#isNewer(existing, entered))) return "refused";
		// Whoever was in when this device stopped may bring it back; after a removal anybody, as into a new group.
		const isTrusted = state.stop.kind === "removed" || roleOf(existing.policy, request.account) !== undefined;
		if (!isTrusted) return "refused";
		await existing.comeBack(entered, async (draft) => {
			await this.#enterCall(draft, request.added.call);
			for (const { leaf, address } of request.added.rings) draft.setRingAddress(leaf, address);
			this.#done(requestIdOf(request.account, request.groupId), request, draft);
			draft.tx.delete(keys.readmission(draft.id));
			this.#putOutOldLeaves(draft);
		});
		return "entered";
	}

	/** C10: the conversation goes on in another group. */
	async #goOn(existing: Conversation, request: Added, entered: EnteredGroup): Promise<"entered" | "refused"> {
		const { group, policy } = entered;
		const offered = { groupId: groupIdOf(group), policy, by: request.account };
		if (!followsSuccessor(existing.known, offered, this.#parts.account.keys.key)) return "refused";
		await existing.goOn(entered, { joined: true, by: request.account }, async (draft) => {
			await this.#enterCall(draft, request.added.call);
			for (const { leaf, address } of request.added.rings) draft.setRingAddress(leaf, address);
			this.#done(requestIdOf(request.account, request.groupId), request, draft);
		});
		return "entered";
	}

	/**
	 * C5, C6: a leaf is entered once, because entering an epoch again would use its keys again. Who cannot tell where it was comes in by a
	 * package that it made for just that; a store that came from an archive was never in.
	 */
	async #isNewer({ id, held }: Conversation, { group, packageHash }: EnteredGroup): Promise<boolean> {
		const { state } = held;
		const row = await this.#parts.engine.store.get(keys.readmission(id));
		const asking = row.ok && row.value !== undefined ? decodeAsking(row.value) : undefined;
		if (state.stop?.kind === "damaged")
			return asking?.ok === true && asking.value.packages.some((hash) => equalBytes(hash, packageHash));
		return Number(epoch(group)) > state.epoch && equalBytes(state.groupId, groupIdOf(group));
	}

	/** Leaves that this device had before, and those of devices that the account has replaced, go now that it is in (D1, D3). */
	#putOutOldLeaves(draft: Draft): void {
		const { engine, account } = this.#parts;
		const { key, list, device: own } = account.keys;
		for (const { leaf, credential, signatureKey } of leavesOf(members(draft.group), key)) {
			const device = deviceOfCredential(credential);
			if (device === undefined || leaf === ownLeaf(draft.group)) continue;
			const isListed = list.devices.some((listed) => equalBytes(listed, device));
			if (isListed && !equalBytes(device, own.publicKey)) continue;
			// A newer list than this device knows may name it.
			if (!isListed && (listVersionOfCredential(credential) ?? 0) > list.version) continue;
			draft.addWish({ wish: { kind: "leafOut", signatureKey }, notBefore: 0, madeAt: engine.clock.now() });
		}
	}

	/** What the letter says of the conversation's call becomes part of entering (K1, K2). */
	async #enterCall(draft: Draft, call: JoinerCallContent | undefined): Promise<void> {
		const { engine, account, calls } = this.#parts;
		const group = groupAt(draft, { own: account.keys.key, engine });
		await applyOutcome(draft, await calls.entered({ conversation: draft.id, group, call }), orderOf(0, 0, 1));
	}

	async #drop(id: RequestId, letter: Added): Promise<void> {
		const [tx, after] = [new StoreTransaction(this.#parts.engine.store), [] as (() => void)[]];
		this.#done(id, letter, { tx, after });
		await tx.commit();
		for (const work of after) work();
		this.#parts.engine.changed();
	}
}

function oldestWelcome(request: RequestRecord | undefined): Bytes | undefined {
	return request?.earlier?.[0]?.welcome ?? request?.welcome;
}
