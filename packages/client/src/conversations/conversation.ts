import type { Urgency } from "@sotto/api";
import { type Bytes, equalBytes, err, ok, type Result, type Secret, utf8 } from "@sotto/bytes";
import {
	type AccountKey,
	exportSecret,
	leafNodeHash,
	type LogId,
	members,
	type MessageId,
	openHint,
	ownLeaf,
	signWithLeaf,
	verifyLeafSignature,
} from "@sotto/crypto";
import {
	type ConversationContent,
	encodeWish,
	lastingAlarm,
	type KnownGroup,
	maxTextLength,
	makeStatement,
	maxMentions,
	parseHint,
	roleOf,
	type Policy,
	retryRefused,
	takeBackRefused,
	type Wish,
} from "@sotto/protocol";
import type { EnteredGroup, FormedGroup } from "../contacts/form-group.ts";
import type { CallHistoryRow, ConversationMember, LogPosition } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import type { CommandError, CommandResult, ConversationId, ItemId } from "../sdk.ts";
import { keys, orderOf } from "../store/keys.ts";
import { registerOf } from "../sync/registers.ts";
import { ConversationCore, type ConversationParts } from "./core.ts";
import { putCallRow } from "./deliver.ts";
import type { Draft, Held, WishOutcome } from "./draft.ts";
import { storedHead } from "./follow.ts";
import { logKeys } from "./log-keys.ts";
import { ConversationLoop } from "./loop.ts";
import { memberViews } from "./members.ts";
import { withPolicy } from "./meta.ts";
import { queueContent } from "./queue-content.ts";
import { countAnew, newestShared, unreadBehind } from "./read-position.ts";
import { policyFrom } from "./seal-wishes.ts";
import { lookForSilent } from "./silence.ts";
import { enterAnew, goOn, takeOver } from "./take-over.ts";

/** One conversation of this device: what the user and the calls ask of it. Its traffic is in {@link ConversationLoop}. */
export class Conversation {
	readonly id: ConversationId;
	readonly #core: ConversationCore;
	readonly #loop: ConversationLoop;

	constructor(id: ConversationId, held: Held, parts: ConversationParts) {
		this.id = id;
		// A refusal may have been the server's passing state: every start tries again, with the same bytes.
		this.#core = new ConversationCore(id, { ...held, state: retryRefused(held.state) }, parts);
		this.#loop = new ConversationLoop(this.#core);
	}

	get held(): Held {
		return this.#core.held;
	}

	async sendText(
		text: string,
		mentions: readonly AccountKey[] = [],
	): Promise<CommandResult<{ readonly item: ItemId }>> {
		if (text.trim() === "") return err({ kind: "emptyText" });
		if (text.length > maxTextLength) return err({ kind: "tooLong" });
		const named = mentions.filter((account) => roleOf(this.policy, account) !== undefined).slice(0, maxMentions);
		return this.send({ type: "text", text, ...(named.length > 0 && { mentions: named }) }, "message");
	}

