import { type Bytes, encodeCbor, parseCbor } from "@sotto/bytes";
import {
	isSameEntry,
	laterEntry,
	maxSyncEntries,
	nextEntry,
	type SyncContent,
	type SyncEntry,
	syncEntryShape,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { StoreOp } from "../ports.ts";
import type { CommandResult } from "../sdk.ts";
import { keys } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";

/** Bytes of values that go into one message. */
const maxBatchBytes = 150_000;

/** Does what an entry of another device says; false if it waits for something that is not here yet. */
export type ApplyEntry = (entry: SyncEntry) => Promise<boolean>;

export type SharedParts = {
	readonly engine: EngineContext;
	/** This device's key: decides between changes of the same time. */
	readonly device: () => Bytes;
	readonly apply: ApplyEntry;
	/** Whether there are other devices to tell. */
	readonly hasOthers: () => boolean;
	/** Puts content into the conversation of the own devices, with `write` in the same transaction. */
	readonly send: (content: SyncContent, write: readonly StoreOp[]) => Promise<CommandResult<unknown>>;
};

/**
 * What all devices of the account know alike: registers that merge by one rule (docs/spec/devices.md). A local change is
 * written with whatever else it changes, and told from there; a remote one is written when its message counts, and taken
 * over from there. Both survive any crash, because what is left to do is a row of the store.
 */
export class Shared {
	readonly #parts: SharedParts;
	readonly #entries = new Map<string, SyncEntry>();
	readonly #telling = new Serial();
	readonly #taking = new Serial();

	constructor(parts: SharedParts) {
		this.#parts = parts;
	}

	async load(): Promise<void> {
		for (const { value } of await listPrefix(this.#parts.engine.store, keys.syncAll)) {
			const entry = parseCbor(syncEntryShape, value);
			if (entry.ok) this.#entries.set(entry.value.key, entry.value);
		}
	}

	get(key: string): Bytes | undefined {
		return this.#entries.get(key)?.value;
	}

	/** The device that wrote a register last. */
	authorOf(key: string): Bytes | undefined {
		return this.#entries.get(key)?.by;
	}

	/** Keys and values of everything under a prefix. */
	under(prefix: string): readonly (readonly [string, Bytes])[] {
		return [...this.#entries.values()]
			.filter(({ key }) => key.startsWith(prefix))
			.map(({ key, value }) => [key.slice(prefix.length), value] as const);
	}

	/** 0 for what nobody has written. */
	rankOf(key: string): number {
		return this.#entries.get(key)?.rank ?? 0;
	}

	/**
	 * Adds a change to `tx`, which its caller commits; what is returned is to be called when it has. `rank` for what only ever
	 * rises, such as a read position; else the time decides.
	 */
	put(tx: Pick<StoreTransaction, "put">, key: string, value: Bytes, rank?: number): () => void {
		const held = this.#entries.get(key);
		const own = { key, value, by: this.#parts.device(), now: this.#parts.engine.clock.now() };
		const entry = rank === undefined ? nextEntry(held, own) : { key, value, by: own.by, rank };
		if (held !== undefined && laterEntry(held, entry) === held) return () => undefined;
		tx.put(keys.sync(key), encodeEntry(entry));
		const isTold = this.#parts.hasOthers();
		if (isTold) tx.put(keys.syncOut(key, entry.rank), new Uint8Array());
		return () => {
			this.#keep(entry);
			// Another device has come in while this was being written.
			if (!isTold && this.#parts.hasOthers()) this.#parts.engine.background(this.#tellAgain(entry));
			this.tell();
			this.#parts.engine.changed();
		};
	}

	/** Takes a register away on this device, which nobody needs any more; what is returned is to be called when `tx` is committed. */
	drop(tx: Pick<StoreTransaction, "delete">, key: string): () => void {
		tx.delete(keys.sync(key));
		return () => this.#entries.delete(key);
	}

	/** A device came in: it is told everything. Part of the transaction that sees it; then {@link Shared.tell}. */
	putAll(tx: Pick<StoreTransaction, "put">): void {
		for (const { key, rank } of this.#entries.values()) tx.put(keys.syncOut(key, rank), new Uint8Array());
	}

	/** A change that nothing else goes with. */
	async change(key: string, value: Bytes, rank?: number): Promise<void> {
		const tx = new StoreTransaction(this.#parts.engine.store);
		const done = this.put(tx, key, value, rank);
		await tx.commit();
		done();
	}

	/** Takes entries of another device into `tx`; what is returned is to be called when it is committed. */
	take(tx: Pick<StoreTransaction, "put">, entries: readonly SyncEntry[]): () => void {
		const taken: SyncEntry[] = [];
		for (const entry of entries) {
			const held = taken.findLast(({ key }) => key === entry.key) ?? this.#entries.get(entry.key);
			if (held !== undefined && (isSameEntry(held, entry) || laterEntry(held, entry) === held)) continue;
			tx.put(keys.sync(entry.key), encodeEntry(entry));
			tx.put(keys.syncIn(entry.key, entry.rank), new Uint8Array());
			taken.push(entry);
		}
		return () => {
			for (const entry of taken) this.#keep(entry);
			if (taken.length > 0) this.apply();
			this.#parts.engine.changed();
		};
	}

	/** Tells the other devices what they have not been told, in the background. */
	tell(): void {
		if (this.#parts.hasOthers()) this.#parts.engine.background(this.#telling.run(() => this.#tell()));
	}

	/** Takes over what other devices have told, in the background. */
	apply(): void {
		this.#parts.engine.background(this.applied());
	}

	/** The same; resolves when it is done, as far as it can be. */
	applied(): Promise<void> {
		return this.#taking.run(() => this.#apply());
	}

	#keep(entry: SyncEntry): void {
		const held = this.#entries.get(entry.key);
		this.#entries.set(entry.key, held === undefined ? entry : laterEntry(held, entry));
	}

	/** Undefined while the entry that a row was written with is on its way from the store into memory: whoever wrote it comes again. */
	#entryOf(row: string, prefix: string): SyncEntry | undefined {
		const { key, rank } = aboutOf(row, prefix);
		const entry = this.#entries.get(key);
		return entry !== undefined && entry.rank >= rank ? entry : undefined;
	}

	async #tellAgain({ key, rank }: SyncEntry): Promise<void> {
		const tx = new StoreTransaction(this.#parts.engine.store);
		tx.put(keys.syncOut(key, rank), new Uint8Array());
		await tx.commit();
		this.tell();
	}

	async #tell(): Promise<void> {
		const rows = await listPrefix(this.#parts.engine.store, keys.syncOutAll);
		for (let from = 0; from < rows.length; ) {
			const batch = new Map<string, SyncEntry>();
			const write: StoreOp[] = [];
			let size = 0;
			while (from < rows.length && batch.size < maxSyncEntries && size < maxBatchBytes) {
				const row = (rows[from++] as (typeof rows)[number]).key;
				const entry = this.#entryOf(row, keys.syncOutAll);
				if (entry === undefined) continue;
				if (!batch.has(entry.key)) size += entry.value.length + 100;
				batch.set(entry.key, entry);
				write.push({ op: "delete", key: row });
			}
			if (batch.size === 0) continue;
			const sent = await this.#parts.send({ type: "sync", entries: [...batch.values()] }, write);
			if (!sent.ok) return;
		}
	}

	async #apply(): Promise<void> {
		for (const { key: row } of await listPrefix(this.#parts.engine.store, keys.syncInAll)) {
			const entry = this.#entryOf(row, keys.syncInAll);
			if (entry === undefined || !(await this.#parts.apply(entry))) continue;
			const tx = new StoreTransaction(this.#parts.engine.store);
			tx.delete(row);
			await tx.commit();
		}
	}
}

/** What a row of `syncout/` or `syncin/` is about: its register, and the rank of the entry that it was written with. */
function aboutOf(row: string, prefix: string): { readonly key: string; readonly rank: number } {
	const end = row.lastIndexOf("/");
	return { key: row.slice(prefix.length, end), rank: Number.parseInt(row.slice(end + 1), 16) };
}

export function encodeEntry(entry: SyncEntry): Bytes {
	return encodeCbor({ ...entry });
}
