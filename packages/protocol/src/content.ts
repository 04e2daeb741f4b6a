import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { parseAccountKey, parseMessageId, shapeOf } from "@sotto/crypto";
import { maxStatementBytes } from "./authenticated-data.ts";
import { callContentShapes } from "./call-content.ts";
import { syncContentShapes } from "./sync.ts";

/** The longest text of one message, in UTF-16 units. */
export const maxTextLength = 20_000;
/** People that one message may mention. */
export const maxMentions = 32;
/** The longest name of a person, in UTF-16 units. */
export const maxNameLength = 64;
/** User messages that one MLS message may hold (C5), and the bytes that they may take together. */
export const maxItemsPerMessage = 64;
export const maxContentBytes = 400_000;
/** The largest time we accept, in ms since 1970: the year 9999. */
export const maxTime = 253_402_300_799_999;
export const timeShape = integerShape(0, maxTime);

/** What one user message of a conversation says. A new kind is added here, with its CDDL in docs/spec/conversations.md. */
export const contentShape = taggedShape("type", {
	text: mapShape({
		type: literalShape("text"),
		text: textShape(maxTextLength),
		/** Accounts whose names stand in the text behind an @. */
		mentions: optional(listShape(shapeOf(parseAccountKey), maxMentions)),
	}),
	/** What its author is called, for members who are not in contact. */
	introduction: mapShape({ type: literalShape("introduction"), name: textShape(maxNameLength) }),
	/** C9: its author's account wants to leave; whoever reads it may carry the statement out. */
	leave: mapShape({ type: literalShape("leave"), statement: bytesShape(1, maxStatementBytes) }),
	/** R1: by which the author's device may be rung from now on; a later one replaces it. */
	ringAddress: mapShape({ type: literalShape("ringAddress"), address: bytesShape(80, 160) }),
	...callContentShapes,
	...syncContentShapes,
});
export type ConversationContent = ShapeOf<typeof contentShape>;

/** A user message as it is sealed: receivers de-duplicate by (author's account, `messageId`). C5 */
export const contentItemShape = mapShape({
	messageId: shapeOf(parseMessageId),
	/** By its author's clock, ms since 1970. */
	sentAt: timeShape,
	content: contentShape,
});
export type ContentItem = ShapeOf<typeof contentItemShape>;

const bundleShape = mapShape({ v: literalShape(1), items: listShape(contentItemShape, maxItemsPerMessage) });

/** The application data of one MLS message: its user messages, in order. */
export function encodeContent(items: readonly ContentItem[]): Bytes {
	return encodeCbor({ v: 1, items: items.map((item) => ({ ...item, content: { ...item.content } })) });
}

/** The inverse of {@link encodeContent}. What does not parse is shown to nobody; its record counts all the same. */
export function parseContent(
	bytes: Uint8Array,
): Result<readonly ContentItem[], ShapeError | { readonly kind: "tooLarge" }> {
	if (bytes.length > maxContentBytes) return err({ kind: "tooLarge" });
	const bundle = parseCbor(bundleShape, bytes);
	return bundle.ok ? ok(bundle.value.items) : bundle;
}
