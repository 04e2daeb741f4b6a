import { type Bytes, Secret } from "@sotto/bytes";
import { type AccountKey, type Head, nextHead, randomBytes, type RecordHash, recordHash } from "@sotto/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeConversationState, encodeConversationState } from "./codec.ts";
import { type Judged, stepRead } from "./read.ts";
import { enqueue, nextSend, positionToState, stepAppended } from "./send.ts";
import { conversationRules, type ConversationState, type Outbox, secretsOf, startConversation } from "./state.ts";
import { checkTip, resumeAfterFork, stopAtFork } from "./tip.ts";
import { ModelDevice, ModelHome } from "./world.test-kit.ts";

/** Small numbers, so that few moves meet every rule: many commits, full logs, or both. */
const ruleSets = fc.constantFrom(
	{ ...conversationRules, maxLogRecords: 6, maxCommitsInLog: 2, maxOwnInEpoch: 2, guardedTries: 1 },
	{ ...conversationRules, maxLogRecords: 2, maxCommitsInLog: 9, maxOwnInEpoch: 7, guardedTries: 3 },
	{ ...conversationRules, maxLogRecords: 3, maxCommitsInLog: 3, maxOwnInEpoch: 1, guardedTries: 0 },
);
const members = 3;

type Move = { readonly who: number; readonly what: "write" | "read" | "send" | "restart"; readonly how: number };
const moves: fc.Arbitrary<Move[]> = fc.array(
	fc.record({
		who: fc.nat(members - 1),
		what: fc.constantFrom("write" as const, "read" as const, "send" as const, "send" as const, "restart" as const),
		how: fc.nat(9),
	}),
	{ maxLength: 150 },
);

const fates = ["arrives", "arrives", "arrives", "unanswered", "lost"] as const;

test("C2 to C6, L3: whatever the order of writing, reading, losing and dying, all agree on one order, nothing is lost or doubled, and no key seals twice", () => {
	fc.assert(
		fc.property(moves, ruleSets, (run, rules) => {
			const home = new ModelHome(rules);
			const devices = Array.from({ length: members }, (_, leaf) => new ModelDevice(home, rules, leaf, members));
			let written = 0;
			for (const { who, what, how } of run) {
				const device = devices[who] as ModelDevice;
				if (what === "write") device.queue.push(`${who}:${written++}`);
				else if (what === "read") device.read(how);
				else if (what === "restart") device.restart();
				else device.send(fates[how % fates.length] as (typeof fates)[number]);
			}
			// The network becomes good: everything drains.
			for (let round = 0; round < 400; round++) {
				for (const device of devices) {
					device.read(Number.POSITIVE_INFINITY);
					device.send("arrives");
				}
				if (devices.every((device) => device.queue.length === 0 && device.state.outbox === undefined)) break;
			}
			for (const device of devices) device.read(Number.POSITIVE_INFINITY);
			const [first] = devices as [ModelDevice];
			for (const device of devices) expect(device.counted).toEqual(first.counted);
			expect(new Set(first.counted).size).toBe(written);
			for (let who = 0; who < members; who++) {
				const own = first.counted
					.filter((item) => item.startsWith(`${who}:`))
					.map((item) => Number(item.split(":")[1]));
				expect(own).toEqual(own.toSorted((a, b) => a - b));
			}
		}),
		{ numRuns: 150 },
	);
});

const me = new Uint8Array(32).fill(1) as AccountKey;
const them = new Uint8Array(32).fill(2) as AccountKey;

function begin(joined = false): ConversationState {
	const options = {
		groupId: randomBytes(32),
		leaf: 0,
		epoch: 1,
		logSeed: new Secret(randomBytes(32)),
		ordinal: 0,
		joined,
	};
	return startConversation(options);
}

function outboxOf(state: ConversationState, parts: Partial<Outbox> = {}): Outbox {
	return {
		what: "message",
		epoch: state.epoch,
		ordinal: state.log.ordinal,
		dedupeId: recordHash(randomBytes(10)),
		mlsHash: recordHash(randomBytes(10)),
		items: [],
		urgency: "message",
		confirmationTag: undefined,
		tries: 0,
		refused: undefined,
		...parts,
	};
}

