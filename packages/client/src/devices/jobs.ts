import {
	bytesToBase64url,
	type Bytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	listShape,
	literalShape,
	mapShape,
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
	kind: literalShape("addDevice"),
	/** The device's listed key (D1). */
	device: bytesShape(32, 32),
	deviceName: textShape(maxNameLength),
	/** Those that there were when it began, beside the devices' own: what the progress is of. */
	conversations: listShape(textShape(64), maxConversations),
	beganAt: timeShape,
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
};

/** Jobs of this device, in the order in which they began. */
export class Jobs {
	readonly #parts: JobsParts;
	readonly #jobs = new Map<string, Job>();

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
		const id = `${job.kind}-${bytesToBase64url(job.device)}`;
		tx.put(keys.job(id), encodeCbor({ ...job, conversations: [...job.conversations] }));
		return () => this.#jobs.set(id, job);
	}

	/** Whether this device has promised to bring that one in. */
	adds(device: Uint8Array): boolean {
		return [...this.#jobs.values()].some((job) => equalBytes(job.device, device));
	}

	views(): readonly JobView[] {
		return [...this.#jobs]
			.toSorted(([, one], [, other]) => one.beganAt - other.beganAt)
			.map(([id, job]) => {
				const done = job.conversations.filter((conversation) => this.#isDone(job, conversation)).length;
				const total = job.conversations.length;
				const isOver = done === total && this.#isDone(job, ownConversationId);
				const state = isOver ? "done" : this.#parts.isOnline() ? "running" : "waiting";
				return { id, kind: job.kind, deviceName: job.deviceName, done, total, state };
			});
	}

	/** False if there is no such job, or it goes on. */
	async dismiss(id: string): Promise<boolean> {
		if (this.views().find((view) => view.id === id)?.state !== "done") return false;
		const tx = new StoreTransaction(this.#parts.store);
		tx.delete(keys.job(id));
		await tx.commit();
		this.#jobs.delete(id);
		return true;
	}

	/** What was deleted, left or stopped meanwhile is nobody's to do. */
	#isDone({ device }: Job, id: string): boolean {
		const conversation = this.#parts.conversation(id);
		return conversation === undefined || conversation.held.state.stop !== undefined || hasDevice(conversation, device);
	}
}

/** Whether one of the account's devices has a leaf in a conversation. */
export function hasDevice({ held }: Conversation, device: Bytes): boolean {
	return held.summary.members.some((member) => equalBytes(member.device, device));
}
