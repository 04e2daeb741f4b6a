import { invariant } from "@sotto/bytes";

/**
 * Keys are printable ASCII: only there do SQLite (bytes), IndexedDB (UTF-16 units) and our own memory agree on the order.
 * A key that is not is a bug of the engine.
 */
export function assertStoreKey(key: string): void {
	invariant(/^[\x20-\x7e]{1,512}$/.test(key), "a store key is 1 to 512 printable ASCII characters");
}
