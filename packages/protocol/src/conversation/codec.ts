import {
	booleanShape,
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	Secret,
	type Shape,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { urgencyShape } from "@sotto/api";
import { maxItemsPerMessage, timeShape } from "../content.ts";
import { parseAccountKey, parseMessageId, parseRecordHash, shapeOf } from "@sotto/crypto";
import type { Alarm, ConversationState, LogRef, Outbox, Stop } from "./state.ts";

const hash = bytesShape(32, 32);
const count = integerShape(0, 2 ** 40);
const secret: Shape<Secret> = (value, at) => {
	const bytes = hash(value, at);
	return bytes.ok ? ok(new Secret(bytes.value)) : bytes;
};
const place = mapShape({ seq: count, head: hash });
const log = mapShape({ seed: secret, index: count, ordinal: count });
const account = shapeOf(parseAccountKey);

const outboxShape = mapShape({
	what: literalShape("message", "commit"),
	epoch: count,
	ordinal: count,
	dedupeId: shapeOf(parseRecordHash),
	mlsHash: shapeOf(parseRecordHash),
	items: listShape(shapeOf(parseMessageId), maxItemsPerMessage),
	urgency: urgencyShape,
	/** Leaves to ring, as an earlier version noted them. */
	rings: optional(listShape(count, 250)),
	confirmationTag: optional(bytesShape(1, 256)),
	tries: count,
	refused: optional(textShape(64)),
});

const stopShape = taggedShape("kind", {
	stranded: mapShape({
		kind: literalShape("stranded"),
		by: optional(account),
		unseats: optional(listShape(account, 250)),
	}),
	rolledBack: mapShape({ kind: literalShape("rolledBack") }),
	removed: mapShape({ kind: literalShape("removed"), stays: optional(booleanShape) }),
	damaged: mapShape({ kind: literalShape("damaged") }),
	waiting: mapShape({ kind: literalShape("waiting") }),
	forked: mapShape({ kind: literalShape("forked"), by: optional(account) }),
});

const alarmShape = taggedShape("kind", {
	forked: mapShape({
		kind: literalShape("forked"),
		by: optional(account),
		seq: count,
		ours: hash,
		stated: hash,
		at: timeShape,
	}),
	serverLostRecords: mapShape({ kind: literalShape("serverLostRecords"), at: timeShape }),
});

const stateShape = mapShape({
	v: literalShape(1),
	groupId: bytesShape(1, 255),
	leaf: count,
	epoch: count,
	log,
	at: place,
	commitsInLog: count,
	previous: optional(mapShape({ log, at: place, leftAt: optional(timeShape) })),
	ownInEpoch: count,
	ownInLog: count,
	owesCommit: booleanShape,
	heard: booleanShape,
	outbox: optional(outboxShape),
	takenBack: optional(shapeOf(parseRecordHash)),
	stop: optional(stopShape),
	alarm: optional(alarmShape),
});

/** For the local store: deterministic CBOR, a few hundred bytes. Holds secrets. */
export function encodeConversationState(state: ConversationState): Bytes {
	const { previous, outbox, stop, alarm } = state;
	return encodeCbor({
		...state,
		v: 1,
		log: plainLog(state.log),
		at: { ...state.at },
		previous: previous && { ...previous, log: plainLog(previous.log), at: { ...previous.at } },
		outbox: outbox && ({ ...outbox } as CborValue),
		stop: stop && plainStop(stop),
		alarm: alarm && ({ ...alarm } as CborValue),
	});
}

export function decodeConversationState(bytes: Uint8Array): Result<ConversationState, ShapeError> {
	const parsed = parseCbor(stateShape, bytes);
	if (!parsed.ok) return parsed;
	const { v: _, ...state } = parsed.value;
	const { outbox, stop, alarm } = state;
	return ok({
		...state,
		previous: state.previous,
		takenBack: state.takenBack,
		outbox: outbox && fillOutbox(outbox),
		stop: stop && ((stop.kind === "stranded" || stop.kind === "forked" ? { ...stop, by: stop.by } : stop) as Stop),
		alarm: alarm && ((alarm.kind === "forked" ? { ...alarm, by: alarm.by } : alarm) as Alarm),
	});
}

function plainStop(stop: Stop): CborValue {
	if (stop.kind !== "stranded" || stop.unseats === undefined) return { ...stop } as CborValue;
	return { ...stop, unseats: [...stop.unseats] };
}

function fillOutbox(stored: ShapeOf<typeof outboxShape>): Outbox {
	const { rings: _, ...outbox } = stored;
	return { ...outbox, confirmationTag: outbox.confirmationTag, refused: outbox.refused };
}

function plainLog(ref: LogRef): CborValue {
	return { seed: ref.seed.use((bytes) => bytes), index: ref.index, ordinal: ref.ordinal };
}
