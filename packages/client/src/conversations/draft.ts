import { type Bytes, equalBytes, utf8, utf8ToText } from "@sotto/bytes";
import { epoch, groupIdOf, type GroupState, type MessageId, wipeReplaced } from "@sotto/crypto";
import {
	type ConversationState,
	type Dropped,
	encodeConversationState,
	encodeWish,
	type StoredWish,
} from "@sotto/protocol";
import type { Store } from "../ports.ts";
import type { ConversationId, ItemId } from "../sdk.ts";
import { decodePending, encodePending, putGroup, putNewGroup } from "../store/group-rows.ts";
import { keys } from "../store/keys.ts";
import { ConversationDamaged, endOfPrefix, StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { encodeActivity, isActivityAlone } from "./activity.ts";
import { encodeSummary, type GroupSummary, summaryOf } from "./group-summary.ts";
import { decodeRow, encodeRow, type HistoryRow, timeOf } from "./history-row.ts";
import { type ConversationMeta, encodeMeta, encodeQueued, type Queued } from "./meta.ts";

export type WishRow = { readonly n: number; readonly stored: StoredWish };
export type QueuedRow = { readonly n: number; readonly queued: Queued };

/** What became of a wish: it is so, by this device's commit or another's; or it cannot be. */
export type WishOutcome = Dropped;

/**
 * A conversation as this device holds it in memory; everything in it is in the store as well. The group itself is loaded when
 * the conversation is first used, and its summary stands in for it until then.
 */
export type Held = {
	readonly meta: ConversationMeta;
	readonly state: ConversationState;
	readonly summary: GroupSummary;
	/** User messages that do not count yet, oldest first. */
	readonly queue: readonly QueuedRow[];
	/** What the group should be like and is not yet, oldest first. */
	readonly wishes: readonly WishRow[];
	readonly ringAddresses: ReadonlyMap<number, Bytes>;
	readonly last: HistoryRow | undefined;
};

/**
 * The next state of a conversation, and the transaction that makes it so (C5). Nothing is seen of it before
 * {@link Draft.commit} has written everything; a failed write leaves the conversation as it was.
 */
export class Draft {
	readonly id: ConversationId;
	readonly tx: StoreTransaction;
	readonly #store: Store;
	readonly #before: Held;
	readonly #groupBefore: GroupState | undefined;
	/** States that a later one replaced: their keys go once that is durable (C4). */
	readonly #replaced: GroupState[] = [];
	readonly changed = new Map<ItemId, HistoryRow>();
	readonly removed = new Set<ItemId>();
	readonly arrived: HistoryRow[] = [];
	readonly after: (() => void)[] = [];
	/** Wishes that are no longer open, and what became of them. */
	readonly settled: { readonly n: number; readonly how: WishOutcome }[] = [];
	meta: ConversationMeta;
	state: ConversationState;
	queue: readonly QueuedRow[];
	wishes: readonly WishRow[];
	#group: GroupState | undefined;
	#summary: GroupSummary;
	/** The group that the summary is of. */
	#summarised: GroupState | undefined;
	#ringAddresses: Map<number, Bytes> | undefined;

	/** `group` is undefined where what is stored of it cannot be read: what needs it throws {@link ConversationDamaged}. */
	constructor(id: ConversationId, held: Held, group: GroupState | undefined, store: Store) {
		this.id = id;
		this.#store = store;
		this.tx = new StoreTransaction(store);
		this.#before = held;
		this.#groupBefore = group;
		this.meta = held.meta;
		this.state = held.state;
		this.queue = held.queue;
		this.wishes = held.wishes;
		this.#group = group;
		this.#summary = held.summary;
		this.#summarised = group;
	}

	get group(): GroupState {
		if (this.#group === undefined) throw new ConversationDamaged();
		return this.#group;
	}

	set group(next: GroupState) {
		if (this.#group !== undefined && next !== this.#group) this.#replaced.push(this.#group);
		this.#group = next;
	}

	get groupIfReadable(): GroupState | undefined {
		return this.#group;
	}

	/** C4: stores what the own commit on its way leads to, beside the group in force. */
	putPending(group: GroupState): void {
		this.tx.put(keys.pending(this.id), encodePending(this.group, group));
	}

	async pending(): Promise<GroupState | undefined> {
		const row = await this.tx.get(keys.pending(this.id));
		return row === undefined ? undefined : decodePending(this.group, row);
	}

	dropPending(): void {
		this.tx.delete(keys.pending(this.id));
	}

	/** The conversation went no further in this draft. */
	get hasStopped(): boolean {
		return this.#before.state.stop === undefined && this.state.stop !== undefined;
	}

	/** Who is in the group as it stands in the draft, and its policy. */
	get summary(): GroupSummary {
		if (this.#group !== undefined && !isSameEpoch(this.#summarised, this.#group)) {
			this.#summary = summaryOf(this.#group);
			this.#summarised = this.#group;
		}
		return this.#summary;
	}

	get ringAddresses(): ReadonlyMap<number, Bytes> {
		return this.#ringAddresses ?? this.#before.ringAddresses;
	}

	setRingAddress(leaf: number, address: Bytes | undefined): void {
		this.#ringAddresses ??= new Map(this.#before.ringAddresses);
		const key = keys.ringAddress(this.id, leaf);
		if (address === undefined) {
			this.#ringAddresses.delete(leaf);
			this.tx.delete(key);
		} else {
			this.#ringAddresses.set(leaf, address);
			this.tx.put(key, address);
		}
	}

	addQueued(queued: Queued): number {
		const n = this.meta.nextQueued;
		this.meta = { ...this.meta, nextQueued: n + 1 };
		this.queue = [...this.queue, { n, queued }];
		this.tx.put(keys.queue(this.id, n), encodeQueued(queued));
		return n;
	}

	addWish(stored: StoredWish): number {
		const n = this.meta.nextWish ?? 0;
		this.meta = { ...this.meta, nextWish: n + 1 };
		this.wishes = [...this.wishes, { n, stored }];
		this.tx.put(keys.wish(this.id, n), encodeWish(stored));
		return n;
	}

	dropWish(n: number, how: WishOutcome): void {
		this.tx.delete(keys.wish(this.id, n));
		this.wishes = this.wishes.filter((row) => row.n !== n);
		this.settled.push({ n, how });
	}

	dropQueued(drop: (messageId: MessageId) => boolean): void {
		const dropped = this.queue.filter(({ queued }) => drop(queued.item.messageId));
		for (const { n } of dropped) this.tx.delete(keys.queue(this.id, n));
		this.queue = this.queue.filter((row) => !dropped.includes(row));
	}

	/** Where an item stands: its place in the history, "" if it is not shown, undefined if it was never met. */
	async orderOfItem(item: ItemId): Promise<string | undefined> {
		const order = await this.tx.get(keys.item(this.id, item));
		if (order === undefined) return undefined;
		const text = utf8ToText(order);
		return text.ok ? text.value : "";
	}

	async rowOf(item: ItemId): Promise<HistoryRow | undefined> {
		const order = await this.orderOfItem(item);
		if (order === undefined || order === "") return undefined;
		const bytes = await this.tx.get(keys.history(this.id, order));
		const row = bytes === undefined ? undefined : decodeRow(bytes);
		return row?.ok ? row.value : undefined;
	}

	/** Puts a row into its place, taking it out of the one it had. */
	async putRow(order: string, row: HistoryRow): Promise<void> {
		const previous = await this.orderOfItem(row.id);
		if (previous !== undefined && previous !== "" && previous !== order)
			this.tx.delete(keys.history(this.id, previous));
		this.tx.put(keys.history(this.id, order), encodeRow(row));
		this.tx.put(keys.item(this.id, row.id), utf8(order));
		this.changed.set(row.id, row);
		this.meta = { ...this.meta, activeAt: Math.max(this.meta.activeAt, timeOf(row)) };
	}

	async removeRow(item: ItemId): Promise<void> {
		const order = await this.orderOfItem(item);
		if (order === undefined || order === "") return;
		this.tx.delete(keys.history(this.id, order));
		this.tx.delete(keys.item(this.id, item));
		this.removed.add(item);
	}

	/** Remembers an item that is not shown, so that it is met once (C5). */
	markMet(item: ItemId): void {
		this.tx.put(keys.item(this.id, item), utf8(""));
	}

	/** Writes everything in one strict transaction, and returns what the conversation is from now on. */
	async commit(): Promise<Held> {
		const before = this.#before;
		if (this.meta !== before.meta) this.tx.put(keys.activity(this.id), encodeActivity(this.meta));
		if (!isActivityAlone(before.meta, this.meta)) this.tx.put(keys.conversation(this.id), encodeMeta(this.meta));
		if (this.state !== before.state) this.tx.put(keys.line(this.id), encodeConversationState(this.state));
		const { summary } = this;
		if (summary !== before.summary) this.tx.put(keys.summary(this.id), encodeSummary(summary));
		await this.#putGroup();
		await this.tx.commit();
		if (this.#group !== undefined) for (const replaced of this.#replaced) wipeReplaced(replaced, this.#group);
		return {
			meta: this.meta,
			state: this.state,
			summary,
			queue: this.queue,
			wishes: this.wishes,
			ringAddresses: this.ringAddresses,
			last: this.changed.size + this.removed.size > 0 ? await lastRow(this.#store, this.id) : before.last,
		};
	}

	async #putGroup(): Promise<void> {
		if (this.#group === undefined || this.#group === this.#groupBefore) return;
		// In place of one that could not be read, whole: what is left of that would be taken for parts of this one.
		if (this.#groupBefore === undefined) return putNewGroup(this.#store, this.tx, this.id, this.#group);
		putGroup(this.tx, this.id, this.#groupBefore, this.#group);
	}
}

function isSameEpoch(one: GroupState | undefined, other: GroupState): boolean {
	return one !== undefined && epoch(one) === epoch(other) && equalBytes(groupIdOf(one), groupIdOf(other));
}

/** The row furthest down in a conversation's history. */
export async function lastRow(store: Store, id: ConversationId): Promise<HistoryRow | undefined> {
	const from = keys.historyAll(id);
	const rows = unwrapStore(await store.list({ from, to: endOfPrefix(from), limit: 1, reverse: true }));
	const row = rows[0] === undefined ? undefined : decodeRow(rows[0].value);
	return row?.ok ? row.value : undefined;
}
