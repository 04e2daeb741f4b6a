/**
 * Everything a server keeps, says and writes to its folder, each with its purpose, how fine it is and how long it lives.
 * A test compares the tables with those of a running database, and nothing else may be stored or logged.
 */

export type Column = {
	readonly name: string;
	readonly type: "BLOB NOT NULL" | "INTEGER NOT NULL";
	/** What it is for. */
	readonly purpose: string;
	/** How exact it is: what someone who reads it learns, and no more. */
	readonly granularity: string;
};

export type Table = {
	readonly name: string;
	readonly purpose: string;
	readonly lifetime: string;
	readonly columns: readonly Column[];
	/** The first column is the random id that spreads the table over machines. */
	readonly primaryKey: readonly string[];
	/** Whether the rows lie in the key's own tree; large rows lie apart, in the order they came, which the sweeper uses. */
	readonly withoutRowId: boolean;
};

/** How long each thing lives, in hours (L4). */
export const lifetimeHours = { record: 90 * 24, tip: 400 * 24, blob: 90 * 24 } as const;

/** Stands in the database's user_version; a server does not open a file of another one. */
export const schemaVersion = 1;

const blob = "BLOB NOT NULL";
const integer = "INTEGER NOT NULL";
const logId = {
	name: "log_id",
	type: blob,
	purpose: "names the log",
	granularity: "32 bytes, a hash that names nobody",
} as const;
const blobId = {
	name: "blob_id",
	type: blob,
	purpose: "names the blob",
	granularity: "32 bytes, a hash of a capability that the server does not hold",
} as const;

export const tables: readonly Table[] = [
	{
		name: "logs",
		purpose: "one row for each log: who may use it, and its tip (L1, L2)",
		lifetime: "400 days after the last append, or until its owner deletes it",
		primaryKey: ["log_id"],
		withoutRowId: true,
		columns: [
			logId,
			{ name: "read_hash", type: blob, purpose: "admits readers", granularity: "hash of a random capability" },
			{ name: "append_hash", type: blob, purpose: "admits writers", granularity: "hash of a random capability" },
			{ name: "owner_hash", type: blob, purpose: "admits the owner", granularity: "hash of a random capability" },
			{ name: "seq", type: integer, purpose: "how many records were appended", granularity: "exact, 0 to 4,096" },
			{ name: "head", type: blob, purpose: "chain value at the tip", granularity: "hash of sealed records" },
			{ name: "hour", type: integer, purpose: "ends the row", granularity: "last append, rounded down to the hour" },
		],
	},
	{
		name: "appends",
		purpose: "answers a repeated append like the first time (L2)",
		lifetime: "as long as its log's row",
		primaryKey: ["log_id", "dedupe_id"],
		withoutRowId: true,
		columns: [
			logId,
			{ name: "dedupe_id", type: blob, purpose: "recognises the record", granularity: "hash of a sealed record" },
			{ name: "seq", type: integer, purpose: "the first answer", granularity: "exact place in the log" },
			{ name: "head", type: blob, purpose: "the first answer", granularity: "hash of sealed records" },
		],
	},
	{
		name: "records",
		purpose: "what readers have not fetched yet, or fetch on another device",
		lifetime: "90 days, or until the log's owner trims or deletes it",
		primaryKey: ["log_id", "seq"],
		withoutRowId: false,
		columns: [
			logId,
			{ name: "seq", type: integer, purpose: "place in the log", granularity: "exact, 1 to 4,096" },
			{ name: "hour", type: integer, purpose: "ends the row", granularity: "arrival, rounded down to the hour" },
			{ name: "record", type: blob, purpose: "is delivered", granularity: "sealed; one of nine sizes" },
		],
	},
	{
		name: "blobs",
		purpose: "one row for each blob: how much of it is there",
		lifetime: "90 days after its first chunk",
		primaryKey: ["blob_id"],
		withoutRowId: true,
		columns: [
			blobId,
			{ name: "chunk_count", type: integer, purpose: "how many chunks it has", granularity: "exact, 1 to 4,096" },
			{ name: "written", type: integer, purpose: "how many are here", granularity: "exact, 1 to 4,096" },
			{ name: "hour", type: integer, purpose: "ends the row", granularity: "first chunk, rounded down to the hour" },
		],
	},
	{
		name: "chunks",
		purpose: "the content of blobs",
		lifetime: "as long as its blob's row",
		primaryKey: ["blob_id", "place"],
		withoutRowId: false,
		columns: [
			blobId,
			{ name: "place", type: integer, purpose: "place in the blob, from 0", granularity: "exact" },
			{ name: "chunk", type: blob, purpose: "is delivered", granularity: "sealed, at most 64 KiB" },
		],
	},
];

/** The files a server's data folder may hold. */
export const files: readonly { readonly name: string; readonly purpose: string; readonly lifetime: string }[] = [
	{ name: "home.db", purpose: "the tables above", lifetime: "the server's" },
	{
		name: "home.db-wal",
		purpose: "the last changes to the tables, before SQLite moves them over",
		lifetime: "emptied every hour and when the server stops",
	},
	{ name: "home.db-shm", purpose: "SQLite's index of home.db-wal", lifetime: "until the server stops" },
	{ name: "notifier-key", purpose: "opens ring addresses", lifetime: "the server's" },
];

/** The statements that make the tables, written from their declarations. */
export function createStatements(): readonly string[] {
	return tables.map((table) => {
		const columns = table.columns.map((column) => `${column.name} ${column.type}`);
		const body = [...columns, `PRIMARY KEY (${table.primaryKey.join(", ")})`].join(", ");
		return `CREATE TABLE ${table.name} (${body})${table.withoutRowId ? " WITHOUT ROWID" : ""}`;
	});
}

/** Every line a server may log. None names an id, an address, or a moment in anybody's life. */
export type LogLine =
	| {
			readonly event: "fault";
			readonly role: "home" | "notifier";
			readonly route: string;
			readonly error: string;
			readonly at: string;
	  }
	| { readonly event: "limited"; readonly role: "home" | "notifier"; readonly what: string }
	| { readonly event: "swept"; readonly records: number; readonly logs: number; readonly blobs: number }
	| { readonly event: "sweepFailed"; readonly reason: "storageFull" | "unavailable" };

type FieldsOf<E extends LogLine["event"]> = Exclude<keyof Extract<LogLine, { readonly event: E }>, "event">;

/** The purpose of each {@link LogLine}, and what each of its fields says; the compiler wants all of them. */
export const logLines: {
	readonly [E in LogLine["event"]]: {
		readonly purpose: string;
		readonly fields: { readonly [F in FieldsOf<E>]: string };
	};
} = {
	fault: {
		purpose: "a bug of ours is found by it",
		fields: {
			role: "home or notifier",
			route: "a route of the contract",
			error: "the kind of error, never its message",
			at: "a file of ours and a line in it",
		},
	},
	limited: {
		purpose: "an operator sees that a cap was reached, at most once an hour for each",
		fields: { role: "home or notifier", what: "which cap" },
	},
	swept: {
		purpose: "an operator sees that expired things go",
		fields: { records: "sum of an hour", logs: "sum of an hour", blobs: "sum of an hour" },
	},
	sweepFailed: {
		purpose: "an operator sees that expired things do not go",
		fields: { reason: "the disk is full, or the storage does not answer" },
	},
};