const unstated = { position: undefined, ours: undefined, oursAtClosing: undefined };
const message = (leaf: number, mlsHash: RecordHash): Judged => ({
	kind: "message",
	leaf,
	account: leaf === 0 ? me : them,
	isOwnAccount: leaf === 0,
	mlsHash,
	stated: unstated,
});
const commit = (leaf: number, parts: Partial<Judged & { kind: "commit" }> = {}): Judged => ({
	kind: "commit",
	leaf,
	account: leaf === 0 ? me : them,
	isOwnAccount: leaf === 0,
	mlsHash: recordHash(randomBytes(4)),
	stated: unstated,
	confirmationTag: new Uint8Array(32).fill(leaf + 1),
	outcome: leaf === 0 ? "own" : "advanced",
	membership: false,
	seedAfter: new Secret(randomBytes(32)),
	...parts,
});
const read = (state: ConversationState, judged: Judged, hash = recordHash(randomBytes(8))) =>
	stepRead(state, { hash, judged }, 1000, conversationRules);
const ready = { hasReadToTip: true, hasQueuedItems: true, hasDueWishes: false };

describe("reading", () => {
	test("C2: a void record moves the position and the head, and nothing else", () => {
		const state = begin();
		const hash = recordHash(randomBytes(8));
		const { state: after, effects } = read(state, { kind: "void" }, hash);
		expect(effects).toEqual([]);
		expect(after).toEqual({ ...state, at: { seq: 1, head: nextHead(state.at.head as Head, 1, hash) } });
	});

	test("C3: who cannot follow a counting commit stops, names its author, and takes nothing more", () => {
		const stranded = read(begin(), commit(1, { outcome: "stranded", seedAfter: undefined }));
		expect(stranded.state.stop).toEqual({ kind: "stranded", by: them });
		expect(stranded.effects).toEqual([{ kind: "stopped" }]);
		const more = read(stranded.state, commit(1));
		expect(more.state).toBe(stranded.state);
		expect(nextSend(stranded.state, ready, conversationRules)).toEqual({ kind: "nothing" });
	});

	test("C4: the own commit takes its pending state by its tag; another's drops it; an unknown own one is C7", () => {
		const tag = new Uint8Array(32).fill(1);
		const waiting = (state: ConversationState) =>
			enqueue(state, outboxOf(state, { what: "commit", confirmationTag: tag }));
		const own = read(waiting(begin()), commit(0, { confirmationTag: tag }));
		expect(own.effects).toEqual([{ kind: "takePending" }]);
		expect(own.state).toMatchObject({ epoch: 2, outbox: undefined, ownInLog: 1 });
		const others = read(waiting(begin()), commit(1));
		expect(others.effects).toEqual([{ kind: "dropPending" }]);
		expect(others.state).toMatchObject({ epoch: 2, outbox: undefined });
		const unknown = read(waiting(begin()), commit(0, { confirmationTag: new Uint8Array(32).fill(9) }));
		expect(unknown.state.stop).toEqual({ kind: "rolledBack" });
	});

	test("C5: an own message counts when its MLS bytes are read, whatever record carried them", () => {
		const state = begin();
		const outbox = outboxOf(state);
		const { state: after, effects } = read(enqueue(state, outbox), message(0, outbox.mlsHash));
		expect(effects).toEqual([{ kind: "deliver", own: true }, { kind: "sent" }]);
		expect(after).toMatchObject({ outbox: undefined, ownInEpoch: 1, ownInLog: 1 });
	});

	test("C5: a commit of its epoch voids what is on its way, and it is sealed again", () => {
		const state = begin();
		const { state: after } = read(enqueue(state, outboxOf(state)), commit(1));
		expect(after.outbox).toBeUndefined();
		expect(nextSend(after, ready, conversationRules)).toEqual({ kind: "sealMessage" });
	});

	test("C7: an own record that is not on its way stops the device", () => {
		expect(read(begin(), message(0, recordHash(randomBytes(3)))).state.stop).toEqual({ kind: "rolledBack" });
	});

	test("C1: the log moves at a membership commit, and at the 32nd commit of any kind", () => {
		const moved = read(begin(), commit(1, { membership: true }));
		expect(moved.state).toMatchObject({ log: { index: 0, ordinal: 1 }, at: { seq: 0 }, commitsInLog: 0 });
		expect(moved.state.previous?.at.seq).toBe(1);
		let state = begin();
		for (let count = 1; count <= 32; count++) {
			expect(state.log.ordinal).toBe(0);
			state = read(state, commit(1)).state;
		}
		expect(state).toMatchObject({ log: { ordinal: 1, index: 0 }, commitsInLog: 0, epoch: 33 });
	});

	test("L3: a full log goes on in the next of its seed, commits counted on; a closing commit as the last record leads to its own seed", () => {
		const small = { ...conversationRules, maxLogRecords: 2 };
		const step = (state: ConversationState, judged: Judged) =>
			stepRead(state, { hash: recordHash(randomBytes(4)), judged }, 0, small);
		const full = step(step(begin(), commit(1)).state, { kind: "void" });
		expect(full.state).toMatchObject({ log: { index: 1, ordinal: 1 }, at: { seq: 0 }, commitsInLog: 1 });
		expect(full.effects).toMatchObject([{ kind: "moved", why: "full" }]);
		const closing = step(step(begin(), { kind: "void" }).state, commit(1, { membership: true }));
		expect(closing.state.log).toMatchObject({ index: 0, ordinal: 1 });
		expect(closing.effects).toMatchObject([{ kind: "moved", why: "commit" }]);
	});

	test("C8: another head at a stated position, or at the closing of the log before, is an alarm that names both and its author", () => {
		const state = read(begin(), { kind: "void" }).state;
		const stated = (head: Bytes, seq: number, closing?: { seq: number; head: Bytes }): Judged => ({
			...(message(1, recordHash(randomBytes(4))) as Judged & { kind: "message" }),
			stated: {
				position: { v: 1, index: 0, at: { seq, head }, ...(closing && { closing }) },
				ours: seq === 1 ? state.at.head : undefined,
				oursAtClosing: closing && new Uint8Array(32),
			},
		});
		expect(read(state, stated(state.at.head, 1)).state.alarm).toBeUndefined();
		const other = randomBytes(32);
		const alarmed = read(state, stated(other, 1));
		expect(alarmed.state.alarm).toEqual({
			kind: "forked",
			by: them,
			seq: 1,
			ours: state.at.head,
			stated: other,
			at: 1000,
		});
		expect(alarmed.effects.map(({ kind }) => kind)).toContain("deliver");
		expect(read(state, stated(other, 5)).state.alarm?.kind).toBe("forked");
		expect(read(state, stated(state.at.head, 1, { seq: 3, head: other })).state.alarm?.kind).toBe("forked");
	});
});

