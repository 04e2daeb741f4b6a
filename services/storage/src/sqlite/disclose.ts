import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bytesToHex, err, ok, type Result } from "@sotto/bytes";
import { files, schemaVersion, type Table, tables } from "../schema.ts";

/** What is asked for: everything, or what is stored under ids that begin with these hex digits. */
export type DisclosureScope = { readonly kind: "all" } | { readonly kind: "log" | "blob"; readonly idPrefix: string };

export type DisclosureError = { readonly kind: "noData" } | { readonly kind: "cannotOpen"; readonly message: string };

const idColumns = { log: "log_id", blob: "blob_id" } as const;

/**
 * Everything that the home role holds, row by row, as canonical JSON (RFC 8785: sorted keys, no spaces; byte strings in hex), out
 * of one moment, also while a server runs on the folder. It walks the declared tables, so it cannot leave out a column that a
 * test did not find undeclared. `tell` takes one line at a time; resolves to how many. Errors: "noData" when the folder has no
 * database, "cannotOpen".
 */
export function disclose(
	folder: string,
	scope: DisclosureScope,
	tell: (line: string) => void,
): Result<{ readonly lines: number }, DisclosureError> {
	const path = join(folder, "home.db");
	if (!existsSync(path)) return err({ kind: "noData" });
	let database: DatabaseSync | undefined;
	try {
		database = new DatabaseSync(path, { readOnly: true });
		const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
		if (version !== schemaVersion) return err({ kind: "cannotOpen", message: `schema version ${version}` });
		database.exec("BEGIN");
		let lines = 0;
		const count = (line: string) => {
			lines++;
			tell(line);
		};
		for (const table of tables) discloseTable(database, table, scope, count);
		if (scope.kind === "all") for (const line of fileLines(folder)) count(line);
		return ok({ lines });
	} catch (error) {
		return err({ kind: "cannotOpen", message: (error as Error).message });
	} finally {
		database?.close();
	}
}

function discloseTable(
	database: DatabaseSync,
	{ name, columns, primaryKey }: Table,
	scope: DisclosureScope,
	tell: (line: string) => void,
): void {
	const [id = ""] = primaryKey;
	if (scope.kind !== "all" && id !== idColumns[scope.kind]) return;
	const where = scope.kind === "all" ? "" : `WHERE substr(lower(hex(${id})), 1, ?) = ?`;
	const parameters = scope.kind === "all" ? [] : [scope.idPrefix.length, scope.idPrefix.toLowerCase()];
	const names = columns.map((column) => column.name).join(", ");
	const rows = database.prepare(`SELECT ${names} FROM ${name} ${where} ORDER BY ${primaryKey.join(", ")}`);
	for (const row of rows.iterate(...parameters)) tell(canonicalJson({ table: name, ...row }));
}

/** The other files of the folder: that they are there, and how long. What a key file holds opens nothing that is stored here. */
function fileLines(folder: string): readonly string[] {
	return readdirSync(folder)
		.toSorted()
		.map((name) => {
			const declared = files.find((file) => file.name === name);
			const bytes = statSync(join(folder, name)).size;
			return canonicalJson({ file: name, bytes, purpose: declared?.purpose ?? "not one of ours" });
		});
}

/** RFC 8785 for the flat objects above: keys in order, integers as they are, bytes in hex. */
function canonicalJson(row: { readonly [key: string]: unknown }): string {
	const entries = Object.entries(row).map(([key, value]) => {
		return [key, value instanceof Uint8Array ? bytesToHex(value) : value] as const;
	});
	return JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
