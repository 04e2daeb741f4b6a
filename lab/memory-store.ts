import { type Bytes, copyBytes, err, ok, type Result } from "@sotto/bytes";
import type { Store, StoreError, StoreOp } from "@sotto/client";

/** A client's store in memory; `write` is atomic. The same one again is the same device after a restart. */
export class MemoryStore implements Store {
	#rows = new Map<string, Bytes>();
	/** The keys in their order, as far as they were sorted; undefined after a change. */
	#sorted: string[] | undefined;
	/** No write is taken, as on a full disk; what is there can be read. */
	isFull = false;

	get rows(): ReadonlyMap<string, Bytes> {
		return this.#rows;
	}

	async get(key: string) {
		return ok(this.#rows.get(key));
	}

	async list({ from, to, limit = Number.POSITIVE_INFINITY, reverse = false }: Parameters<Store["list"]>[0]) {
		const keys = this.#keys();
		const [start, end] = [placeOf(keys, from), placeOf(keys, to)];
		const count = Math.max(0, Math.min(limit, end - start));
		const found = reverse ? keys.slice(end - count, end).reverse() : keys.slice(start, start + count);
		return ok(found.map((key) => ({ key, value: this.#rows.get(key) as Bytes })));
	}

	async write(batch: readonly StoreOp[]): Promise<Result<void, StoreError>> {
		if (this.isFull) return err({ kind: "storageFull" });
		for (const op of batch) {
			if (op.op === "put") this.#put(op.key, copyBytes(op.value));
			else this.#delete(op.key);
		}
		return ok();
	}

	async close() {}

	keysLike(prefix: string): readonly string[] {
		return [...this.#rows.keys()].filter((key) => key.startsWith(prefix));
	}

	copy(): MemoryStore {
		const copy = new MemoryStore();
		copy.#rows = new Map(this.#rows);
		return copy;
	}

	#keys(): string[] {
		this.#sorted ??= [...this.#rows.keys()].sort();
		return this.#sorted;
	}

	#put(key: string, value: Bytes): void {
		if (this.#sorted !== undefined && !this.#rows.has(key)) this.#sorted.splice(placeOf(this.#sorted, key), 0, key);
		this.#rows.set(key, value);
	}

	#delete(key: string): void {
		if (this.#rows.delete(key) && this.#sorted !== undefined) this.#sorted.splice(placeOf(this.#sorted, key), 1);
	}
}

/** The first place in `sorted` whose key is not below `key`. */
function placeOf(sorted: readonly string[], key: string): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] as string) < key) low = middle + 1;
		else high = middle;
	}
	return low;
}
