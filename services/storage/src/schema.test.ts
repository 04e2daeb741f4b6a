import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { files, tables } from "./schema.ts";
import { openTestStore, temporaryFolder } from "./store.test-kit.ts";

type Row = { [column: string]: unknown };

async function runningDatabase(): Promise<{ folder: string; query: (sql: string) => Row[] }> {
	const folder = temporaryFolder();
	await openTestStore(folder);
	const query = (sql: string) => {
		const database = new DatabaseSync(join(folder, "home.db"), { readOnly: true });
		const rows = database.prepare(sql).all() as Row[];
		database.close();
		return rows;
	};
	return { folder, query };
}

test("a running database has exactly the tables and columns that the schema declares", async () => {
	const { query } = await runningDatabase();
	const found = query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").map(({ name }) => name);
	expect(found).toEqual(tables.map(({ name }) => name).sort());
	for (const table of tables) {
		const columns = query(`SELECT name, type, pk FROM pragma_table_info('${table.name}') ORDER BY cid`);
		expect(columns.map(({ name }) => name)).toEqual(table.columns.map(({ name }) => name));
		expect(columns.map(({ type }) => `${String(type)} NOT NULL`)).toEqual(table.columns.map(({ type }) => type));
		const key = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a["pk"]) - Number(b["pk"]));
		expect(key.map(({ name }) => name)).toEqual(table.primaryKey);
	}
});

test("there is no index, view or trigger besides the keys", async () => {
	const { query } = await runningDatabase();
	const others = query("SELECT name FROM sqlite_master WHERE type <> 'table' AND name NOT LIKE 'sqlite_autoindex_%'");
	expect(others).toEqual([]);
});

test("the database's folder holds only the files that the schema declares", async () => {
	const { folder } = await runningDatabase();
	const declared = files.map(({ name }) => name);
	expect(readdirSync(folder).filter((name) => !declared.includes(name))).toEqual([]);
});

test("every table begins with a random id, so that it can be spread over machines", () => {
	for (const table of tables) {
		expect(table.primaryKey[0]).toBe(table.columns[0]?.name);
		expect(table.columns[0]?.granularity).toMatch(/^32 bytes, a hash/);
	}
});

test("every column says what it is for and how exact it is, and times are hours", () => {
	const columns = tables.flatMap((table) => table.columns);
	expect(columns.length).toBeGreaterThan(15);
	for (const column of columns) {
		expect(column.purpose.length, column.name).toBeGreaterThan(5);
		expect(column.granularity.length, column.name).toBeGreaterThan(4);
		if (/hour|time|date|seen/.test(column.name)) expect(column.granularity).toMatch(/rounded down to the hour/);
	}
});
