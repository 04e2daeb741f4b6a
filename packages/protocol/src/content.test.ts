import { encodeCbor, utf8 } from "@sotto/bytes";
import { newMessageId, parseMessageId } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeStatedPosition, parseStatedPosition } from "./authenticated-data.ts";
import {
	type ContentItem,
	encodeContent,
	maxContentBytes,
	maxItemsPerMessage,
	maxTextLength,
	parseContent,
} from "./content.ts";
import { encodeHint, parseHint } from "./hint.ts";

const items = fc.array(
	fc
		.record({
			messageId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
			sentAt: fc.nat(2_000_000_000_000),
			text: fc.string({ maxLength: 300 }),
		})
		.map(({ messageId, sentAt, text }): ContentItem => {
			const id = parseMessageId(messageId);
			if (!id.ok) throw new Error("16 bytes");
			return { messageId: id.value, sentAt, content: { type: "text", text } };
		}),
	{ maxLength: 10 },
);

test("what a message says comes back from its bytes", () => {
	fc.assert(
		fc.property(items, (bundle) => {
			expect(parseContent(encodeContent(bundle))).toEqual({ ok: true, value: bundle });
		}),
	);
	const call: ContentItem = {
		messageId: newMessageId(),
		sentAt: 5,
		content: { type: "ringAddress", address: new Uint8Array(97) },
	};
	expect(parseContent(encodeContent([call]))).toEqual({ ok: true, value: [call] });
});

test("no bytes make the parsers throw, and what they take they write again byte for byte", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
			const content = parseContent(bytes);
			if (content.ok) expect(encodeContent(content.value)).toEqual(bytes);
			const stated = parseStatedPosition(bytes);
			if (stated.ok) expect(encodeStatedPosition(stated.value)).toEqual(bytes);
		}),
	);
});

test("content beyond its bounds is refused: too many items, too long a text, too many bytes, unknown kinds and versions", () => {
	const item = (text: string): ContentItem => ({
		messageId: newMessageId(),
		sentAt: 1,
		content: { type: "text", text },
	});
	const isRefused = (bytes: Uint8Array) => !parseContent(bytes).ok;
	expect(isRefused(encodeContent(Array.from({ length: maxItemsPerMessage + 1 }, () => item("x"))))).toBe(true);
	expect(isRefused(encodeContent([item("x".repeat(maxTextLength))]))).toBe(false);
	expect(isRefused(encodeContent([item("x".repeat(maxTextLength + 1))]))).toBe(true);
	expect(isRefused(new Uint8Array(maxContentBytes + 1))).toBe(true);
	expect(isRefused(encodeCbor({ v: 2, items: [] }))).toBe(true);
	expect(
		isRefused(encodeCbor({ v: 1, items: [{ messageId: new Uint8Array(16), sentAt: 1, content: { type: "dance" } }] })),
	).toBe(true);
	const extra = { messageId: new Uint8Array(16), sentAt: 1, content: { type: "text", text: "x", shout: true } };
	expect(isRefused(encodeCbor({ v: 1, items: [extra] }))).toBe(true);
});

test("R3: a hint names its kind and one position, in 36 bytes", () => {
	fc.assert(
		fc.property(
			fc.boolean(),
			fc.integer({ min: 0, max: 4096 }),
			fc.uint8Array({ minLength: 32, maxLength: 32 }),
			(isCall, seq, head) => {
				const hint = { kind: isCall ? ("call" as const) : ("message" as const), seq, head: new Uint8Array(head) };
				const bytes = encodeHint(hint);
				expect(bytes).toHaveLength(36);
				expect(parseHint(bytes)).toEqual({ ok: true, value: hint });
			},
		),
	);
	for (const bytes of [new Uint8Array(36), new Uint8Array(35).fill(1), utf8("hint")])
		expect(parseHint(bytes).ok).toBe(false);
});
