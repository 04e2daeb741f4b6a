import type { GroupState, MessageId } from "@sotto/crypto";
import { encodeConversationState, type JoinerCallContent, type SyncEntry } from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import type { ConversationObserver } from "../conversation-host.ts";
import type { ConversationId, ItemId } from "../sdk.ts";
import type { Purpose } from "../services/services.ts";
import { loadGroup } from "../store/group-rows.ts";
import { itemIdOf, keys } from "../store/keys.ts";
import type { Share } from "../sync/registers.ts";
import { Serial } from "../store/serial.ts";
import { ConversationDamaged, StoreTransaction } from "../store/transaction.ts";
import { Draft, type Held, lastRow, type WishOutcome } from "./draft.ts";
import type { OwedWelcome } from "./owed.ts";
import { queueContent } from "./queue-content.ts";
import type { Ringer } from "./rings.ts";

export type ConversationParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly ringer: Ringer;
	/** Writes what is owed to joiners into the draft, and sends it once that is durable (C1). */
	readonly welcome: (draft: Draft, owed: OwedWelcome, call: JoinerCallContent | undefined) => Promise<void>;
	readonly observer: ConversationObserver;
	/** Tells the account's other devices what is done here. */
	readonly share: Share;
	/** A conversation goes, with what the devices knew alike of it; with `tells` the others are told, if there are any. */
	readonly shareDeleted: (tx: StoreTransaction, id: ConversationId, tells: boolean) => () => void;
	/** What another own device tells (D2), taken into the draft. */
	readonly takeShared: (draft: Draft, entries: readonly SyncEntry[]) => void;
	readonly titleOf: (conversation: ConversationId) => string;
	/** The draft became durable: views and events follow from it. */
	readonly committed: (draft: Draft) => void;
};

/** What a conversation is on this device, and the one way to change it: short strict transactions, one after the other. */
export class ConversationCore {
	readonly id: ConversationId;
	readonly parts: ConversationParts;
	readonly #serial = new Serial();
	#held: Held;
	#group: GroupState | undefined;
	/** Who waits for a wish, by its number. */
	readonly #awaited = new Map<number, ((how: WishOutcome) => void)[]>();

	constructor(id: ConversationId, held: Held, parts: ConversationParts) {
		this.id = id;
		this.parts = parts;
		this.#held = held;
	}

	get held(): Held {
		return this.#held;
	}

	/** Changes the conversation in one transaction. Nothing is seen of it before it is durable. */
	change<T>(work: (draft: Draft) => Promise<T>): Promise<T> {
		return this.#serial.run(async () => {
			const group = await this.#loaded();
			const draft = new Draft(this.id, this.#held, group, this.parts.engine.store);
			const result = await work(draft);
			this.#held = await draft.commit();
			this.#group = draft.groupIfReadable;
			this.parts.committed(draft);
			for (const then of draft.after) then();
			for (const { n, how } of draft.settled) {
				for (const settle of this.#awaited.get(n) ?? []) settle(how);
				this.#awaited.delete(n);
			}
			return result;
		});
	}

	/** Looks at the group between two changes. */
	inspect<T>(work: (group: GroupState) => Promise<T>): Promise<T> {
		return this.#serial.run(async () => {
			const group = await this.#loaded();
			if (group === undefined) throw new ConversationDamaged();
			return work(group);
		});
	}

	/** Rows came into the history past this conversation. */
	historyCame(): Promise<void> {
		return this.#serial.run(async () => {
			this.#held = { ...this.#held, last: await lastRow(this.parts.engine.store, this.id) };
			this.parts.engine.emit({ kind: "historyCame", conversation: this.id });
		});
	}

	/** What is stored cannot be used: the conversation stops here, says so, and keeps what can be read. */
	stopDamaged(): Promise<void> {
		return this.#serial.run(() => this.#stopDamaged());
	}

	async #stopDamaged(): Promise<void> {
		const { state } = this.#held;
		if (state.stop !== undefined && state.stop.kind !== "forked") return;
		const stopped = { ...state, stop: { kind: "damaged" as const } };
		const tx = new StoreTransaction(this.parts.engine.store);
		tx.put(keys.line(this.id), encodeConversationState(stopped));
		await tx.commit();
		this.#held = { ...this.#held, state: stopped };
		this.parts.engine.changed();
	}

	/**
	 * A group is large, and most conversations of a list are not used today: it is loaded at the first use. Undefined if it cannot
	 * be read.
	 */
	async #loaded(): Promise<GroupState | undefined> {
		this.#group ??= await loadGroup(this.parts.engine.store, this.id);
		if (this.#group === undefined) await this.#stopDamaged();
		return this.#group;
	}

	/** Queues a fresh address of this device for everybody in the conversation (R1), and in a group its person's name. */
	async queueRingAddress(draft: Draft): Promise<void> {
		const { engine, account } = this.parts;
		const content = { type: "ringAddress" as const, address: await account.memberRingAddress() };
		const item = { messageId: engine.random(16) as MessageId, sentAt: engine.clock.now(), content };
		await queueContent(draft, item, "message", account.keys.key);
		if (draft.meta.kind !== "group") return;
		// Members who are not in contact know this device's person by nothing else.
		const introduction = { type: "introduction" as const, name: account.record.name };
		const said = { messageId: engine.random(16) as MessageId, sentAt: engine.clock.now(), content: introduction };
		await queueContent(draft, said, "message", account.keys.key);
	}

	/** Resolves when a wish is no longer open. After a restart nobody waits: who must know asks for the same again. */
	settled(n: number): Promise<WishOutcome> {
		return new Promise((resolve) => {
			this.#awaited.set(n, [...(this.#awaited.get(n) ?? []), resolve]);
		});
	}

	itemOf(messageId: MessageId): ItemId {
		return itemIdOf(this.parts.account.keys.key, messageId);
	}

	/** For the ledger: what is on its way, or was, in `messageId`'s record. */
	purpose(messageId: MessageId | undefined = this.#held.state.outbox?.items[0]): Purpose {
		const cause = { kind: "message" as const, title: this.parts.titleOf(this.id) };
		return { cause, item: messageId === undefined ? undefined : this.itemOf(messageId) };
	}

	/** Shows everything that waits as "sending" or "failed". */
	async markQueued(draft: Draft, state: "sending" | "failed"): Promise<void> {
		for (const { queued } of draft.queue) {
			const item = this.itemOf(queued.item.messageId);
			const [row, order] = [await draft.rowOf(item), await draft.orderOfItem(item)];
			if (row?.kind === "message" && order !== undefined) await draft.putRow(order, { ...row, state });
		}
	}
}
