import { type Bytes, encodeCbor, integerShape, mapShape, parseCbor } from "@sotto/bytes";
import { timeShape } from "@sotto/protocol";
import type { ConversationMeta } from "./meta.ts";

const count = integerShape(0, 2 ** 40);
const activityShape = mapShape({ unread: count, activeAt: timeShape, nextQueued: count });

/** What every message changes of a conversation's meta: a row of its own, because the rest grows with the group's people. */
export function encodeActivity(meta: ConversationMeta): Bytes {
	return encodeCbor(activityOf(meta));
}

function activityOf({ unread, activeAt, nextQueued }: ConversationMeta) {
	return { unread, activeAt, nextQueued };
}

/** `meta` with the activity that was written since it was. */
export function withActivity(meta: ConversationMeta, row: Bytes | undefined): ConversationMeta {
	const activity = row === undefined ? undefined : parseCbor(activityShape, row);
	return activity?.ok ? { ...meta, ...activity.value } : meta;
}

/** Whether nothing but activity differs; what is unchanged is told by identity. */
export function isActivityAlone(before: ConversationMeta, after: ConversationMeta): boolean {
	const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof ConversationMeta>;
	return [...names].every((name) => name in activityOf(after) || before[name] === after[name]);
}
