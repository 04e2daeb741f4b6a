import type { MessageItem } from "@sotto/client";
import { expect, test } from "vitest";
import { ada } from "../../test/people.ts";
import { mergeItems } from "./history.ts";

const says = (id: string, text = id): MessageItem => ({
	kind: "message",
	id,
	author: ada,
	mine: false,
	text,
	mentions: [],
	mentionsMe: false,
	sentAt: 0,
	state: "sent",
});

test("a changed item keeps its place, a new one goes to the end, a removed one goes", () => {
	const merged = mergeItems([says("a"), says("b"), says("c")], [says("a", "changed"), says("d")], ["b"]);
	expect(merged.map((item) => (item.kind === "message" ? item.text : ""))).toEqual(["changed", "c", "d"]);
});

test("the same item twice in one change stands once, as it was last", () => {
	const merged = mergeItems([], [says("a", "first"), says("a", "second")], []);
	expect(merged).toEqual([says("a", "second")]);
});
