import { bytesToBase64url } from "@sotto/bytes";
import { type CallId, type LogId, type ParticipantId, rosterEntryStep } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	acceptRoster,
	contest,
	createRoster,
	encodeRosterEntry,
	encodeRosterState,
	encodeSignedRoster,
	maxRosterReactions,
	maxRosterSeen,
	ownParticipant,
	parseRosterState,
	parseSignedRoster,
	type RosterEntry,
	type RosterState,
	supersededGraceMs,
} from "./roster.ts";

const id = (n: number) => new Uint8Array(16).fill(n) as ParticipantId;
const key = (n: number) => bytesToBase64url(id(n));
const callId = new Uint8Array(16).fill(200) as CallId;
const call = bytesToBase64url(callId);
const ours = 99;

let count = 0;

function entry(leaf: number, participant: number, changes: Partial<RosterEntry> = {}): RosterEntry {
	return {
		count: ++count,
		signs: { muted: false, camera: false, screen: false, weakLine: false },
		reactions: [],
		callId,
		leaf,
		m: 0,
		participantId: id(participant),
		counters: [0, 0, 0],
		seen: [id(ours)],
		logId: new Uint8Array(32) as LogId,
		seq: 7,
		head: new Uint8Array(32),
		...changes,
	} as RosterEntry;
}

const fresh = () => ownParticipant(createRoster(call, 1_000), id(ours));

function accepted(state: RosterState, given: RosterEntry) {
	const result = acceptRoster(state, given, id(ours));
	if (!result.ok) throw new Error(result.error);
	return result.value;
}

const refusal = (state: RosterState, given: RosterEntry, own = ours) => {
	const result = acceptRoster(state, given, id(own));
	return result.ok ? "accepted" : result.error;
};

test("an entry that lists our own id is accepted, one that does not is refused", () => {
	expect(refusal(fresh(), entry(1, 1))).toBe("accepted");
	expect(refusal(fresh(), entry(1, 1, { seen: [id(3)] }))).toBe("notForUs");
	expect(refusal(fresh(), entry(1, 1, { seen: [] }))).toBe("notForUs");
});

test("an entry for another call is refused", () => {
	expect(refusal(fresh(), entry(1, 1, { callId: new Uint8Array(16) as CallId }))).toBe("otherCall");
});

test("after we rejoin under a fresh id, everybody has to list it before being heard again", () => {
	const { state } = accepted(fresh(), entry(1, 1));
	const back = ownParticipant(state, id(98));
	expect(refusal(back, entry(1, 1), 98)).toBe("notForUs");
	expect(refusal(back, entry(1, 1, { seen: [id(98)] }), 98)).toBe("accepted");
	// The binding of what was verified before stays.
	expect(refusal(back, entry(2, 1, { seen: [id(98)] }), 98)).toBe("contested");
});

test("our own id shown by somebody else is refused", () => {
	expect(refusal(fresh(), entry(1, ours))).toBe("contested");
});

test("an id claimed by two leaves is nobody's from then on", () => {
	const { state } = accepted(fresh(), entry(1, 1));
	expect(refusal(state, entry(2, 1))).toBe("contested");
	const next = contest(state, id(1));
	expect(refusal(next, entry(1, 1))).toBe("superseded");
	expect(refusal(next, entry(2, 1))).toBe("superseded");
});

test("nobody can supersede the id of another leaf, known or not yet known", () => {
	const known = accepted(fresh(), entry(1, 1)).state;
	const after = accepted(known, entry(2, 2, { supersedes: id(1) }));
	expect(after.state.participants.map((other) => other.leaf)).toEqual([1, 2]);
	const early = accepted(fresh(), entry(2, 2, { supersedes: id(1) })).state;
	expect(refusal(early, entry(1, 1))).toBe("accepted");
});

test("a handover keeps the old id for 5 s, a return without one retires it at once, and neither comes back", () => {
	const first = accepted(fresh(), entry(1, 1)).state;
	const handover = accepted(first, entry(1, 2, { supersedes: id(1) }));
	expect(handover.retired).toEqual([{ participant: key(1), graceMs: supersededGraceMs }]);
	expect(refusal(handover.state, entry(1, 1))).toBe("superseded");
	const reload = accepted(first, entry(1, 3));
	expect(reload.retired).toEqual([{ participant: key(1), graceMs: 0 }]);
	expect(refusal(reload.state, entry(1, 1))).toBe("superseded");
});

test("an old entry played again does not lower the counters", () => {
	const high = accepted(fresh(), entry(1, 1, { counters: [500, 20] })).state;
	const again = accepted(high, entry(1, 1, { counters: [10, 30, 5] })).state;
	expect(again.participants[0]?.counters).toEqual([500, 30, 5]);
});

