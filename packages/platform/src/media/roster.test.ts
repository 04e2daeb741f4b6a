import { describe, expect, test } from "vitest";
import { type CheckedEntry, Roster } from "./roster.ts";

const id = (byte: number) => new Uint8Array(16).fill(byte);
const own = id(9);

let count = 0;

function entry(participant: number, leaf: number, more: Partial<CheckedEntry<string>> = {}): CheckedEntry<string> {
	return {
		participantId: id(participant),
		m: 0,
		supersedes: undefined,
		counters: [0, 0, 0],
		seen: [own],
		count: ++count,
		signs: { muted: false, handRaisedAt: undefined, camera: false, screen: false, weakLine: false },
		reactions: [],
		person: `person ${leaf}`,
		leaf,
		...more,
	};
}

describe("the roster (K4)", () => {
	test("names a participant whose entry sees us", () => {
		const roster = new Roster<string>();
		expect(roster.personOf(id(1))).toBeUndefined();
		expect(roster.judge(entry(1, 5), own).kind).toBe("authorize");
		expect(roster.personOf(id(1))).toBe("person 5");
	});

	test("an entry that does not list us vouches for nobody: the sfu may have kept it", () => {
		const roster = new Roster<string>();
		expect(roster.judge(entry(1, 5, { seen: [id(3)] }), own)).toEqual({ kind: "refuse", reason: "doesNotSeeUs" });
		expect(roster.personOf(id(1))).toBeUndefined();
	});

	test("nobody can take another's tile: a participant belongs to the leaf that claimed it first", () => {
		const roster = new Roster<string>();
		roster.judge(entry(1, 5), own);
		expect(roster.judge(entry(1, 6), own)).toEqual({ kind: "refuse", reason: "otherLeaf" });
		expect(roster.personOf(id(1))).toBe("person 5");
	});

	test("whoever hands over to a new id is heard under the old one for 5 s more, and that one is refused for the rest of the call", () => {
		const roster = new Roster<string>();
		roster.judge(entry(1, 5), own);
		const revoke = [{ id: id(1), graceMs: 5_000 }];
		expect(roster.judge(entry(2, 5, { supersedes: id(1) }), own)).toMatchObject({ kind: "authorize", revoke });
		expect(roster.judge(entry(1, 5), own)).toEqual({ kind: "refuse", reason: "superseded" });
		expect(roster.judge(entry(2, 5, { supersedes: id(1) }), own)).toMatchObject({ kind: "authorize", revoke: [] });
		expect([roster.personOf(id(1)), roster.leafOf(id(2))]).toEqual(["person 5", 5]);
		roster.forget(id(1));
		expect(roster.personOf(id(1))).toBeUndefined();
		expect(roster.personOf(id(2))).toBe("person 5");
	});

	test("whoever comes back without naming its old id has left it at once", () => {
		const roster = new Roster<string>();
		roster.judge(entry(1, 5), own);
		const revoke = [{ id: id(1), graceMs: 0 }];
		expect(roster.judge(entry(2, 5), own)).toMatchObject({ kind: "authorize", revoke });
	});

	test("an entry that was heard before brings back no sign", () => {
		const roster = new Roster<string>();
		const first = entry(1, 5);
		roster.judge(first, own);
		expect(roster.judge(first, own)).toEqual({ kind: "refuse", reason: "replayed" });
	});

	test("an old id that was never seen is refused too, once its successor named it", () => {
		const roster = new Roster<string>();
		roster.judge(entry(2, 5, { supersedes: id(1) }), own);
		expect(roster.judge(entry(1, 5), own)).toEqual({ kind: "refuse", reason: "superseded" });
	});

	test("nobody can put another out by claiming to supersede it", () => {
		const roster = new Roster<string>();
		roster.judge(entry(1, 5), own);
		expect(roster.judge(entry(2, 6, { supersedes: id(1) }), own)).toMatchObject({ kind: "authorize", revoke: [] });
		expect(roster.judge(entry(1, 5), own).kind).toBe("authorize");
		expect(roster.personOf(id(1))).toBe("person 5");
		roster.judge(entry(2, 6, { supersedes: id(3) }), own);
		expect(roster.judge(entry(3, 7), own).kind).toBe("authorize");
	});
});
