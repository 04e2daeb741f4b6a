import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogRoute, encodeRefusal, readRoute, type Route } from "@sotto/api";
import { encodeCbor } from "@sotto/bytes";
import { randomBytes } from "@sotto/crypto";
import { openSqliteStore } from "@sotto/storage";
import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../seeded.ts";
import { digestOf } from "./digest.ts";
import { runFuzz } from "./fuzz-run.ts";
import { faultOfAnswer } from "./http-sender.ts";
import { mutateFields, someBytes } from "./mutate.ts";

test("no bytes bring the server down, and what it refuses changes nothing", { timeout: 120_000 }, async () => {
	const report = await runFuzz({ count: 3_000, seed: 20 });
	expect(report.faults).toEqual([]);
	expect(report.sent).toBeGreaterThanOrEqual(3_000);
	expect(report.comparisons).toBeGreaterThan(0);
	for (const status of ["200", "400", "403", "404", "413"])
		expect(report.statuses.get(status), status).toBeGreaterThan(0);
	expect(report.kinds.size).toBeGreaterThan(10);
});

test("an answer that is no typed refusal, or comes with another status, is a fault", () => {
	const routes = [createLogRoute, readRoute] as unknown as readonly Route<object, unknown>[];
	const judge = (status: number, body: Uint8Array<ArrayBuffer>, path: string = readRoute.path) =>
		faultOfAnswer(routes, path, { kind: "answered", status, body });
	expect(judge(404, encodeRefusal({ code: "notFound" }))).toBeUndefined();
	expect(judge(200, encodeCbor({}), createLogRoute.path)).toBeUndefined();
	expect(judge(200, encodeCbor({}))).toBe("an answer that does not parse");
	expect(judge(200, encodeCbor({}), "/v1/nowhere")).toBe("an answer where no route is");
	expect(judge(500, new Uint8Array())).toBe("status 500 without a typed refusal");
	expect(judge(400, encodeRefusal({ code: "notFound" }))).toBe("notFound with status 400");
	expect(judge(503, encodeRefusal({ code: "unavailable" }))).toMatch(/^unavailable/);
	expect(faultOfAnswer(routes, readRoute.path, { kind: "broken", code: "ECONNREFUSED" })).toMatch(/ECONNREFUSED/);
});

test("the smallest change of the database is seen", async () => {
	const folder = mkdtempSync(join(tmpdir(), "sotto-test-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const opened = await openSqliteStore({ path: join(folder, "home.db"), maxBytes: 2 ** 26 });
	if (!opened.ok) throw new Error(opened.error.message);
	onTestFinished(() => opened.value.close());
	const before = digestOf(folder);
	expect(digestOf(folder)).toBe(before);
	const hashes = { readHash: randomBytes(32), appendHash: randomBytes(32), ownerHash: randomBytes(32) };
	await opened.value.createLog({ logId: randomBytes(32), ...hashes, hour: 1, mayCreate: true });
	expect(digestOf(folder)).not.toBe(before);
});

test("a run repeats from its seed", () => {
	const run = (seed: number) => {
		const chance = seeded(seed);
		return Array.from({ length: 50 }, () => mutateFields(chance, { v: 1, logId: someBytes(chance, 32) }));
	};
	expect(run(5)).toEqual(run(5));
	expect(run(5)).not.toEqual(run(6));
});
