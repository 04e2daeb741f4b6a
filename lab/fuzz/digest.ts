import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { tables } from "@sotto/storage";

/** A hash over every row of every table, read beside the running server. */
export function digestOf(dataFolder: string): string {
	const database = new DatabaseSync(join(dataFolder, "home.db"), { readOnly: true });
	const hash = createHash("sha256");
	for (const { name, columns, primaryKey } of tables) {
		hash.update(`table ${name}\n`);
		for (const row of database.prepare(`SELECT * FROM ${name} ORDER BY ${primaryKey.join(", ")}`).iterate())
			for (const column of columns) {
				const value = row[column.name];
				const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
				hash.update(`${bytes.length}:`).update(bytes);
			}
	}
	database.close();
	return hash.digest("hex");
}
