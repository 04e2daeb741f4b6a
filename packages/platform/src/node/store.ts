import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "@sotto/bytes";
import type { Store, StoreError, StoreOp } from "@sotto/client";
import { assertStoreKey } from "../store-keys.ts";

export type OpenStoreError = StoreError | { readonly kind: "locked" };

/** How long a second process waits for the first one to let go of the profile. */
export const lockWaitMs = 5_000;

/**
 * Opens `profile.sqlite` in `folder`, creating both for this user alone (0700, 0600).
 * SQLite's exclusive lock is the profile's lock (C5: one process per profile): it is taken here, held until `close`, and the
 * operating system drops it with the process, also after kill -9.
 * Errors: "locked" when another process holds it for `waitMs`; "storageUnavailable" when the file cannot be used.
 */
export async function openNodeStore(folder: string, waitMs = lockWaitMs): Promise<Result<Store, OpenStoreError>> {
	const path = join(folder, "profile.sqlite");
	const giveUpAt = performance.now() + waitMs;
	for (;;) {
		const opened = tryOpen(folder, path);
		if (opened.ok || opened.error.kind !== "locked") return opened;
		if (performance.now() >= giveUpAt) return opened;
		await sleep(50);
	}
}

function tryOpen(folder: string, path: string): Result<Store, OpenStoreError> {
	let database: DatabaseSync | undefined;
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		const previous = process.umask(0o077);
		try {
			database = new DatabaseSync(path);
			database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
			// C6: what is replaced is a consumed key, and is zeroed rather than left in a free page.
			database.exec("PRAGMA secure_delete = ON;");
			database.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
			// Reading alone may leave only a shared lock: an empty write transaction takes the exclusive one for good.
			database.exec("BEGIN IMMEDIATE; COMMIT;");
		} finally {
			process.umask(previous);
		}
		chmodSync(path, 0o600);
		return ok(new NodeStore(database));
	} catch (error) {
		database?.close();
		return err(openError(error));
	}
}

class NodeStore implements Store {
	readonly #database: DatabaseSync;
	readonly #get: StatementSync;
	readonly #forwards: StatementSync;
	readonly #backwards: StatementSync;
	readonly #put: StatementSync;
	readonly #delete: StatementSync;

	constructor(database: DatabaseSync) {
		this.#database = database;
		this.#get = database.prepare("SELECT value FROM entries WHERE key = ?");
		const range = "SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key";
		this.#forwards = database.prepare(`${range} LIMIT ?`);
		this.#backwards = database.prepare(`${range} DESC LIMIT ?`);
		this.#put = database.prepare(
			"INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		);
		this.#delete = database.prepare("DELETE FROM entries WHERE key = ?");
	}

	async get(key: string): Promise<Result<Uint8Array<ArrayBuffer> | undefined, StoreError>> {
		assertStoreKey(key);
		return attempt(() => {
			const row = this.#get.get(key);
			return row === undefined ? undefined : new Uint8Array(row.value as Uint8Array);
		});
	}

	async list(range: Parameters<Store["list"]>[0]): ReturnType<Store["list"]> {
		return attempt(() => {
			const statement = range.reverse === true ? this.#backwards : this.#forwards;
			// SQLite reads a negative limit as "all".
			const rows = statement.all(range.from, range.to, range.limit ?? -1);
			return rows.map((row) => ({ key: row.key as string, value: new Uint8Array(row.value as Uint8Array) }));
		});
	}

	async write(batch: readonly StoreOp[]): Promise<Result<void, StoreError>> {
		for (const { key } of batch) assertStoreKey(key);
		return attempt(() => {
			this.#database.exec("BEGIN IMMEDIATE");
			try {
				for (const entry of batch) {
					if (entry.op === "put") this.#put.run(entry.key, entry.value);
					else this.#delete.run(entry.key);
				}
				this.#database.exec("COMMIT");
			} catch (error) {
				if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
				throw error;
			}
		});
	}

	async close(): Promise<void> {
		if (this.#database.isOpen) this.#database.close();
	}
}

function attempt<T>(work: () => T): Result<T, StoreError> {
	try {
		return ok(work());
	} catch (error) {
		// A wrong argument is a bug and is thrown; what SQLite or the disk refuses is an expected failure.
		if (sqliteCode(error) === undefined && !isClosed(error)) throw error;
		return err({ kind: primaryCode(error) === sqliteFull ? "storageFull" : "storageUnavailable" });
	}
}

// https://www.sqlite.org/rescode.html
const sqliteBusy = 5;
const sqliteFull = 13;

function openError(error: unknown): OpenStoreError {
	const code = primaryCode(error);
	if (code === sqliteBusy) return { kind: "locked" };
	return { kind: code === sqliteFull ? "storageFull" : "storageUnavailable" };
}

function primaryCode(error: unknown): number | undefined {
	const code = sqliteCode(error);
	return code === undefined ? undefined : code & 0xff;
}

function sqliteCode(error: unknown): number | undefined {
	return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

function isClosed(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ERR_INVALID_STATE";
}
