import { type Bytes, copyBytes, err, ok } from "@sotto/bytes";
import type { Store, StoreError, StoreOp } from "../ports.ts";

/** A store in memory that can be made to fail. */
export class TestStore implements Store {
	readonly rows = new Map<string, Bytes>();
	failure: StoreError["kind"] | undefined;

	async get(key: string) {
		return this.failure === undefined ? ok(this.rows.get(key)) : err({ kind: this.failure });
	}

	async list({ from, to, limit, reverse }: Parameters<Store["list"]>[0]) {
		const keys = [...this.rows.keys()].filter((key) => key >= from && key < to).sort();
		if (reverse) keys.reverse();
		return ok(keys.slice(0, limit).map((key) => ({ key, value: this.rows.get(key) as Bytes })));
	}

	async write(batch: readonly StoreOp[]) {
		if (this.failure !== undefined) return err({ kind: this.failure });
		for (const op of batch) {
			if (op.op === "put") this.rows.set(op.key, copyBytes(op.value));
			else this.rows.delete(op.key);
		}
		return ok();
	}

	async close() {}
}
