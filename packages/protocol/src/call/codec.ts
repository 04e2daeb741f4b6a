import {
	booleanShape,
	type Bytes,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import type { CallLine, CallSession, CallState, LineCall } from "./state.ts";

const time = integerShape(0, Number.MAX_SAFE_INTEGER);
const id = textShape(128);
const count = integerShape(0, 1 << 20);
const author = mapShape({ account: id, device: literalShape("thisDevice", "ownOther", "other") });

const lineCallShape = mapShape({
	callId: id,
	caller: optional(author),
	video: booleanShape,
	at: time,
	sentAt: time,
	live: booleanShape,
	ring: literalShape("waiting", "decided"),
	quiet: booleanShape,
	answered: booleanShape,
	over: literalShape("no", "said", "taken"),
	m: count,
	roomM: count,
	hasKeys: booleanShape,
	nobodySince: optional(time),
});

const frame = {
	callId: id,
	asked: optional(id),
	conversation: id,
	direction: literalShape("incoming", "outgoing"),
	video: booleanShape,
	startedAt: time,
} as const;

const refusal = mapShape({ account: id, reason: literalShape("declined", "busy") });

const reason = literalShape(
	"hungUp",
	"remoteHungUp",
	"declined",
	"busy",
	"cancelled",
	"noAnswer",
	"missed",
	"failed",
	"elsewhere",
);

const sessionShape = taggedShape("phase", {
	idle: mapShape({ phase: literalShape("idle") }),
	checking: mapShape({
		...frame,
		phase: literalShape("checking"),
		quiet: booleanShape,
		since: time,
		giveUpAt: time,
		nextProbeAt: time,
	}),
	starting: mapShape({
		...frame,
		phase: literalShape("starting"),
		quiet: booleanShape,
		since: time,
		giveUpAt: time,
		lost: booleanShape,
	}),
	ringingOut: mapShape({
		...frame,
		phase: literalShape("ringingOut"),
		since: time,
		giveUpAt: time,
		called: listShape(id, 256),
		refusals: listShape(refusal, 256),
	}),
	ringingIn: mapShape({ ...frame, phase: literalShape("ringingIn"), since: time, giveUpAt: time }),
	joining: mapShape({
		...frame,
		phase: literalShape("joining"),
		since: time,
		aliveAt: time,
		counted: booleanShape,
	}),
	connected: mapShape({
		...frame,
		phase: literalShape("connected"),
		since: time,
		aliveAt: time,
		counted: booleanShape,
		others: count,
	}),
	reconnecting: mapShape({
		...frame,
		phase: literalShape("reconnecting"),
		since: time,
		connectedAt: time,
		aliveAt: time,
		counted: booleanShape,
	}),
	ended: mapShape({ ...frame, phase: literalShape("ended"), at: time, durationMs: time, reason }),
});

const stateShape = mapShape({
	lines: listShape(
		mapShape({ conversation: id, direct: booleanShape, current: optional(lineCallShape) }),
		Number.MAX_SAFE_INTEGER,
	),
	session: sessionShape,
	rang: listShape(id, 256),
});

/** What the client keeps of its calls over a restart; holds no key. */
export function encodeCallState(state: CallState): Bytes {
	return encodeCbor({
		lines: state.lines.map((line) => ({ ...line, current: line.current && { ...line.current } })),
		session: { ...state.session },
		rang: state.rang,
	});
}

/** The inverse of {@link encodeCallState}. Optional keys that are missing become undefined. */
export function parseCallState(bytes: Uint8Array): Result<CallState, ShapeError> {
	const parsed = parseCbor(stateShape, bytes);
	if (!parsed.ok) return parsed;
	const { lines, session, rang } = parsed.value;
	const restored: CallLine[] = lines.map(({ conversation, direct, current }) => ({
		conversation,
		direct,
		current: current && ({ ...current, caller: current.caller, nobodySince: current.nobodySince } satisfies LineCall),
	}));
	const whole: CallSession = session.phase === "idle" ? session : { ...session, asked: session.asked };
	return { ok: true, value: { lines: restored, session: whole, rang } };
}
