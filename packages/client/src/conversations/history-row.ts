import {
	booleanShape,
	type Bytes,
	type CborValue,
	encodeCbor,
	equalBytes,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { parseAccountKey, parseMessageId, shapeOf } from "@sotto/crypto";
import { maxGroupNameLength, maxMentions, maxTextLength, timeShape } from "@sotto/protocol";
import type { CallRecordView, ConversationEvent, HistoryItem, PersonView } from "../sdk.ts";

const conversationEvents = [
	"contactAccepted",
	"contactAdded",
	"nameChanged",
	"forkAlarm",
	"successor",
	"groupCreated",
	"groupRenamed",
	"pictureChanged",
	"personAdded",
	"personRemoved",
	"personLeft",
	"madeAdmin",
	"madeMember",
	"deviceJoined",
	"deviceRemoved",
	"deviceEvicted",
	"deviceReadmitted",
	"misbehaved",
] as const satisfies readonly ConversationEvent[];

const id = textShape(64);
const account = shapeOf(parseAccountKey);

const rowShape = taggedShape("kind", {
	message: mapShape({
		kind: literalShape("message"),
		id,
		/** Of own messages, which may have to go again in a successor (C10). */
		messageId: optional(shapeOf(parseMessageId)),
		account,
		mine: booleanShape,
		text: textShape(maxTextLength),
		mentions: optional(listShape(account, maxMentions)),
		sentAt: timeShape,
		state: literalShape("sending", "sent", "failed"),
	}),
	call: mapShape({
		kind: literalShape("call"),
		id,
		call: textShape(64),
		title: textShape(1000),
		direction: literalShape("incoming", "outgoing"),
		outcome: literalShape("ongoing", "answered", "missed", "declined", "cancelled", "busy", "noAnswer", "failed"),
		video: booleanShape,
		startedAt: timeShape,
		durationMs: integerShape(0, 2 ** 45),
	}),
	event: mapShape({
		kind: literalShape("event"),
		id,
		at: timeShape,
		event: literalShape(...conversationEvents),
		account: optional(account),
		/** Who did it. */
		by: optional(account),
		text: optional(textShape(maxGroupNameLength)),
	}),
});
/** One row of the history as it lies in the store: people by account, so that a changed name shows everywhere. */
export type HistoryRow = ShapeOf<typeof rowShape>;
export type MessageRow = HistoryRow & { readonly kind: "message" };

export function encodeRow(row: HistoryRow): Bytes {
	return encodeCbor({ ...row } as CborValue);
}

export function decodeRow(bytes: Uint8Array): Result<HistoryRow, ShapeError> {
	return parseCbor(rowShape, bytes);
}

export function rowOfCall(item: string, record: CallRecordView): HistoryRow {
	const { call, title, direction, outcome, video, startedAt, durationMs } = record;
	return {
		kind: "call",
		id: item,
		call,
		title,
		direction,
		outcome,
		video,
		startedAt: Math.max(0, Math.round(startedAt)),
		durationMs: Math.max(0, Math.round(durationMs)),
	};
}

/** When the row happened, for the list's order. */
export function timeOf(row: HistoryRow): number {
	switch (row.kind) {
		case "message":
			return row.sentAt;
		case "call":
			return row.startedAt;
		case "event":
			return row.at;
	}
}

/** The row as the app sees it. */
export function itemOfRow(
	row: HistoryRow,
	conversation: string,
	personOf: (account: Uint8Array) => PersonView,
	own: Uint8Array | undefined,
): HistoryItem {
	switch (row.kind) {
		case "message": {
			const { account: author, messageId: _, mentions = [], ...message } = row;
			return {
				...message,
				author: personOf(author),
				mentions: mentions.map(personOf),
				mentionsMe: own !== undefined && mentions.some((one) => equalBytes(one, own)),
			};
		}
		case "call":
			return { ...row, conversation };
		case "event":
			return {
				kind: "event",
				id: row.id,
				at: row.at,
				event: row.event,
				person: row.account === undefined ? undefined : personOf(row.account),
				by:
					row.by === undefined || row.account === undefined || equalBytes(row.by, row.account)
						? undefined
						: personOf(row.by),
				text: row.text,
			};
	}
}
