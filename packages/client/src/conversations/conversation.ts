import type { Urgency } from "@sotto/api";
import { type Bytes, bytesToHex, err, invariant, ok, type Result, type Secret } from "@sotto/bytes";
import {
	type AccountKey,
	exportSecret,
	type LogId,
	type MessageId,
	openHint,
	signWithLeaf,
	verifyLeafSignature,
} from "@sotto/crypto";
import {
	type ConversationContent,
	type ConversationState,
	maxTextLength,
	nextSend,
	parseHint,
	resumeAfterFork,
	retryRefused,
	type SendAction,
	stepAppended,
	stopAtFork,
} from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { FormedGroup } from "../contacts/form-group.ts";
import type { EngineContext } from "../context.ts";
import type { CallHistoryRow, ConversationMember, ConversationObserver, LogPosition } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import type { CommandError, CommandResult, ConversationId, ItemId } from "../sdk.ts";
import { Retry } from "../services/retry.ts";
import { commandErrorOf, isPassing, type Purpose, type ServiceError } from "../services/services.ts";
import { itemIdOf, keys, orderOf } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import { type StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { processRecord, putCallRow, type ReadingContext } from "./deliver.ts";
import { Draft, type Held } from "./draft.ts";
import { type Followed, followLog, storedHead } from "./follow.ts";
import { appendRecord } from "./log-access.ts";
import { logKeys } from "./log-keys.ts";
import { memberViews } from "./members.ts";
import { decodeOutboxBytes } from "./meta.ts";
import { queueContent } from "./queue-content.ts";
import type { Ringer } from "./rings.ts";
import { takeOver } from "./take-over.ts";
import { resealOutbox, sealQueued, sealUpdate } from "./seal.ts";

export type ConversationParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly ringer: Ringer;
	readonly observer: ConversationObserver;
	readonly titleOf: (conversation: Conversation) => string;
	/** The draft became durable: views and events follow from it. */
	readonly committed: (conversation: Conversation, draft: Draft) => void;
};

/** Reads in a row that found something to heal before the conversation waits for a better time. */
const maxLooksInARow = 12;

/**
 * One conversation of this device. What the rules say is in `@sotto/protocol`; here it is driven: local changes run one after
 * the other in short strict transactions, and one loop talks to the home between them, so that writing never waits for a
 * network.
 */
export class Conversation {
	readonly id: ConversationId;
	readonly #parts: ConversationParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#held: Held;
	#loop: Promise<void> | undefined;
	#wantsRead = true;
	#hasReadToTip = false;
	/** Up to date since the line to the notifier stands: what comes now is live. */
	#isUpToDate = false;
	#readers: ((done: Result<void, CommandError>) => void)[] = [];
	#closed = false;

	constructor(id: ConversationId, held: Held, parts: ConversationParts) {
		this.id = id;
		this.#parts = parts;
		// A refusal may have been the server's passing state: every start tries again, with the same bytes.
		this.#held = { ...held, state: retryRefused(held.state) };
		this.#retry = new Retry(parts.engine.clock, parts.engine.random, () => this.#wake());
	}

	get held(): Held {
		return this.#held;
	}

	// ---- what the user and the calls ask for

	async sendText(text: string): Promise<CommandResult<{ readonly item: ItemId }>> {
		if (text.trim() === "") return err({ kind: "emptyText" });
		if (text.length > maxTextLength) return err({ kind: "tooLong" });
		return this.send({ type: "text", text }, "message");
	}

