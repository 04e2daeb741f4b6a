import { ringRoute } from "@sotto/api";
import { type Bytes, bytesToHex } from "@sotto/bytes";
import { sealHint } from "@sotto/crypto";
import { type ConversationState, encodeHint } from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { LogPosition } from "../conversation-host.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
import type { Draft } from "./draft.ts";
import { logKeys } from "./log-keys.ts";
import { decodeRingJob, encodeRingJob, type RingJob } from "./meta.ts";

/** A ring that came this late says nothing new: its device has attached again meanwhile, and synced. */
const ringUsefulMs = 120_000;
/** R4: what is not a call is spread, each recipient's ring by itself, so that they do not arrive as one burst. */
const messageJitterMs = 400;
const tries = 3;

/** Rings are an outbox step of their own: stored with the record that counts, and sent from there (R2). */
export class Ringer {
	readonly #engine: EngineContext;
	#closed = false;

	constructor(engine: EngineContext) {
		this.#engine = engine;
	}

	/** Adds the rings of `before`'s outbox, whose record took `position`, to the draft's transaction. */
	async add(draft: Draft, before: ConversationState, position: LogPosition, purpose: Purpose): Promise<void> {
		const { outbox, leaf: own } = before;
		const addresses = [...draft.ringAddresses].flatMap(([leaf, address]) => (leaf === own ? [] : [address]));
		if (outbox === undefined || addresses.length === 0) return;
		const kind = outbox.urgency;
		const hint = await sealHint(
			logKeys(before.log).secrets.hintKey,
			encodeHint({ kind, seq: position.seq, head: position.head }),
		);
		const job: RingJob = { at: this.#engine.clock.now(), urgency: kind, hint };
		const key = keys.ringJob(draft.id, bytesToHex(this.#engine.random(8)));
		draft.tx.put(key, encodeRingJob(job));
		draft.after.push(() => this.#engine.background(this.#run(key, job, addresses, purpose)));
	}

	/** Goes on with what a crash left. */
	async resume(): Promise<void> {
		for (const { key, value } of await listPrefix(this.#engine.store, keys.ringJobAll)) {
			const job = decodeRingJob(value);
			const isUseful = job.ok && this.#engine.clock.now() - job.value.at < ringUsefulMs;
			if (isUseful) {
				const addresses = await this.#addressesOf(key);
				this.#engine.background(this.#run(key, job.value, addresses, { cause: undefined }));
			} else await this.#forget(key);
		}
	}

	/** Of everybody in the job's conversation, this device included: one ring of its own is a look at the log. */
	async #addressesOf(key: string): Promise<readonly Bytes[]> {
		const conversation = key.slice(keys.ringJobAll.length, key.lastIndexOf("/"));
		return (await listPrefix(this.#engine.store, keys.ringAddressAll(conversation))).map(({ value }) => value);
	}

	close(): void {
		this.#closed = true;
	}

	/** Rings one address, a few times if the notifier cannot be reached. */
	async ring(address: Bytes, hint: Bytes, urgency: RingJob["urgency"], purpose: Purpose): Promise<void> {
		for (let attempt = 0; attempt < tries && !this.#closed; attempt++) {
			const rung = await this.#engine.services.call(ringRoute, { address, hint, urgency }, purpose);
			if (rung.ok || !isPassing(rung.error)) return;
			await this.#pause(1000 * 4 ** attempt);
		}
	}

	async #run(key: string, job: RingJob, addresses: readonly Bytes[], purpose: Purpose): Promise<void> {
		const jitter = () => (job.urgency === "call" ? 0 : ((this.#engine.random(1)[0] as number) / 255) * messageJitterMs);
		await Promise.all(
			addresses.map(async (address) => {
				const wait = jitter();
				if (wait > 0) await this.#pause(wait);
				await this.ring(address, job.hint, job.urgency, purpose);
			}),
		);
		await this.#forget(key);
	}

	async #forget(key: string): Promise<void> {
		if (this.#closed) return;
		const tx = new StoreTransaction(this.#engine.store);
		tx.delete(key);
		await tx.commit();
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.#engine.clock.wakeAt(this.#engine.clock.now() + ms, resolve);
		});
	}
}
