import type { MessageItem } from "@sotto/client";
import { expect, test } from "vitest";
import { ada } from "../../test/people.ts";
import { mergeItems } from "./history.ts";

const says = (id: string, text = id, state: MessageItem["state"] = "sent"): MessageItem => ({
	kind: "message",
	id,
	author: ada,
	mine: false,
	text,
	mentions: [],
	mentionsMe: false,
	sentAt: 0,
	state,
});

test("a changed item keeps its place, a new one goes to the end, a removed one goes", () => {
	const merged = mergeItems([says("a"), says("b"), says("c")], [says("a", "changed"), says("d")], ["b"]);
	expect(merged.map((item) => (item.kind === "message" ? item.text : ""))).toEqual(["changed", "c", "d"]);
});

test("the same item twice in one change stands once, as it was last", () => {
	const merged = mergeItems([], [says("a", "first"), says("a", "second")], []);
	expect(merged).toEqual([says("a", "second")]);
});

const waits = (id: string): MessageItem => ({ ...says(id, id, "sending"), mine: true });
const order = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id).join(" ");

test("what waits stands below what counts, and takes its place there once it is sent: as on every other device", () => {
	let items = mergeItems([says("a")], [waits("mine"), waits("later")], []);
	items = mergeItems(items, [says("b")], []);
	expect(order(items)).toBe("a b mine later");
	items = mergeItems(items, [{ ...waits("mine"), state: "sent" }, says("c")], []);
	expect(order(items)).toBe("a b mine c later");
	items = mergeItems(items, [{ ...waits("later"), state: "failed" }, says("d")], []);
	expect(order(items)).toBe("a b mine c d later");
	items = mergeItems(items, [{ ...waits("later"), state: "sent" }], []);
	expect(order(items)).toBe("a b mine c d later");
});
