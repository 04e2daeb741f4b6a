import { describe, expect, test } from "vitest";
import type { Signs } from "./roster.ts";
import { isEmoji, OtherSigns, OwnSigns } from "./signs.ts";

const quiet: Signs = { muted: true, handRaisedAt: undefined, camera: false, screen: false, weakLine: false };

test("one emoji is one, however it is made; words and heaps are none", () => {
	for (const emoji of ["👍", "❤️", "👩‍👩‍👧", "🇪🇺", "👍🏽"]) expect(isEmoji(emoji)).toBe(true);
	for (const text of ["", "a", "👍👍", "hello", "1", "👍 ", `👍${"\u0301".repeat(40)}`])
		expect(isEmoji(text)).toBe(false);
});

describe("what this device says of itself", () => {
	test("each entry counts on, and a reaction is carried for 5 s", () => {
		const own = new OwnSigns();
		expect(own.react("👍", 1_000)).toBe(1);
		expect(own.next(quiet, 1_000)).toEqual({ count: 1, signs: quiet, reactions: [{ n: 1, emoji: "👍" }] });
		expect(own.next(quiet, 5_900).reactions).toHaveLength(1);
		expect(own.next(quiet, 6_100)).toEqual({ count: 3, signs: quiet, reactions: [] });
	});

	test("more than three reactions a second are not sent", () => {
		const own = new OwnSigns();
		const sent = Array.from({ length: 30 }, (_, k) => own.react("👍", k * 100)).filter(Boolean);
		expect(sent).toHaveLength(9);
		expect(own.next(quiet, 2_900).reactions.length).toBeLessThanOrEqual(8);
	});
});

describe("what the others say", () => {
	test("a reaction is shown once, however often it is told, and goes by itself", () => {
		const others = new OtherSigns();
		const entry = { signs: quiet, reactions: [{ n: 1, emoji: "👍" }] };
		others.take("ada", entry, 1_000);
		others.take("ada", entry, 2_000);
		others.take("bo", entry, 2_000);
		expect(others.reactions(2_000).map(({ id }) => id)).toEqual(["ada:1", "bo:1"]);
		expect(others.reactions(2_000)).toBe(others.reactions(2_500));
		expect(others.reactions(7_100)).toEqual([]);
		expect(others.signsOf("ada")).toEqual(quiet);
	});

	test("what is no emoji is not shown", () => {
		const others = new OtherSigns();
		others.take("ada", { signs: quiet, reactions: [{ n: 1, emoji: "buy now" }] }, 0);
		expect(others.reactions(0)).toEqual([]);
	});
});
