import type { LedgerEntry } from "@sotto/client";
import { describe, expect, test } from "vitest";
import { mergeLedger } from "../engine/ledger.ts";
import { groupLedger } from "./groups.ts";

let serial = 0;
const entry = (change: Partial<LedgerEntry>): LedgerEntry => {
	serial += 1;
	return {
		id: String(serial),
		at: serial,
		cause: { kind: "sync", title: undefined },
		role: "home",
		action: "read",
		saw: [{ field: "log", value: "k3Jx…" }],
		item: undefined,
		...change,
	};
};

describe("the ledger as groups", () => {
	test("what belongs to one message stays together however far apart, even with other things between", () => {
		const cause = { kind: "message", title: "Ada" } as const;
		const groups = groupLedger([
			entry({ at: 1_000, cause, item: "m", action: "append" }),
			entry({ at: 2_000 }),
			entry({ at: 900_000, cause, item: "m", action: "append" }),
		]);
		expect(groups.map((group) => [group.item, group.requests])).toEqual([
			[undefined, 1],
			["m", 2],
		]);
	});

	test("the same purpose long after is another group; the newest group comes first", () => {
		const groups = groupLedger([entry({ at: 1_000 }), entry({ at: 30_000 }), entry({ at: 200_000 })]);
		expect(groups.map((group) => [group.at, group.requests])).toEqual([
			[200_000, 1],
			[1_000, 2],
		]);
	});

	test("equal requests in a row are one line with their number, and no request is lost in the count", () => {
		const other = [{ field: "log", value: "other" }] as const;
		const [group] = groupLedger([entry({ at: 1 }), entry({ at: 2 }), entry({ at: 3, saw: other }), entry({ at: 4 })]);
		expect(group?.lines.map((line) => line.count)).toEqual([2, 1, 1]);
		expect(group?.requests).toBe(4);
	});

	test("what left in one millisecond stands in the order it was noted", () => {
		const entries = ["00a", "00b", "00c"].map((id) => entry({ id, at: 7, saw: [{ field: "log", value: id }] }));
		const [group] = groupLedger(mergeLedger([], entries));
		expect(group?.lines.map((line) => line.entry.id)).toEqual(["00a", "00b", "00c"]);
	});

	test("an entry that comes twice is kept once, in its newer form", () => {
		const first = entry({ at: 5 });
		const merged = mergeLedger([first], [{ ...first, action: "append" }, entry({ at: 9 })]);
		expect(merged.map((one) => one.at)).toEqual([9, 5]);
		expect(merged[1]?.action).toBe("append");
	});
});