	/** Durable when it returns: queued, with its row in the history (C5). */
	async send(
		content: ConversationContent,
		urgency: Urgency,
		write: readonly StoreOp[] = [],
	): Promise<CommandResult<{ readonly item: ItemId; readonly messageId: MessageId }>> {
		if (this.#held.state.stop !== undefined) return err({ kind: "notReady" });
		const { engine, account } = this.#parts;
		const messageId = engine.random(16) as MessageId;
		const item = itemIdOf(account.keys.key, messageId);
		await this.#change(async (draft) => {
			await queueContent(draft, { messageId, sentAt: engine.clock.now(), content }, urgency, account.keys.key);
			draft.tx.apply(write);
		});
		this.kick();
		return ok({ item, messageId });
	}

	/** Takes unsealed content back; false if it is on its way, or counts. */
	withdraw(isIt: (messageId: MessageId) => boolean): Promise<boolean> {
		return this.#change(async (draft) => {
			const queued = draft.queue.find(({ queued: { item } }) => isIt(item.messageId));
			const isSealed = draft.state.outbox?.items.some(isIt) === true && draft.state.outbox.refused === undefined;
			if (queued === undefined || isSealed) return false;
			await draft.removeRow(itemIdOf(this.#parts.account.keys.key, queued.queued.item.messageId));
			draft.dropQueued(isIt);
			return true;
		});
	}

	discard(item: ItemId): Promise<boolean> {
		return this.withdraw((messageId) => this.#itemOf(messageId) === item);
	}

	async retry(item: ItemId): Promise<CommandResult> {
		const isQueued = this.#held.queue.some(({ queued }) => this.#itemOf(queued.item.messageId) === item);
		if (!isQueued) return err({ kind: "notFound" });
		await this.#change(async (draft) => {
			draft.state = retryRefused(draft.state);
			await this.#markQueued(draft, "sending");
		});
		this.networkChanged();
		return ok();
	}

	async markRead(): Promise<void> {
		if (this.#held.meta.unread === 0) return;
		await this.#change(async (draft) => {
			draft.meta = { ...draft.meta, unread: 0 };
		});
	}

	/** Reads to the tip now; resolves when this device is there, or cannot get there. */
	readToTip(): Promise<Result<void, CommandError>> {
		if (this.#closed || isOver(this.#held.state)) return Promise.resolve(ok());
		return new Promise((resolve) => {
			this.#readers.push(resolve);
			this.kick({ read: true });
		});
	}

	/** Starts the loop, or makes it go round once more. */
	kick(options: { readonly read?: boolean } = {}): void {
		if (options.read) this.#wantsRead = true;
		this.#wake();
	}

	networkChanged(): void {
		this.#retry.reset();
		this.kick({ read: true });
	}

	/** The line to the notifier was lost: what comes after it is back was missed, until it is read. */
	lineLost(): void {
		this.#isUpToDate = false;
	}

	close(): void {
		this.#closed = true;
		this.#retry.reset();
		for (const done of this.#readers.splice(0)) done(err({ kind: "notReady" }));
	}

	/** Whether a ring's hint is about this conversation (R3). */
	async opensHint(hint: Bytes): Promise<boolean> {
		const { state } = this.#held;
		const logs = [state.log, ...(state.previous === undefined ? [] : [state.previous.log])];
		for (const log of logs) {
			const opened = await openHint(logKeys(log).secrets.hintKey, hint);
			if (opened.ok && parseHint(opened.value).ok) return true;
		}
		return false;
	}

	/** Gives everybody a new address of this device (R1). */
	async sendRingAddress(address: Bytes): Promise<void> {
		await this.send({ type: "ringAddress", address }, "message");
	}

	// ---- what calls need

	members(): readonly ConversationMember[] {
		const { account, engine } = this.#parts;
		return memberViews(this.#held.group, account.keys.key, engine.personOf);
	}

	position(): LogPosition {
		const { log, at } = this.#held.state;
		return { logId: logKeys(log).secrets.logId, ordinal: log.ordinal, seq: at.seq, head: at.head };
	}

	async headAt(logId: LogId, seq: number): Promise<Bytes | undefined> {
		const { log, at, previous } = this.#held.state;
		const found = [log, ...(previous === undefined ? [] : [previous.log])].find(
			(candidate) => bytesToHex(logKeys(candidate).secrets.logId) === bytesToHex(logId),
		);
		if (found === undefined) return undefined;
		if (found === log && seq === at.seq) return at.head;
		return storedHead(this.#parts.engine, this.id, found, seq);
	}

	exportSecret(label: string, context: Uint8Array): Promise<Secret> {
		return this.#serial.run(() => exportSecret(this.#held.group, label, context, 32));
	}

	signWithLeaf(label: string, message: Uint8Array): Promise<Bytes> {
		return this.#serial.run(() => signWithLeaf(this.#held.group, label, message));
	}

	verifyLeaf(leaf: number, label: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
		return this.#serial.run(() => verifyLeafSignature(this.#held.group, leaf, label, message, signature));
	}

	/** Writes call rows outside the log's order, such as a timeout's outcome. */
	record(rows: readonly CallHistoryRow[], write: readonly StoreOp[] = []): Promise<void> {
		return this.#change(async (draft) => {
			draft.tx.apply(write);
			const { log, at } = draft.state;
			for (const row of rows) await putCallRow(draft, row, await freeOrder(draft, log.ordinal, at.seq));
		});
	}

	/**
	 * Goes on in another group of the same people (C10). What this device wrote in the group that is left goes again, under the
	 * same message ids.
	 */
	async changeOver(to: FormedGroup, also: (tx: StoreTransaction) => void): Promise<void> {
		const { engine, account } = this.#parts;
		await this.#change(async (draft) => {
			await takeOver(draft, to, engine.store, account.keys.key);
			const content = { type: "ringAddress" as const, address: await account.memberRingAddress() };
			const messageId = engine.random(16) as MessageId;
			await queueContent(draft, { messageId, sentAt: engine.clock.now(), content }, "message", account.keys.key);
			also(draft.tx);
		});
		this.#hasReadToTip = false;
		this.kick({ read: true });
	}

	/** Somebody stated, signed, another head than this device has (C8). */
	async reportFork(by: AccountKey | undefined): Promise<void> {
		const { seq, head } = this.#held.state.at;
		const alarm = { kind: "forked" as const, by, seq, ours: head, stated: head, at: this.#parts.engine.clock.now() };
		await this.#change(async (draft) => {
			draft.state = { ...draft.state, alarm: draft.state.alarm ?? alarm };
		});
	}

	/** Changes the conversation in one transaction; for the engine's own parts. */
	change<T>(work: (draft: Draft) => Promise<T>): Promise<T> {
		return this.#change(work);
	}

	// ---- the loop

	#wake(): void {
		if (this.#closed || this.#loop !== undefined) return;
		this.#loop = this.#run().finally(() => {
			this.#loop = undefined;
			// Asked for again while the loop was ending.
			if (this.#wantsRead && this.#readers.length > 0) this.#wake();
		});
		this.#parts.engine.background(this.#loop);
	}

	async #run(): Promise<void> {
		while (!this.#closed) {
			if (this.#wantsRead || !this.#hasReadToTip) {
				this.#wantsRead = false;
				const read = await this.#readLog();
				if (!read.ok) return this.#fail(read.error);
				this.#hasReadToTip = true;
				this.#isUpToDate = true;
				if (!this.#wantsRead) for (const done of this.#readers.splice(0)) done(ok());
				continue;
			}
			const action = this.#nextSend();
			if (action.kind === "nothing") return this.#retry.reset();
			if (!(await this.#perform(action))) return;
		}
	}

	#nextSend(): SendAction {
		const needs = { hasReadToTip: this.#hasReadToTip, hasQueuedItems: this.#held.queue.length > 0 };
		return nextSend(this.#held.state, needs, this.#parts.engine.rules);
	}

	/** Whether the loop goes on at once. */
	async #perform(action: SendAction): Promise<boolean> {
		switch (action.kind) {
			case "nothing":
				return false;
			case "append":
				return this.#append(action.expectHead);
			case "resealRecord":
				await this.#change(resealOutbox);
				return true;
			case "sealMessage":
				await this.#change(async (draft) => {
					if (draft.queue.length > 0) await sealQueued(draft);
				});
				return true;
			case "sealCommit":
				await this.#change(async (draft) => {
					await sealUpdate(draft, this.#parts.engine);
				});
				return true;
		}
	}

	async #append(expectHead: Bytes | undefined): Promise<boolean> {
		const { engine } = this.#parts;
		const { outbox, log } = this.#held.state;
		const stored = unwrapStore(await engine.store.get(keys.outbox(this.id)));
		const bytes = stored === undefined ? undefined : decodeOutboxBytes(stored);
		invariant(outbox !== undefined && bytes?.ok, "the outbox's bytes are stored with it");
		const { record } = bytes.value;
		const entry = { record, dedupeId: outbox.dedupeId, expectHead };
		const { answer } = await appendRecord(engine.services, log, entry, this.#purpose());
		const step = stepAppended(this.#held.state, answer);
		if (step.state !== this.#held.state)
			await this.#change(async (draft) => {
				draft.state = stepAppended(draft.state, answer).state;
				if (step.effect.kind === "failed") await this.#markQueued(draft, "failed");
			});
		switch (step.effect.kind) {
			case "readOwn":
				await this.#process([record]);
				return true;
			case "readLog":
			case "createLog":
				this.#wantsRead = true;
				return true;
			case "waitAndRetry":
				this.#retry.later();
				return false;
			case "failed":
				return false;
		}
	}

	/** Reads log after log to the last one's tip. */
	async #readLog(): Promise<Result<void, ServiceError>> {
		for (let look = 0; look < maxLooksInARow && !this.#closed; look++) {
			const { log, at, previous } = this.#held.state;
			if (isOver(this.#held.state)) return ok();
			const purpose: Purpose = { cause: { kind: "sync", title: this.#parts.titleOf(this) } };
			const followed = await followLog(this.#parts.engine, this.id, { log, at, previous }, purpose);
			if (!followed.ok) return followed;
			switch (followed.value.kind) {
				case "again":
					continue;
				case "forked":
				case "beyondHealing":
					await this.#stopForked(followed.value);
					return ok();
				case "records":
					if (this.#held.state.stop !== undefined)
						await this.#change(async (draft) => {
							draft.state = resumeAfterFork(draft.state);
						});
					await this.#process(followed.value.records);
					if (this.#held.state.log.ordinal === log.ordinal) return ok();
					// The log moved: its first look is no repetition.
					look = 0;
			}
		}
		return err({ kind: "unreachable" });
	}

	/** Processes records of the log in force in one transaction, up to where the log moves. */
	#process(records: readonly Bytes[]): Promise<void> {
		if (records.length === 0) return Promise.resolve();
		const reading = this.#readingContext();
		return this.#change(async (draft) => {
			const { ordinal } = draft.state.log;
			for (const record of records) {
				// What stands behind a closing commit is void (C2).
				if (draft.state.log.ordinal !== ordinal || draft.state.stop !== undefined) break;
				await processRecord(draft, record, reading);
			}
		});
	}

	#readingContext(): ReadingContext {
		const { engine, account, observer, ringer } = this.#parts;
		return {
			engine,
			own: account.keys.key,
			observer,
			isUpToDate: this.#isUpToDate,
			ring: (draft, before, position) => ringer.add(draft, before, position, this.#purpose(before.outbox?.items[0])),
			greetNewcomers: async (draft) => {
				const content = { type: "ringAddress" as const, address: await account.memberRingAddress() };
				const messageId = engine.random(16) as MessageId;
				await queueContent(draft, { messageId, sentAt: engine.clock.now(), content }, "message", account.keys.key);
			},
		};
	}

	/** The server's history is not the one this device has read: nothing that it says now may be followed (C8, L4). */
	#stopForked(found: Followed & { readonly kind: "forked" | "beyondHealing" }): Promise<void> {
		const at = this.#parts.engine.clock.now();
		return this.#change(async (draft) => {
			if (draft.state.stop !== undefined) return;
			if (found.kind === "beyondHealing") {
				draft.state = stopAtFork(draft.state, { kind: "serverLostRecords", at });
				return;
			}
			const { seq, ours, stated } = found.check;
			draft.state = stopAtFork(draft.state, { kind: "forked", by: undefined, seq, ours, stated, at });
		});
	}

	#fail(error: ServiceError): void {
		for (const done of this.#readers.splice(0)) done(err(commandErrorOf(error)));
		// What does not pass by itself is tried again too, only ever more rarely: a server can be repaired.
		if (isPassing(error) || !this.#closed) this.#retry.later();
	}

	async #markQueued(draft: Draft, state: "sending" | "failed"): Promise<void> {
		for (const { queued } of draft.queue) {
			const item = this.#itemOf(queued.item.messageId);
			const [row, order] = [await draft.rowOf(item), await draft.orderOfItem(item)];
			if (row?.kind === "message" && order !== undefined) await draft.putRow(order, { ...row, state });
		}
	}

	#itemOf(messageId: MessageId): ItemId {
		return itemIdOf(this.#parts.account.keys.key, messageId);
	}

	#purpose(messageId: MessageId | undefined = this.#held.state.outbox?.items[0]): Purpose {
		const cause = { kind: "message" as const, title: this.#parts.titleOf(this) };
		return { cause, item: messageId === undefined ? undefined : this.#itemOf(messageId) };
	}

	#change<T>(work: (draft: Draft) => Promise<T>): Promise<T> {
		return this.#serial.run(async () => {
			const draft = new Draft(this.id, this.#held, this.#parts.engine.store);
			const result = await work(draft);
			this.#held = await draft.commit();
			this.#parts.committed(this, draft);
			for (const then of draft.after) then();
			return result;
		});
	}
}

/** The next free place behind a position, for rows that no record brought. */
async function freeOrder(draft: Draft, ordinal: number, seq: number): Promise<string> {
	for (let index = 0x8000; ; index++) {
		const order = orderOf(ordinal, seq, index);
		if ((await draft.tx.get(keys.history(draft.id, order))) === undefined) return order;
	}
}

/** Whether a conversation reads no further; one that met a fork looks again, because servers are repaired. */
function isOver({ stop }: ConversationState): boolean {
	return stop !== undefined && stop.kind !== "forked";
}