	/** Durable when it returns: queued, with its row in the history (C5). */
	async send(
		content: ConversationContent,
		urgency: Urgency,
		write: readonly StoreOp[] = [],
	): Promise<CommandResult<{ readonly item: ItemId; readonly messageId: MessageId }>> {
		if (this.held.state.stop !== undefined) return err({ kind: "notReady" });
		const { engine, account } = this.#core.parts;
		const messageId = engine.random(16) as MessageId;
		await this.#core.change(async (draft) => {
			await queueContent(draft, { messageId, sentAt: engine.clock.now(), content }, urgency, account.keys.key);
			draft.tx.apply(write);
		});
		this.#loop.kick();
		return ok({ item: this.#core.itemOf(messageId), messageId });
	}

	/** Takes back what was not sealed yet, or what the home refused; false if it is on its way, or counts. */
	async withdraw(isIt: (messageId: MessageId) => boolean): Promise<boolean> {
		const isGone = await this.#core.change(async (draft) => {
			const queued = draft.queue.find(({ queued: { item } }) => isIt(item.messageId));
			const isSealed = draft.state.outbox?.items.some(isIt) === true;
			if (queued === undefined || (isSealed && draft.state.outbox?.refused === undefined)) return false;
			if (isSealed) {
				draft.state = takeBackRefused(draft.state);
				draft.tx.delete(keys.outbox(draft.id));
			}
			await draft.removeRow(this.#core.itemOf(queued.queued.item.messageId));
			draft.dropQueued(isIt);
			return true;
		});
		this.#loop.kick();
		return isGone;
	}

	discard(item: ItemId): Promise<boolean> {
		return this.withdraw((messageId) => this.#core.itemOf(messageId) === item);
	}

	async retry(item: ItemId): Promise<CommandResult> {
		const isQueued = this.held.queue.some(({ queued }) => this.#core.itemOf(queued.item.messageId) === item);
		if (!isQueued) return err({ kind: "notFound" });
		await this.#core.change(async (draft) => {
			draft.state = retryRefused(draft.state);
			await this.#core.markQueued(draft, "sending");
		});
		this.#loop.networkChanged();
		return ok();
	}

	async markRead(): Promise<void> {
		if (this.held.meta.unread === 0) return;
		await this.#core.change(async (draft) => {
			const { mentioned: _, ...meta } = draft.meta;
			draft.meta = { ...meta, unread: 0 };
			const { engine, share } = this.#core.parts;
			const newest = await newestShared(engine.store, this.id);
			if (newest !== undefined) draft.after.push(share(draft.tx, registerOf.read(this.id), utf8(newest)));
		});
	}

	/** Another device has read up to this item; false if it is not here yet. */
	takeRead(item: ItemId): Promise<boolean> {
		const { engine, account } = this.#core.parts;
		return this.#core.change(async (draft) => {
			const order = await draft.orderOfItem(item);
			if (order === undefined || order === "" || order.startsWith("q")) return false;
			const { unread, mentioned } = await unreadBehind(engine.store, this.id, order, account.keys.key);
			if (unread >= draft.meta.unread) return true;
			const { mentioned: _, ...meta } = draft.meta;
			draft.meta = { ...meta, unread, ...(mentioned && { mentioned }) };
			return true;
		});
	}

	// ---- who is in

	/**
	 * Asks that the group be like this: durable when it resolves. A commit follows as soon as the rules let this device make
	 * one, and again after every lost race, until the group is so; `settled` then resolves to what became of each wish. Asking for the same twice is
	 * asking once. `notBefore` holds it back (C11); `write` goes into the same transaction.
	 *
	 * This is the one way in which membership changes, for people and for one's own devices alike: the desired outcome is stored, and
	 * looked at against the group in force each time (docs/spec/conversations.md, "Wishes").
	 */
	async wish(
		wishes: readonly Wish[],
		options: { readonly notBefore?: number; readonly write?: readonly StoreOp[] } = {},
	): Promise<CommandResult<{ readonly settled: Promise<readonly WishOutcome[]> }>> {
		if (this.held.state.stop !== undefined) return err({ kind: "notReady" });
		const madeAt = this.#core.parts.engine.clock.now();
		const settled = await this.#core.change(async (draft) => {
			draft.tx.apply(options.write ?? []);
			return wishes.map((wish) => {
				const n = findWish(draft, wish) ?? draft.addWish({ wish, notBefore: options.notBefore ?? 0, madeAt });
				return this.#core.settled(n);
			});
		});
		this.#loop.kick();
		return ok({ settled: Promise.all(settled) });
	}

	/** Asks the others, signed by this device's leaf, to let its account out (C9); they do so one after a random wait (C11). */
	async leave(): Promise<CommandResult> {
		const { account } = this.#core.parts;
		const { groupId } = this.held.state;
		const said = { v: 1 as const, type: "leave" as const, groupId, account: account.keys.key };
		const statement = await makeStatement(said, (label, message) => this.signWithLeaf(label, message));
		const sent = await this.send({ type: "leave", statement }, "message");
		if (!sent.ok) return sent;
		await this.#core.change(async (draft) => {
			draft.meta = { ...draft.meta, leaving: true };
		});
		return ok();
	}

	/** The policy in force (C9). */
	get policy(): Policy {
		return policyFrom(this.held.summary.policy);
	}

	/**
	 * The word of this device's leaf that another package of its account is to take its place (C9, D3), and the leaf's signature key;
	 * undefined where the group cannot be read.
	 */
	async replacement(
		packageHash: Bytes,
	): Promise<{ readonly statement: Bytes; readonly signatureKey: Bytes } | undefined> {
		const { groupId, leaf } = this.held.state;
		if (this.held.state.stop?.kind === "damaged" || this.held.state.stop?.kind === "waiting") return undefined;
		return this.#core.inspect(async (group) => {
			const leafNode = leafNodeHash(group, ownLeaf(group));
			const own = members(group).find((member) => member.leaf === leaf);
			if (leafNode === undefined || own === undefined) return undefined;
			const said = { v: 1 as const, type: "replace" as const, groupId, leafNode, package: packageHash };
			const statement = await makeStatement(said, (label, message) => signWithLeaf(group, label, message));
			return { statement, signatureKey: own.signatureKey };
		});
	}

	// ---- traffic

	readToTip(): Promise<Result<void, CommandError>> {
		return this.#loop.readToTip();
	}

	kick(options: { readonly read?: boolean } = {}): void {
		this.#loop.kick(options);
	}

	networkChanged(): void {
		this.#loop.networkChanged();
	}

	/** The line to the notifier was lost: what comes after it is back was missed, until it is read. */
	lineLost(): void {
		this.#loop.lineLost();
	}

	close(): void {
		this.#loop.close();
	}

	/** Whether a ring's hint is about this conversation (R3). */
	async opensHint(hint: Bytes): Promise<boolean> {
		const { log, previous } = this.held.state;
		for (const candidate of previous === undefined ? [log] : [log, previous.log]) {
			const opened = await openHint(logKeys(candidate).secrets.hintKey, hint);
			if (opened.ok && parseHint(opened.value).ok) return true;
		}
		return false;
	}

	/** Gives everybody a new address of this device (R1). */
	async renewRingAddress(): Promise<void> {
		if (this.held.state.stop !== undefined) return;
		await this.#core.change((draft) => this.#core.queueRingAddress(draft));
		this.#loop.kick();
	}

	/**
	 * Goes on in another group of the same people (C10). What this device wrote in the group that is left goes again, under the
	 * same message ids.
	 */
	async changeOver(to: FormedGroup, also: (draft: Draft) => void): Promise<void> {
		const { engine, account } = this.#core.parts;
		await this.#core.change(async (draft) => {
			await takeOver(draft, to, engine.store, account.keys.key);
			await this.#core.queueRingAddress(draft);
			also(draft);
		});
		this.#loop.startOver();
	}

	/** This device was out, or could not follow, and was added again: it goes on there, with its history (D3). */
	async comeBack(to: EnteredGroup, also: (draft: Draft) => Promise<void>): Promise<void> {
		const { account, engine } = this.#core.parts;
		await this.#core.change(async (draft) => {
			const { stop } = draft.state;
			const { leaving: _, ...meta } = draft.meta;
			const alarm = lastingAlarm(draft.state);
			enterAnew(draft, to);
			draft.state = { ...draft.state, alarm };
			draft.meta = withPolicy(meta, to.policy, account.keys.key);
			const at = engine.clock.now();
			const event = { kind: "event" as const, id: `back-${at}`, at, account: account.keys.key };
			const order = orderOf(draft.state.log.ordinal, 0, 0);
			const wasLeft = stop?.kind === "removed" && stop.stays !== true;
			if (!wasLeft) await draft.putRow(order, { ...event, event: "deviceReadmitted" });
			await this.#core.queueRingAddress(draft);
			await also(draft);
		});
		this.#loop.startOver();
	}

	/** An archive has brought what was said before (D2); of it the account's other devices have read up to an item. */
	countAnew(readUpTo: ItemId | undefined): Promise<void> {
		const { engine, account } = this.#core.parts;
		return this.#core.change((draft) => countAnew(draft, engine.store, readUpTo, account.keys.key));
	}

	/** The same: what is held is to be read anew. */
	historyCame(): Promise<void> {
		return this.#core.historyCame();
	}

	/** What succession asks of a conversation (C10). */
	get known(): KnownGroup {
		const { groupId, stop } = this.held.state;
		return { groupId, policy: this.policy, stop };
	}

	/** Goes on in the successor of a group that cannot (C10), which `by` founded. */
	async goOn(
		to: FormedGroup & { readonly policy: Policy },
		how: { readonly joined: boolean; readonly by: AccountKey },
		also: (draft: Draft) => Promise<void>,
	): Promise<void> {
		const { engine, account } = this.#core.parts;
		await this.#core.change(async (draft) => {
			await goOn(draft, to, engine.store, { ...how, own: account.keys.key, now: engine.clock.now() });
			draft.meta = withPolicy(draft.meta, to.policy, account.keys.key);
			await this.#core.queueRingAddress(draft);
			draft.tx.delete(keys.readmission(draft.id));
			await also(draft);
		});
		this.#loop.startOver();
	}

	/** What time brings: who was silent for too long is put out, and this device shows that it is not. */
	async maintain(): Promise<void> {
		const { engine, account } = this.#core.parts;
		const readToTip = async () => (await this.#loop.readToTip()).ok;
		if (await lookForSilent(this.#core, { engine, own: account.keys.key, readToTip })) this.#loop.showSignOfLife();
		else this.#loop.kick();
	}

	// ---- what calls need

	members(): readonly ConversationMember[] {
		const { account, engine } = this.#core.parts;
		return memberViews(this.held.summary, account.keys.key, this.held.state.leaf, engine.personOf);
	}

	position(): LogPosition {
		const { log, at } = this.held.state;
		return { logId: logKeys(log).secrets.logId, ordinal: log.ordinal, seq: at.seq, head: at.head };
	}

	async headAt(logId: LogId, seq: number): Promise<Bytes | undefined> {
		const { log, at, previous } = this.held.state;
		const logs = previous === undefined ? [log] : [log, previous.log];
		const found = logs.find((candidate) => equalBytes(logKeys(candidate).secrets.logId, logId));
		if (found === undefined) return undefined;
		if (found === log && seq === at.seq) return at.head;
		return storedHead(this.#core.parts.engine, this.id, found, seq);
	}

	exportSecret(label: string, context: Uint8Array): Promise<Secret> {
		return this.#core.inspect((group) => exportSecret(group, label, context, 32));
	}

	signWithLeaf(label: string, message: Uint8Array): Promise<Bytes> {
		return this.#core.inspect((group) => signWithLeaf(group, label, message));
	}

	verifyLeaf(leaf: number, label: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
		return this.#core.inspect((group) => verifyLeafSignature(group, leaf, label, message, signature));
	}

	/** Writes call rows outside the log's order, such as a timeout's outcome. */
	record(rows: readonly CallHistoryRow[], write: readonly StoreOp[] = []): Promise<void> {
		return this.#core.change(async (draft) => {
			draft.tx.apply(write);
			const { log, at } = draft.state;
			for (const row of rows) await putCallRow(draft, row, await freeOrder(draft, log.ordinal, at.seq));
		});
	}

	/** Somebody stated, signed, another head than this device has (C8). */
	async reportFork(by: AccountKey | undefined): Promise<void> {
		const { seq, head } = this.held.state.at;
		const at = this.#core.parts.engine.clock.now();
		const alarm = { kind: "forked" as const, by, seq, ours: head, stated: head, at };
		await this.#core.change(async (draft) => {
			draft.state = { ...draft.state, alarm: draft.state.alarm ?? alarm };
		});
	}
}

function findWish(draft: Draft, wish: Wish): number | undefined {
	const bytes = (it: Wish) => encodeWish({ wish: it, notBefore: 0, madeAt: 0 });
	return draft.wishes.find(({ stored }) => equalBytes(bytes(stored.wish), bytes(wish)))?.n;
}

/** The next free place behind a position, for rows that no record brought. */
async function freeOrder(draft: Draft, ordinal: number, seq: number): Promise<string> {
	for (let index = 0x8000; ; index++) {
		const order = orderOf(ordinal, seq, index);
		if ((await draft.tx.get(keys.history(draft.id, order))) === undefined) return order;
	}
}
