import { decodeCbor, encodeCbor, type CborValue } from "@sotto/bytes";
import type { Clock, Store, StoreOp } from "../ports.ts";
import type { ItemId, LedgerEntry } from "../sdk.ts";
import { hex, keys } from "../store/keys.ts";
import { listPrefix, StoreFailure } from "../store/transaction.ts";

/** How many lines are kept. */
export const ledgerLength = 2000;
const flushMs = 1000;

export type LedgerNote = Omit<LedgerEntry, "id">;

/**
 * "What the server sees": one line for each request that left this device. Kept in memory and written in batches; a crash
 * may lose the last second's lines, which is the one thing here that may be lost.
 */
export class Ledger {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #emit: (entries: readonly LedgerEntry[]) => void;
	#entries: LedgerEntry[] = [];
	#next = 0;
	#unwritten: LedgerEntry[] = [];
	#cancelFlush: (() => void) | undefined;

	constructor(store: Store, clock: Clock, emit: (entries: readonly LedgerEntry[]) => void) {
		this.#store = store;
		this.#clock = clock;
		this.#emit = emit;
	}

	async load(): Promise<void> {
		const rows = await listPrefix(this.#store, keys.ledgerAll);
		this.#entries = rows.flatMap(({ value }) => {
			const entry = decodeCbor(value);
			return entry.ok ? [entry.value as unknown as LedgerEntry] : [];
		});
		this.#next = this.#entries.length === 0 ? 0 : Number.parseInt(this.#entries.at(-1)?.id ?? "0", 16) + 1;
	}

	note(notes: readonly LedgerNote[]): void {
		const entries = notes.map((note): LedgerEntry => ({ ...note, id: hex(this.#next++, 12) }));
		this.#entries.push(...entries);
		this.#unwritten.push(...entries);
		this.#emit(entries);
		this.#cancelFlush ??= this.#clock.wakeAt(this.#clock.now() + flushMs, () => void this.flush());
	}

	/** Newest first. */
	newest(limit: number): readonly LedgerEntry[] {
		return this.#entries.slice(-ledgerLength).toReversed().slice(0, Math.max(0, limit));
	}

	of(item: ItemId): readonly LedgerEntry[] {
		return this.#entries.filter((entry) => entry.item === item);
	}

	async flush(): Promise<void> {
		this.#cancelFlush?.();
		this.#cancelFlush = undefined;
		if (this.#unwritten.length === 0) return;
		const batch: StoreOp[] = this.#unwritten.splice(0).map((entry) => ({
			op: "put",
			key: keys.ledger(Number.parseInt(entry.id, 16)),
			value: encodeCbor(entry as unknown as CborValue),
		}));
		const excess = this.#entries.splice(0, Math.max(0, this.#entries.length - ledgerLength));
		for (const { id } of excess) batch.push({ op: "delete", key: keys.ledger(Number.parseInt(id, 16)) });
		const written = await this.#store.write(batch);
		// The ledger is a courtesy: if the store is full, what matters fails elsewhere and says so.
		if (!written.ok && written.error.kind !== "storageFull") throw new StoreFailure(written.error.kind);
	}
}
