import {
	booleanShape,
	bytesToBase64url,
	type Bytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { maxNameLength, timeShape } from "@sotto/protocol";
import type { Conversation } from "../conversations/conversation.ts";
import type { Store } from "../ports.ts";
import type { JobView } from "../sdk.ts";
import { keys, ownConversationId } from "../store/keys.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";

const maxConversations = 10_000;
const jobShape = mapShape({
	v: literalShape(1),
	kind: literalShape("addDevice", "removeDevice", "sendHistory", "receiveHistory"),
	/** The device's listed key (D1). */
	device: bytesShape(32, 32),
	deviceName: textShape(maxNameLength),
	/** Those that there were when it began, beside the devices' own: what the progress is of. */
	conversations: listShape(textShape(64), maxConversations),
	beganAt: timeShape,
	/** Of a removal: the account has a mailbox that the removed device does not know. */
	hasNewMailbox: optional(booleanShape),
	/** Of a history: it was told to the other device, or taken here; or could not be. */
	isOver: optional(booleanShape),
	hasFailed: optional(booleanShape),
	/** Of one that is sent: conversations that the other device was not in yet when it was made. Theirs follows. */
	later: optional(listShape(textShape(64), maxConversations)),
	/** Of one that is sent: its user has seen that it is over; the other device may yet ask for it again. */
	isHidden: optional(booleanShape),
	/** Of one that is received: how often it was asked for again. */
	asked: optional(integerShape(0, 1000)),
});
/**
 * Work over every conversation that this device has taken on. The row says what was promised and to whom progress is shown; what
 * is left to do is read off the conversations themselves, so that no crash can make the two differ.
 */
export type Job = ShapeOf<typeof jobShape>;

export type JobsParts = {
	readonly store: Store;
	readonly conversation: (id: string) => Conversation | undefined;
	readonly isOnline: () => boolean;
	readonly changed: () => void;
};

/** Jobs of this device, in the order in which they began. */
export class Jobs {
	readonly #parts: JobsParts;
	readonly #jobs = new Map<string, Job>();
	/** How far a history has come in this life. */
	readonly #progress = new Map<string, { readonly done: number; readonly total: number }>();

	constructor(parts: JobsParts) {
		this.#parts = parts;
	}

	async load(): Promise<void> {
		for (const { key, value } of await listPrefix(this.#parts.store, keys.jobAll)) {
			const job = parseCbor(jobShape, value);
			if (job.ok) this.#jobs.set(key.slice(keys.jobAll.length), job.value);
		}
	}

	/** Adds a job to `tx`; what is returned is to be called when that is committed. */
	put(tx: Pick<StoreTransaction, "put">, job: Job): () => void {
		const id = idOf(job);
		const lists = { conversations: [...job.conversations], ...(job.later && { later: [...job.later] }) };
		tx.put(keys.job(id), encodeCbor({ ...job, ...lists }));
		return () => this.#jobs.set(id, job);
	}

	/** Whether this device has promised to bring that one in, or out. */
	promises(kind: Job["kind"], device: Uint8Array): boolean {
		return this.get(kind, device) !== undefined;
	}

	removals(): readonly Job[] {
		return [...this.#jobs.values()].filter(({ kind }) => kind === "removeDevice");
	}

	/** Histories that were promised to a device, sent or not. */
	histories(): readonly Job[] {
		return [...this.#jobs.values()].filter(({ kind }) => kind === "sendHistory");
	}

	get(kind: Job["kind"], device: Uint8Array): Job | undefined {
		return [...this.#jobs.values()].find((job) => job.kind === kind && equalBytes(job.device, device));
	}

	progress(job: Job, done: number, total: number): void {
		this.#progress.set(idOf(job), { done, total });
		this.#parts.changed();
	}

	views(): readonly JobView[] {
		return [...this.#jobs]
			.filter(([, job]) => job.isHidden !== true)
			.toSorted(([, one], [, other]) => one.beganAt - other.beganAt)
			.map(([id, job]) => {
				const { done, total } = this.#progressOf(id, job);
				return { id, kind: job.kind, deviceName: job.deviceName, done, total, state: this.#stateOf(job) };
			});
	}

	/** False if there is no such job, or it goes on. */
	async dismiss(id: string): Promise<boolean> {
		const state = this.views().find((view) => view.id === id)?.state;
		if (state !== "done" && state !== "failed") return false;
		const job = this.#jobs.get(id);
		const tx = new StoreTransaction(this.#parts.store);
		if (job?.kind === "sendHistory") {
			const done = this.put(tx, { ...job, isHidden: true });
			await tx.commit();
			done();
			return true;
		}
		tx.delete(keys.job(id));
		await tx.commit();
		this.#jobs.delete(id);
		return true;
	}

	#progressOf(id: string, job: Job): { readonly done: number; readonly total: number } {
		if (isHistory(job)) return this.#progress.get(id) ?? { done: 0, total: 0 };
		const done = job.conversations.filter((conversation) => this.#isDone(job, conversation)).length;
		return { done, total: job.conversations.length };
	}

	#stateOf(job: Job): JobView["state"] {
		const going = this.#parts.isOnline() ? "running" : "waiting";
		if (isHistory(job)) return job.isOver !== true ? going : job.hasFailed === true ? "failed" : "done";
		const open = [...job.conversations, ownConversationId].filter((id) => !this.#isDone(job, id));
		const isReplaced = job.kind === "addDevice" || job.hasNewMailbox === true;
		if (open.length === 0 && isReplaced) return "done";
		// In a conversation that this device cannot follow it can do nothing; once it can again, this goes on.
		const isStopped = (id: string) => this.#parts.conversation(id)?.held.state.stop !== undefined;
		if (open.length > 0 && open.every(isStopped)) return "failed";
		return going;
	}

	/** What was deleted or left meanwhile is nobody's to do. */
	#isDone({ kind, device }: Job, id: string): boolean {
		const conversation = this.#parts.conversation(id);
		if (conversation === undefined || conversation.held.state.stop?.kind === "removed") return true;
		return hasDevice(conversation, device) === (kind === "addDevice");
	}
}

function idOf({ kind, device }: Job): string {
	return `${kind}-${bytesToBase64url(device)}`;
}

function isHistory({ kind }: Job): boolean {
	return kind === "sendHistory" || kind === "receiveHistory";
}

/** Whether one of the account's devices has a leaf in a conversation. */
export function hasDevice({ held }: Conversation, device: Bytes): boolean {
	return held.summary.members.some((member) => equalBytes(member.device, device));
}
