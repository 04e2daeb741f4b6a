import type { HistoryItem, MessageItem } from "@sotto/client";
import { describe, expect, test } from "vitest";
import { ada, me } from "../../test/people.ts";
import { firstNewOf, rowsOf } from "./rows.ts";

const at = (day: number, hour: number, minute: number, second = 0) =>
	new Date(2026, 10, day, hour, minute, second).getTime();

const says = (id: string, mine: boolean, sentAt: number): MessageItem => ({
	kind: "message",
	id,
	author: mine ? me : ada,
	mine,
	text: id,
	mentions: [],
	mentionsMe: false,
	sentAt,
	state: "sent",
});

const kinds = (items: readonly HistoryItem[], firstNew?: string, complete = false) =>
	rowsOf(items, firstNew, complete).map((row) => (row.kind === "message" ? row.item.id : row.kind));

describe("what stands where in a conversation", () => {
	test("each day begins with a divider, and the beginning is said only when nothing older exists", () => {
		const items = [says("a", true, at(1, 23, 59)), says("b", true, at(2, 0, 0)), says("c", false, at(2, 12, 0))];
		expect(kinds(items)).toEqual(["day", "a", "day", "b", "c"]);
		expect(kinds(items, undefined, true)).toEqual(["start", "day", "a", "day", "b", "c"]);
	});

	test("one person's messages of one minute are a group; another person or minute begins the next", () => {
		const items = [
			says("a", false, at(1, 9, 0, 1)),
			says("b", false, at(1, 9, 0, 59)),
			says("c", false, at(1, 9, 1, 0)),
			says("d", true, at(1, 9, 1, 1)),
		];
		const groups = rowsOf(items, undefined, false).flatMap((row) =>
			row.kind === "message" ? [[row.item.id, row.first, row.last]] : [],
		);
		expect(groups).toEqual([
			["a", true, false],
			["b", false, true],
			["c", true, true],
			["d", true, true],
		]);
	});

	test("the line of what is new parts a group", () => {
		const items = [says("a", false, at(1, 9, 0, 1)), says("b", false, at(1, 9, 0, 2))];
		expect(kinds(items, "b")).toEqual(["day", "a", "new", "b"]);
		const rows = rowsOf(items, "b", false);
		expect(rows[1]).toMatchObject({ first: true, last: true });
		expect(rows[3]).toMatchObject({ first: true, last: true });
	});

	test("what is new is counted from the end, own messages aside", () => {
		const items = [
			says("a", false, at(1, 9, 0)),
			says("b", false, at(1, 9, 1)),
			says("mine", true, at(1, 9, 2)),
			says("c", false, at(1, 9, 3)),
		];
		expect(firstNewOf(items, 2)).toBe("b");
		expect(firstNewOf(items, 0)).toBeUndefined();
		// More unread than the page holds: all of it is new.
		expect(firstNewOf(items, 50)).toBe("a");
	});

	test("every row has a key of its own", () => {
		const items = [says("a", true, at(1, 9, 0)), says("b", true, at(2, 9, 0)), says("c", true, at(1, 9, 0))];
		const keys = rowsOf(items, "b", true).map((row) => row.key);
		expect(new Set(keys).size).toBe(keys.length);
	});
});
