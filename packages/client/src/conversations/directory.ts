import { err, ok, type Secret } from "@sotto/bytes";
import { type AccountKey, type GroupState, groupIdOf, ownLeaf, epoch } from "@sotto/crypto";
import { decodeConversationState, decodeWish, parsePolicy, type Policy, startConversation } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import type { CommandResult, ConversationId } from "../sdk.ts";
import { loadGroup } from "../store/group-rows.ts";
import { keys } from "../store/keys.ts";
import { deletePrefix, listPrefix, StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { withActivity } from "./activity.ts";
import { Conversation } from "./conversation.ts";
import type { ConversationParts } from "./core.ts";
import { type Held, lastRow } from "./draft.ts";
import { decodeSummary, encodeSummary, type GroupSummary, summaryOf } from "./group-summary.ts";
import { type ConversationMeta, decodeMeta, decodeQueued, withPolicy } from "./meta.ts";
import { salvage } from "./salvage.ts";

/** All conversations of this device, by id. */
export class Directory {
	readonly #store: Store;
	readonly #parts: ConversationParts;
	readonly #all = new Map<ConversationId, Conversation>();

	constructor(store: Store, parts: ConversationParts) {
		this.#store = store;
		this.#parts = parts;
	}

	/** What the store holds and is not here yet. */
	async load(): Promise<void> {
		for (const { key, value } of await listPrefix(this.#store, keys.conversationAll)) {
			const id = key.slice(keys.conversationAll.length);
			if (this.#all.has(id)) continue;
			const meta = decodeMeta(value);
			const held = await this.#loadHeld(id, meta.ok ? meta.value : undefined);
			this.#all.set(id, new Conversation(id, held, this.#parts));
		}
	}

	get(id: ConversationId): Conversation | undefined {
		return this.#all.get(id);
	}

	all(): readonly Conversation[] {
		return [...this.#all.values()];
	}

	/** Takes in a conversation that is already in the store, and begins to follow it. */
	add(id: ConversationId, held: Held): Conversation {
		const conversation = new Conversation(id, held, this.#parts);
		this.#all.set(id, conversation);
		conversation.kick();
		return conversation;
	}

	/** Takes a conversation that this device is out of away, with everything that the store has of it. */
	async delete(id: ConversationId, { tells } = { tells: true }): Promise<CommandResult> {
		const conversation = this.#all.get(id);
		if (conversation === undefined) return err({ kind: "notFound" });
		if (conversation.held.state.stop?.kind !== "removed") return err({ kind: "refused" });
		conversation.close();
		const tx = new StoreTransaction(this.#store);
		for (const key of keys.rowsOf(id)) tx.delete(key);
		for (const prefix of keys.tablesOf(id)) await deletePrefix(this.#store, tx, prefix);
		const told = this.#parts.shareDeleted(tx, id, tells);
		await tx.commit();
		told();
		this.#all.delete(id);
		this.#parts.engine.changed();
		return ok();
	}

	/** Everything of a conversation that can be read; where that is not enough to go on, it is there and stopped. */
	async #loadHeld(id: ConversationId, storedMeta: ConversationMeta | undefined): Promise<Held> {
		const line = unwrapStore(await this.#store.get(keys.line(id)));
		const storedState = line === undefined ? undefined : decodeConversationState(line);
		const { meta, state, summary } = await salvage(this.#store, id, this.#parts.account.keys.key, {
			meta: storedMeta,
			state: storedState?.ok ? storedState.value : undefined,
			summary: await this.#loadSummary(id),
		});
		const queuePrefix = keys.queueAll(id);
		const queue = (await listPrefix(this.#store, queuePrefix)).flatMap(({ key, value }) => {
			const queued = decodeQueued(value);
			return queued.ok ? [{ n: Number.parseInt(key.slice(queuePrefix.length), 16), queued: queued.value }] : [];
		});
		const ringPrefix = keys.ringAddressAll(id);
		const rings = (await listPrefix(this.#store, ringPrefix)).map(
			({ key, value }) => [Number.parseInt(key.slice(ringPrefix.length), 16), value] as const,
		);
		const wishPrefix = keys.wishAll(id);
		const wishes = (await listPrefix(this.#store, wishPrefix)).flatMap(({ key, value }) => {
			const stored = decodeWish(value);
			return stored.ok ? [{ n: Number.parseInt(key.slice(wishPrefix.length), 16), stored: stored.value }] : [];
		});
		const last = await lastRow(this.#store, id);
		const activity = unwrapStore(await this.#store.get(keys.activity(id)));
		return {
			meta: withActivity(meta, activity),
			state,
			summary,
			queue,
			wishes,
			ringAddresses: new Map(rings),
			last,
		};
	}

	async #loadSummary(id: ConversationId): Promise<GroupSummary | undefined> {
		const row = unwrapStore(await this.#store.get(keys.summary(id)));
		const summary = row === undefined ? undefined : decodeSummary(row);
		if (summary?.ok && parsePolicy(summary.value.policy).ok) return summary.value;
		// Stored by an earlier version, or damaged: the group is read this once.
		const group = await loadGroup(this.#store, id);
		if (group === undefined) return undefined;
		const made = summaryOf(group);
		const tx = new StoreTransaction(this.#store);
		tx.put(keys.summary(id), encodeSummary(made));
		await tx.commit();
		return made;
	}
}

/** What a conversation holds at its very beginning on this device. */
export function beginConversation(options: {
	readonly policy: Policy;
	readonly own: AccountKey;
	readonly group: GroupState;
	readonly logSeed: Secret;
	readonly joined: boolean;
	readonly now: number;
}): Held {
	const { policy, own, group, logSeed, joined, now } = options;
	const plain: ConversationMeta = { v: 1, kind: policy.kind, people: [], unread: 0, activeAt: now, nextQueued: 0 };
	const begun = startConversation({
		groupId: groupIdOf(group),
		leaf: ownLeaf(group),
		epoch: Number(epoch(group)),
		logSeed,
		ordinal: 0,
		joined,
	});
	return {
		meta: withPolicy(plain, policy, own),
		// A group has nobody to wait for; who was asked for contact has to accept first.
		state: { ...begun, heard: joined || policy.kind !== "direct" },
		summary: summaryOf(group),
		queue: [],
		wishes: [],
		ringAddresses: new Map(),
		last: undefined,
	};
}
