import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { randomBytes } from "@sotto/crypto";
import { describe, expect, test } from "vitest";
import { seeded } from "../seeded.ts";
import { faultsOfLog } from "./check-logs.ts";
import { runCrashes } from "./crash-run.ts";

describe("kill -9 of the server while clients write", { timeout: 120_000 }, () => {
	test("L4 every acknowledged record is there, exactly once, under the head that was told", async () => {
		const report = await runCrashes({ kills: 5, writers: 4, chance: seeded(7) });
		expect(report.faults).toEqual([]);
		expect(report.acknowledged).toBeGreaterThan(20);
	});

	test("a record that got lost, or stands there twice, would be noticed", async () => {
		const tamper = (folder: string) => {
			const database = new DatabaseSync(join(folder, "home.db"));
			const { log_id: log, seq } = database.prepare("SELECT log_id, seq FROM logs ORDER BY seq DESC").get() as {
				log_id: Uint8Array;
				seq: number;
			};
			database.prepare("UPDATE records SET record = ? WHERE log_id = ? AND seq = ?").run(randomBytes(2048), log, seq);
			database.close();
		};
		const report = await runCrashes({ kills: 1, writers: 2, chance: seeded(8), beforeReading: tamper });
		expect(report.faults).toContainEqual(expect.stringMatching(/^an acknowledged record is lost/));
		expect(report.faults).toContain("the records do not lead to the tip's head");
	});

	test("a doubled record and a wrong place are faults", () => {
		const [logId, record] = [randomBytes(32) as Parameters<typeof faultsOfLog>[0]["logId"], randomBytes(2048)];
		const tip = { seq: 2, head: randomBytes(32) };
		const faults = faultsOfLog({ logId, records: [record, record], tip }, [{ record, tip: { seq: 1, head: logId } }]);
		expect(faults).toEqual([
			"the record at 2 stands at 1 already",
			"the records do not lead to the tip's head",
			"the record acknowledged at 1 stands at 2",
			"another head was told for 1",
		]);
	});
});
