import type { Bytes, Result } from "@sotto/bytes";
import type { Store, StoreError, StoreKey, StoreOp } from "../ports.ts";

/**
 * Changes to the store that become durable together. Reads see what was put before them, so that a page of records can be
 * processed in one transaction (C5). Nothing is written before {@link StoreTransaction.commit}.
 */
export class StoreTransaction {
	readonly #store: Store;
	readonly #changes = new Map<StoreKey, Bytes | undefined>();

	constructor(store: Store) {
		this.#store = store;
	}

	async get(key: StoreKey): Promise<Bytes | undefined> {
		return this.#changes.has(key) ? this.#changes.get(key) : unwrapStore(await this.#store.get(key));
	}

	put(key: StoreKey, value: Bytes): void {
		this.#changes.set(key, value);
	}

	delete(key: StoreKey): void {
		this.#changes.set(key, undefined);
	}

	apply(ops: readonly StoreOp[]): void {
		for (const op of ops) this.#changes.set(op.key, op.op === "put" ? op.value : undefined);
	}

	get isEmpty(): boolean {
		return this.#changes.size === 0;
	}

	/** What it would write. */
	ops(): readonly StoreOp[] {
		return [...this.#changes].map(
			([key, value]): StoreOp => (value === undefined ? { op: "delete", key } : { op: "put", key, value }),
		);
	}

	async commit(): Promise<void> {
		if (!this.isEmpty) unwrapStore(await this.#store.write(this.ops()));
	}
}

/** The store failed: no command can go on. Thrown through the engine, caught at its edges. */
export class StoreFailure extends Error {
	readonly reason: StoreError["kind"];

	constructor(reason: StoreError["kind"]) {
		super(`the local store failed: ${reason}`);
		this.reason = reason;
	}
}

/** What is stored of one conversation cannot be read: it stops, and nothing else does. Caught at the engine's edges. */
export class ConversationDamaged extends Error {
	constructor() {
		super("what is stored of a conversation cannot be read");
	}
}

/** What the store answered; a failure is thrown, because nothing inside the engine can go on without its store. */
export function unwrapStore<T>(result: Result<T, StoreError>): T {
	if (!result.ok) throw new StoreFailure(result.error.kind);
	return result.value;
}

/** All entries whose key starts with `prefix`, in key order. */
export async function listPrefix(
	store: Store,
	prefix: StoreKey,
): Promise<readonly { readonly key: StoreKey; readonly value: Bytes }[]> {
	return unwrapStore(await store.list({ from: prefix, to: endOfPrefix(prefix) }));
}

/** The first key behind everything that starts with `prefix`. */
export function endOfPrefix(prefix: StoreKey): StoreKey {
	return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
}

/** Deletes everything that starts with `prefix`, as part of `transaction`. */
export async function deletePrefix(store: Store, transaction: StoreTransaction, prefix: StoreKey): Promise<void> {
	for (const { key } of await listPrefix(store, prefix)) transaction.delete(key);
}
