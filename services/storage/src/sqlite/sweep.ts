import type { Bytes } from "@sotto/bytes";
import type { DatabaseSync } from "node:sqlite";
import type { Hour, Swept } from "../port.ts";
import { lifetimeHours } from "../schema.ts";

export type Sweeper = (request: { readonly hour: Hour; readonly limit: number }) => Swept;

/**
 * Removes expired rows inside the caller's transaction (L4). One call looks at no more than `limit` records, logs and
 * blobs, because everybody's appends wait for it. Records lie in the order they came, so the expired ones come first; logs and
 * blobs are walked through in the order of their ids, a piece with each call.
 */
export function openSweeper(database: DatabaseSync): Sweeper {
	const oldest = database.prepare("SELECT rowid, hour FROM records ORDER BY rowid LIMIT ?");
	const drop = database.prepare("DELETE FROM records WHERE rowid = ?");
	const sweepLogs = openWalk(database, "logs", "log_id", ["records", "appends"]);
	const sweepBlobs = openWalk(database, "blobs", "blob_id", ["chunks"]);
	return ({ hour, limit }) => {
		const rows = oldest.all(limit) as { rowid: number; hour: number }[];
		const expired = rows.filter((row) => row.hour < hour - lifetimeHours.record);
		for (const row of expired) drop.run(row.rowid);
		const logs = sweepLogs(hour - lifetimeHours.tip, limit);
		const blobs = sweepBlobs(hour - lifetimeHours.blob, limit);
		return {
			records: expired.length,
			logs: logs.dropped,
			blobs: blobs.dropped,
			more: expired.length === limit || logs.more || blobs.more,
		};
	};
}

/** Walks through `table` by its id; drops what is older than an hour, together with the rows of `parts` under that id. */
function openWalk(database: DatabaseSync, table: string, id: string, parts: readonly string[]) {
	const next = database.prepare(`SELECT ${id} AS id, hour FROM ${table} WHERE ${id} > ? ORDER BY ${id} LIMIT ?`);
	const drops = [...parts, table].map((name) => database.prepare(`DELETE FROM ${name} WHERE ${id} = ?`));
	const start: Bytes = new Uint8Array();
	let at = start;
	return (before: Hour, limit: number) => {
		const rows = next.all(at, limit) as { id: Bytes; hour: Hour }[];
		const stale = rows.filter((row) => row.hour < before);
		for (const row of stale) for (const drop of drops) drop.run(row.id);
		const more = rows.length === limit;
		at = more ? (rows.at(-1)?.id ?? start) : start;
		return { dropped: stale.length, more };
	};
}