test("an older entry of the same id, played again, brings back neither signs nor reactions", () => {
	const raised = entry(1, 1, { signs: { muted: true, hand: 5, camera: false, screen: false, weakLine: false } });
	const lowered = entry(1, 1);
	const { state } = accepted(accepted(fresh(), raised).state, lowered);
	expect(refusal(state, raised)).toBe("replayed");
	expect(refusal(state, lowered)).toBe("replayed");
	expect(refusal(state, entry(1, 1, { m: 0 }))).toBe("accepted");
});

test("the largest entry, sealed and padded, fits into a frame of the roster channel", () => {
	const seen = Array.from({ length: maxRosterSeen }, (_, n) => id(n));
	const reactions = Array.from({ length: maxRosterReactions }, (_, n) => ({ n: n + 1, emoji: "\u2764".repeat(32) }));
	const most = Number.MAX_SAFE_INTEGER;
	const signs = { muted: true, hand: most, camera: true, screen: true, weakLine: true };
	const largest = entry(65_535, 1, { seen, reactions, signs, count: most, counters: [most, most, most], m: 65_535 });
	const signed = encodeSignedRoster({ entry: encodeRosterEntry(largest), signature: new Uint8Array(64) });
	expect(parseSignedRoster(signed).ok).toBe(true);
	expect(Math.ceil((signed.length + 64) / rosterEntryStep) * rosterEntryStep).toBeLessThanOrEqual(4096);
});

test("superseded ids outlive a reload", () => {
	const first = accepted(fresh(), entry(1, 1)).state;
	const { state } = accepted(first, entry(1, 2));
	const restored = parseRosterState(encodeRosterState(state));
	if (!restored.ok) throw new Error("does not parse");
	const back = ownParticipant(restored.value, id(98));
	expect(refusal(back, entry(1, 1, { seen: [id(98)] }), 98)).toBe("superseded");
	expect(new TextDecoder().decode(encodeRosterState(state))).not.toContain(key(ours));
});

test("whatever entries come, one id never stands for two leaves and no leaf speaks by two ids", () => {
	const any = fc.record({
		leaf: fc.integer({ min: 1, max: 3 }),
		participant: fc.integer({ min: 1, max: 5 }),
		supersedes: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
	});
	fc.assert(
		fc.property(fc.array(any, { size: "max", maxLength: 40 }), (list) => {
			let state = fresh();
			const gone = new Set<string>();
			for (const { leaf, participant, supersedes } of list) {
				const given = entry(leaf, participant, supersedes === undefined ? {} : { supersedes: id(supersedes) });
				const result = acceptRoster(state, given, undefined);
				state = result.ok ? result.value.state : result.error === "contested" ? contest(state, id(participant)) : state;
				for (const old of state.superseded) gone.add(`${old.leaf} ${old.participant}`);
				const ids = state.participants.map((other) => other.participant);
				const leaves = state.participants.map((other) => other.leaf);
				expect(new Set(ids).size).toBe(ids.length);
				expect(new Set(leaves).size).toBe(leaves.length);
				for (const other of state.participants) expect(gone.has(`${other.leaf} ${other.participant}`)).toBe(false);
			}
		}),
	);
});

test("an entry travels whole; changed or oversized bytes do not parse into another", () => {
	const given = entry(1, 1, { supersedes: id(4), counters: [1, 2, 3] });
	const bytes = encodeSignedRoster({ entry: encodeRosterEntry(given), signature: new Uint8Array(64) });
	const parsed = parseSignedRoster(bytes);
	expect(parsed).toMatchObject({ ok: true, value: { entry: { leaf: 1, seq: 7, counters: [1, 2, 3] } } });
	fc.assert(
		fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
			const changed = bytes.slice();
			changed[at] = (changed[at] as number) ^ flip;
			const result = parseSignedRoster(changed);
			// Either it does not parse, or what would be verified is other bytes: the signature sees every change.
			if (result.ok)
				expect([...result.value.signedBytes, ...result.value.signature]).not.toEqual([
					...encodeRosterEntry(given),
					...new Uint8Array(64),
				]);
		}),
	);
});

test("counters are those of the newest m, under which they count from 0 again, and an older m does not come back", () => {
	const before = accepted(fresh(), entry(1, 1, { counters: [5_000, 100, 0] })).state;
	const after = accepted(before, entry(1, 1, { m: 1, counters: [3, 0, 0] })).state;
	expect(after.participants[0]).toMatchObject({ m: 1, counters: [3, 0, 0] });
	expect(refusal(after, entry(1, 1, { m: 0, counters: [5_001, 100, 0] }))).toBe("replayed");
	expect(accepted(after, entry(1, 1, { m: 1, counters: [2, 4, 0] })).state.participants[0]?.counters).toEqual([
		3, 4, 0,
	]);
});
