import { DatabaseSync } from "node:sqlite";
import { createStatements, schemaVersion } from "../schema.ts";

export type DatabaseOptions = {
	readonly path: string;
	/** The file grows to this size, in bytes, and no further: then writes are answered `storageFull`. */
	readonly maxBytes: number;
};

const pageBytes = 8192;

/**
 * Opens the database, creating its tables if the file is new. Throws if the file cannot be opened or has another schema
 * version.
 *
 * WAL with synchronous=FULL: a commit is one fsync, and is on disk when it returns (L4). secure_delete overwrites removed
 * rows with zeros. A page of 8 KiB holds three of the smallest records, and wrote about a third faster than 4 KiB.
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
	const database = new DatabaseSync(options.path);
	database.exec(`PRAGMA page_size=${pageBytes}`);
	database.exec("PRAGMA busy_timeout=2000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON");
	database.exec("PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536");
	database.exec(`PRAGMA max_page_count=${Math.max(64, Math.floor(options.maxBytes / pageBytes))}`);
	const found = numberOf(database, "user_version");
	if (found === 0) createTables(database);
	else if (found !== schemaVersion) throw new Error(`home.db has schema version ${found}, this is ${schemaVersion}`);
	return database;
}

function createTables(database: DatabaseSync): void {
	database.exec("BEGIN IMMEDIATE");
	for (const statement of createStatements()) database.exec(statement);
	database.exec(`PRAGMA user_version=${schemaVersion}`);
	database.exec("COMMIT");
}

function numberOf(database: DatabaseSync, pragma: string): number {
	const row = database.prepare(`PRAGMA ${pragma}`).get();
	return Number(Object.values(row ?? {})[0] ?? 0);
}
