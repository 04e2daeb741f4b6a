import { type Bytes, concat, err, ok, type Result, utf8 } from "@sotto/bytes";
import type { Store, StoreError, StoreOp } from "@sotto/client";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { assertStoreKey } from "../store-keys.ts";

interface Schema extends DBSchema {
	entries: { key: string; value: Bytes };
	/** One row: the key that seals the entries. Scripts can use it, and nobody can read it out. */
	keys: { key: "entries"; value: CryptoKey };
}

const nonceBytes = 12;

/**
 * Opens the IndexedDB database `name`. Values are sealed with AES-256-GCM under a key that is not extractable, and bound to
 * their own key; one that does not unseal reads as no bytes. What that protects: a copied disk or backup without the browser's own key store; not against other code
 * of this origin. `lost` is called if the browser takes the database away (eviction, "clear site data") while it is open.
 * Errors: "storageUnavailable" (private mode without storage, broken files, a missing sealing key), "storageFull".
 */
export async function openBrowserStore(
	name: string,
	lost: () => void = () => undefined,
): Promise<Result<Store, StoreError>> {
	try {
		const database = await openDB<Schema>(name, 1, {
			upgrade: (created) => {
				created.createObjectStore("entries");
				created.createObjectStore("keys");
			},
			// Another tab deletes the database: let it, and say so.
			blocking: (_current, _blocked, event) => {
				(event.target as IDBDatabase).close();
				lost();
			},
			terminated: lost,
		});
		const key = await sealingKey(database);
		if (key === undefined) {
			database.close();
			return err({ kind: "storageUnavailable" });
		}
		return ok(new BrowserStore(database, key));
	} catch (error) {
		return err(storeError(error));
	}
}

/** The stored key, or a new one for an empty database; `undefined` when entries exist whose key is gone. */
async function sealingKey(database: IDBPDatabase<Schema>): Promise<CryptoKey | undefined> {
	const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
	const transaction = database.transaction(["keys", "entries"], "readwrite", { durability: "strict" });
	const keys = transaction.objectStore("keys");
	const stored = await keys.get("entries");
	const isEmpty = (await transaction.objectStore("entries").count()) === 0;
	if (stored === undefined && isEmpty) await keys.put(fresh, "entries");
	await transaction.done;
	return stored ?? (isEmpty ? fresh : undefined);
}

class BrowserStore implements Store {
	readonly #database: IDBPDatabase<Schema>;
	readonly #key: CryptoKey;
	/** Sealing takes turns of the event loop: a transaction may only begin after those of earlier calls have. */
	#turn: Promise<void> = Promise.resolve();

	constructor(database: IDBPDatabase<Schema>, key: CryptoKey) {
		this.#database = database;
		this.#key = key;
	}

	async get(key: string): Promise<Result<Bytes | undefined, StoreError>> {
		assertStoreKey(key);
		return attempt(async () => {
			await this.#turn;
			const sealed = await this.#database.get("entries", key);
			return sealed === undefined ? undefined : this.#open(key, sealed);
		});
	}

	async list(range: Parameters<Store["list"]>[0]): ReturnType<Store["list"]> {
		return attempt(async () => {
			await this.#turn;
			const rows = await this.#rows(range);
			return Promise.all(rows.map(async ({ key, sealed }) => ({ key, value: await this.#open(key, sealed) })));
		});
	}

	async write(batch: readonly StoreOp[]): Promise<Result<void, StoreError>> {
		for (const { key } of batch) assertStoreKey(key);
		const before = this.#turn;
		const begun = Promise.withResolvers<void>();
		this.#turn = begun.promise;
		try {
			return await attempt(async () => {
				const sealed = await Promise.all(
					batch.map(async (entry) => (entry.op === "put" ? await this.#seal(entry.key, entry.value) : undefined)),
				);
				await before;
				const transaction = this.#database.transaction("entries", "readwrite", { durability: "strict" });
				begun.resolve();
				const requests = batch.map(({ key }, i) => {
					const value = sealed[i];
					return value === undefined ? transaction.store.delete(key) : transaction.store.put(value, key);
				});
				await Promise.all([...requests, transaction.done]);
			});
		} finally {
			begun.resolve();
		}
	}

	async close(): Promise<void> {
		await this.#turn;
		this.#database.close();
	}

	async #rows({
		from,
		to,
		limit,
		reverse,
	}: Parameters<Store["list"]>[0]): Promise<readonly { readonly key: string; readonly sealed: Bytes }[]> {
		const entries = this.#database.transaction("entries", "readonly").store;
		// IndexedDB throws for an empty range, and reads a count of 0 as "all".
		if (from >= to || limit === 0) return [];
		const range = IDBKeyRange.bound(from, to, false, true);
		if (reverse !== true) {
			const [keys, values] = await Promise.all([entries.getAllKeys(range, limit), entries.getAll(range, limit)]);
			return keys.map((key, i) => ({ key, sealed: values[i] as Bytes }));
		}
		const rows: { key: string; sealed: Bytes }[] = [];
		for (let at = await entries.openCursor(range, "prev"); at !== null; at = await at.continue()) {
			rows.push({ key: at.key, sealed: at.value });
			if (rows.length === limit) break;
		}
		return rows;
	}

	async #seal(key: string, value: Bytes): Promise<Bytes> {
		// Random 96-bit nonces under one key: fine for some 2^32 writes (NIST SP 800-38D, 8.3).
		const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
		const parameters = { name: "AES-GCM", iv, additionalData: utf8(key) };
		return concat(iv, new Uint8Array(await crypto.subtle.encrypt(parameters, this.#key, value)));
	}

	async #open(key: string, sealed: Bytes): Promise<Bytes> {
		const parameters = { name: "AES-GCM", iv: sealed.slice(0, nonceBytes), additionalData: utf8(key) };
		try {
			return new Uint8Array(await crypto.subtle.decrypt(parameters, this.#key, sealed.slice(nonceBytes)));
		} catch (error) {
			// https://www.w3.org/TR/WebCryptoAPI/#aes-gcm-operations: the tag does not fit.
			if (!(error instanceof DOMException) || error.name !== "OperationError") throw error;
			return new Uint8Array();
		}
	}
}

async function attempt<T>(work: () => Promise<T>): Promise<Result<T, StoreError>> {
	try {
		return ok(await work());
	} catch (error) {
		// What the browser refuses, an entry that does not unseal included, is a DOMException; anything else is a bug.
		if (!(error instanceof DOMException)) throw error;
		return err(storeError(error));
	}
}

function storeError(error: unknown): StoreError {
	const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
	return { kind: isFull ? "storageFull" : "storageUnavailable" };
}
