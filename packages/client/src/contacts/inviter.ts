import { appendRoute } from "@sotto/api";
import type { LogId, WriteCap } from "@sotto/crypto";
import { recordHash } from "@sotto/crypto";
import type { EngineContext } from "../context.ts";
import { decodeInvite, type Invite } from "../conversations/meta.ts";
import type { Ringer } from "../conversations/rings.ts";
import { putBlob } from "../services/blobs.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose, type ServiceError } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";

/**
 * Carries letters, and Welcomes to whoever was added: the tree as a blob, a sealed letter into each mailbox, a ring (C1, P3, D3). Every step
 * does nothing when it is repeated, so after a crash all of them are.
 */
export class Inviter {
	readonly #engine: EngineContext;
	readonly #ringer: Ringer;
	readonly #retries = new Map<string, Retry>();

	constructor(engine: EngineContext, ringer: Ringer) {
		this.#engine = engine;
		this.#ringer = ringer;
	}

	async resume(): Promise<void> {
		for (const { key, value } of await listPrefix(this.#engine.store, keys.inviteAll)) {
			const invite = decodeInvite(value);
			if (invite.ok) this.start(key, invite.value, { cause: { kind: "contact", title: undefined } });
		}
	}

	/** Goes on until everything is delivered; `key` is the row that holds the invite. */
	start(key: string, invite: Invite, purpose: Purpose): void {
		const { clock, random, background } = this.#engine;
		const retry = new Retry(clock, random, () => background(this.#run(key, invite, purpose, retry)));
		this.#retries.set(key, retry);
		background(this.#run(key, invite, purpose, retry));
	}

	networkChanged(): void {
		for (const retry of this.#retries.values()) retry.now();
	}

	close(): void {
		for (const retry of this.#retries.values()) retry.reset();
		this.#retries.clear();
	}

	async #run(key: string, invite: Invite, purpose: Purpose, retry: Retry): Promise<void> {
		const error = await this.#deliver(invite, purpose);
		if (!this.#retries.has(key)) return;
		if (error !== undefined && isPassing(error)) return retry.later();
		// A mailbox that is missing comes back when its owner finds a restored server (L4): the next start tries again.
		if (error?.kind === "refused" && error.code === "notFound") return;
		// A refusal for good: the mailbox is full. The other side stays "asked"; a new link is the way out.
		this.#retries.delete(key);
		const tx = new StoreTransaction(this.#engine.store);
		tx.delete(key);
		await tx.commit();
	}

	async #deliver({ tree, letters }: Invite, purpose: Purpose): Promise<ServiceError | undefined> {
		const { services, random } = this.#engine;
		const put = tree && (await putBlob(services, tree.writeCap as WriteCap, tree.sealed, purpose));
		if (put?.ok === false) return put.error;
		for (const { logId, appendCap, record, ringAddress } of letters) {
			const request = { logId: logId as LogId, appendCap: revealed(appendCap), dedupeId: recordHash(record), record };
			const appended = await services.call(appendRoute, request, purpose);
			if (!appended.ok) return appended.error;
			// No hint key is shared with a stranger: random bytes open nowhere, and the mailbox is read (R3).
			if (ringAddress !== undefined) await this.#ringer.ring(ringAddress, random(64), "message", purpose);
		}
		return undefined;
	}
}