describe("sending", () => {
	test("C7: nothing goes before the log was read to its tip", () => {
		expect(nextSend(begin(), { ...ready, hasReadToTip: false }, conversationRules)).toEqual({
			kind: "nothing",
		});
	});

	test("P3: a joiner commits before its first message; C6: after 100 own messages in an epoch a commit comes first", () => {
		expect(nextSend(begin(true), ready, conversationRules)).toEqual({ kind: "sealCommit", why: "joined" });
		expect(nextSend(begin(true), { ...ready, isHeldBack: true }, conversationRules)).toEqual({ kind: "nothing" });
		expect(nextSend({ ...begin(), ownInEpoch: 99 }, ready, conversationRules)).toEqual({ kind: "sealMessage" });
		expect(nextSend({ ...begin(), ownInEpoch: 100 }, ready, conversationRules)).toEqual({
			kind: "sealCommit",
			why: "update",
		});
		expect(nextSend({ ...begin(), ownInEpoch: 100 }, { ...ready, hasQueuedItems: false }, conversationRules)).toEqual({
			kind: "nothing",
		});
	});

	test("C4: a commit is guarded by the head for three tries, a message never", () => {
		let state = begin();
		state = enqueue(state, outboxOf(state, { what: "commit", confirmationTag: new Uint8Array(32) }));
		for (let attempt = 0; attempt < 3; attempt++) {
			expect(nextSend(state, ready, conversationRules)).toEqual({ kind: "append", expectHead: state.at.head });
			state = stepAppended(state, { kind: "headMismatch" }).state;
		}
		expect(nextSend(state, ready, conversationRules)).toEqual({ kind: "append", expectHead: undefined });
		const text = enqueue(begin(), outboxOf(begin()));
		expect(nextSend(text, ready, conversationRules)).toEqual({ kind: "append", expectHead: undefined });
	});

	test("L3: what a full log refused is sealed again for the next, and only its record changes", () => {
		const small = { ...conversationRules, maxLogRecords: 1 };
		const state = begin();
		const waiting = enqueue(state, outboxOf(state));
		expect(stepAppended(waiting, { kind: "logFull" })).toEqual({ state: waiting, effect: { kind: "readLog" } });
		const moved = stepRead(waiting, { hash: recordHash(randomBytes(4)), judged: { kind: "void" } }, 0, small).state;
		expect(moved.outbox).toEqual(waiting.outbox);
		expect(nextSend(moved, ready, small)).toEqual({ kind: "resealRecord" });
	});

	test("C5: an acknowledged append that took the next place is processed from the bytes at hand; any other is read", () => {
		const state = begin();
		const outbox = outboxOf(state);
		const waiting = enqueue(state, outbox);
		const head = nextHead(state.at.head as Head, 1, outbox.dedupeId);
		const effect = (tip: { seq: number; head: Bytes } | undefined) =>
			stepAppended(waiting, { kind: "appended", tip }).effect.kind;
		expect(effect({ seq: 1, head })).toBe("readOwn");
		expect(effect({ seq: 1, head: randomBytes(32) })).toBe("readLog");
		expect(effect({ seq: 2, head })).toBe("readLog");
		expect(effect(undefined)).toBe("readLog");
		const refused = stepAppended(waiting, { kind: "refused", code: "wrongSize" });
		expect(refused.effect.kind).toBe("failed");
		expect(nextSend(refused.state, ready, conversationRules)).toEqual({ kind: "nothing" });
	});

	test("C8: the first message in a new log states where the one before ended", () => {
		const moved = read(begin(), commit(1, { membership: true })).state;
		expect(positionToState(moved)).toEqual({ v: 1, index: 0, at: moved.at, closing: moved.previous?.at });
		expect(positionToState({ ...moved, ownInLog: 1 }).closing).toBeUndefined();
	});
});

