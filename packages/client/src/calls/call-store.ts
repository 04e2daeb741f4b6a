import {
	booleanShape,
	type Bytes,
	encodeCbor,
	integerShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Secret,
	textShape,
} from "@sotto/bytes";
import {
	type CallState,
	encodeCallState,
	encodeRosterState,
	initialCallState,
	parseCallState,
	parseRosterState,
	type RosterState,
} from "@sotto/protocol";
import type { Store, StoreOp } from "../ports.ts";
import type { CallRecordView } from "../sdk.ts";
import { revealed, secretShape } from "../store/secrets.ts";
import { listPrefix, unwrapStore } from "../store/transaction.ts";

/** K2: `callBase(m)` as this device took it. */
export type CallBase = {
	readonly callId: string;
	readonly m: number;
	/** Whether the room's key pair comes from this one: the start's, and each removal's. */
	readonly room: boolean;
	readonly takenAt: number;
	readonly secret: Secret;
	/** The seed of the room's key pair that was, when this device entered in mid-call: it has no base of that room (C1). */
	readonly toldRoom?: Secret;
};

/** A record without its title, which is the conversation's of the day. */
export type StoredRecord = Omit<CallRecordView, "title">;

const stateKey = "call/state";
const basePrefix = "call/base/";
/** The table of call records; archives carry its rows. */
export const recordPrefix = "call/record/";
const rosterPrefix = "call/roster/";
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
const time = integerShape(0, Number.MAX_SAFE_INTEGER);
const id = textShape(128);

const baseShape = mapShape({
	callId: id,
	m: integerShape(0, 65_535),
	room: booleanShape,
	takenAt: time,
	secret: secretShape(32),
	toldRoom: optional(secretShape(32)),
});

const recordShape = mapShape({
	call: id,
	conversation: id,
	direction: literalShape("incoming", "outgoing"),
	outcome: literalShape("ongoing", "answered", "missed", "declined", "cancelled", "busy", "noAnswer", "failed"),
	video: booleanShape,
	startedAt: time,
	durationMs: time,
});

export function stateOp(state: CallState): StoreOp {
	return { op: "put", key: stateKey, value: encodeCallState(state) };
}

function baseKey(base: Pick<CallBase, "callId" | "m">): string {
	return `${basePrefix}${base.callId}/${hex(base.m, 4)}`;
}

export function putBaseOp({ secret, toldRoom, ...base }: CallBase): StoreOp {
	const told = toldRoom === undefined ? {} : { toldRoom: revealed(toldRoom) };
	return { op: "put", key: baseKey(base), value: encodeCbor({ ...base, secret: revealed(secret), ...told }) };
}

export function deleteBaseOp(base: CallBase): StoreOp {
	return { op: "delete", key: baseKey(base) };
}

export function putRosterOp(roster: RosterState): StoreOp {
	return { op: "put", key: `${rosterPrefix}${roster.callId}`, value: encodeRosterState(roster) };
}

export function deleteRosterOp(callId: string): StoreOp {
	return { op: "delete", key: `${rosterPrefix}${callId}` };
}

function recordKey(record: StoredRecord): string {
	return `${recordPrefix}${hex(record.startedAt, 12)}/${record.call}`;
}

export function decodeRecord(row: Bytes): StoredRecord | undefined {
	return okOr(parseCbor(recordShape, row));
}

export function putRecordOp(record: StoredRecord): StoreOp {
	return { op: "put", key: recordKey(record), value: encodeCbor({ ...record }) };
}

export function deleteRecordOp(record: StoredRecord): StoreOp {
	return { op: "delete", key: recordKey(record) };
}

export type StoredCalls = {
	readonly state: CallState;
	readonly bases: readonly CallBase[];
	readonly rosters: readonly RosterState[];
	/** Oldest first. */
	readonly records: readonly StoredRecord[];
};

/** What is left of the run before. What does not parse is from a version that is gone: it is dropped. */
export async function loadCalls(store: Store): Promise<StoredCalls> {
	const state = unwrapStore(await store.get(stateKey));
	const parsed = state === undefined ? undefined : parseCallState(state);
	return {
		state: parsed?.ok === true ? parsed.value : initialCallState,
		bases: await parseAll(store, basePrefix, (value) => okOr(parseCbor(baseShape, value))),
		rosters: await parseAll(store, rosterPrefix, (value) => okOr(parseRosterState(value))),
		records: await parseAll(store, recordPrefix, decodeRecord),
	};
}

async function parseAll<T>(store: Store, prefix: string, parse: (value: Bytes) => T | undefined): Promise<T[]> {
	const rows = await listPrefix(store, prefix);
	return rows.map(({ value }) => parse(value)).filter((value) => value !== undefined);
}

function okOr<T>(
	result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T | undefined {
	return result.ok ? result.value : undefined;
}