describe("tips", () => {
	const [a, b] = [randomBytes(32), randomBytes(32)];
	test("L4: a tip behind what was read is a restored server; a different record at a place that was read is a fork", () => {
		expect(checkTip({ seq: 3, head: a }, { seq: 5, head: b }, { seq: 5, head: b }, undefined)).toEqual({
			kind: "consistent",
		});
		expect(checkTip({ seq: 3, head: a }, { seq: 3, head: a }, { seq: 1, head: b }, b)).toEqual({
			kind: "serverLost",
			from: 2,
			to: 3,
		});
		expect(checkTip({ seq: 3, head: a }, { seq: 3, head: a }, { seq: 1, head: b }, a)).toMatchObject({
			kind: "forked",
			seq: 1,
		});
		expect(checkTip({ seq: 3, head: a }, { seq: 5, head: a }, { seq: 5, head: b }, undefined)).toMatchObject({
			kind: "forked",
			seq: 5,
		});
	});

	test("a fork stops the conversation; the true history starts it again, and a member's alarm stays", () => {
		const state = begin();
		const alarm = { kind: "forked" as const, by: undefined, seq: 1, ours: a, stated: b, at: 5 };
		const stopped = stopAtFork(state, alarm);
		expect(nextSend(stopped, ready, conversationRules)).toEqual({ kind: "nothing" });
		expect(resumeAfterFork(stopped)).toEqual(state);
		const named = stopAtFork({ ...state, alarm: { ...alarm, by: them } }, alarm);
		expect(resumeAfterFork(named)).toMatchObject({ stop: undefined, alarm: { by: them } });
	});
});

test("a state survives its encoding, and no bytes make the decoder throw", () => {
	const state = begin(true);
	const full = enqueue(
		{
			...read(state, commit(1, { membership: true })).state,
			stop: { kind: "stranded", by: them },
			alarm: { kind: "serverLostRecords", at: 4 },
		},
		outboxOf(state, { confirmationTag: randomBytes(32), items: [randomBytes(16) as Outbox["items"][number]] }),
	);
	for (const one of [state, full]) {
		const decoded = decodeConversationState(encodeConversationState(one));
		if (!decoded.ok) throw new Error(decoded.error.at);
		expect(encodeConversationState(decoded.value)).toEqual(encodeConversationState(one));
		expect(secretsOf(decoded.value.log).logId).toEqual(secretsOf(one.log).logId);
	}
	fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !decodeConversationState(bytes).ok));
});
