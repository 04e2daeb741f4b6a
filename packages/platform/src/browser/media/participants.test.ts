import { bytesToHex, type Bytes } from "@sotto/bytes";
import { describe, expect, test } from "vitest";
import { haveMoved } from "../../media/places.ts";
import { Roster } from "../../media/roster.ts";
import { participantsOf } from "./participants.ts";

const id = (n: number): Bytes => new Uint8Array(16).fill(n);
const own = id(99);
const signs = { muted: false, handRaisedAt: undefined, camera: false, screen: false, weakLine: false };

let count = 0;
/** Leaf `leaf` goes by `participant` from now on; the one before it, if named, has 5 s more. */
function enter(roster: Roster<string>, leaf: number, participant: number, supersedes?: number): void {
	const verdict = roster.judge(
		{
			participantId: id(participant),
			leaf,
			person: `person ${leaf}`,
			m: 0,
			count: ++count,
			counters: [0, 0, 0],
			seen: [own],
			supersedes: supersedes === undefined ? undefined : id(supersedes),
			signs,
			reactions: [],
		},
		own,
	);
	expect(verdict.kind).toBe("authorize");
}

// Tracks are only handed on; there is no browser here to make one.
const track = (name: string) => ({ id: name }) as MediaStreamTrack;

/** A room with these participants in its seats, of whom those in `heard` are heard. */
function room(name: string, seated: readonly number[], heard: readonly number[]) {
	return {
		seats: new Map(seated.map((participant, seat) => [seat, id(participant)])),
		screens: new Map<number, Bytes>(),
		heard: new Set(heard.map((participant) => bytesToHex(id(participant)))),
		seen: new Set<string>(),
		peer: {
			downlinks: {
				seats: seated.map((participant) => ({ audio: track(`${name} ${participant}`), video: track("") })),
				screens: [],
			},
		},
	};
}

type Room = ReturnType<typeof room>;
const context = (roster: Roster<string>) => ({
	roster,
	signsOf: () => undefined,
	levelOf: () => 0,
	isWeakOf: () => false,
});
/** Whose sound is played, and from where. */
const played = (roster: Roster<string>, current: Room | undefined, leaving?: Room) =>
	participantsOf(current, leaving, context(roster)).map(({ person, audioTrack }) => `${person}: ${audioTrack.id}`);

describe("K5: while a call moves to another room", () => {
	test("everybody is heard once: in the new room as soon as they sound there, until then in the old one", () => {
		const roster = new Roster<string>();
		enter(roster, 1, 11);
		enter(roster, 2, 21);
		enter(roster, 1, 12, 11);
		const leaving = room("old", [11, 21], [11, 21]);
		expect(played(roster, room("new", [12], []), leaving)).toEqual(["person 1: old 11", "person 2: old 21"]);
		expect(played(roster, room("new", [12], [12]), leaving)).toEqual(["person 1: new 12", "person 2: old 21"]);
		enter(roster, 2, 22, 21);
		expect(played(roster, room("new", [12, 22], [12, 22]), leaving)).toEqual(["person 1: new 12", "person 2: new 22"]);
	});

	test("the old room is done with when all who are heard there are heard in the new one", () => {
		const roster = new Roster<string>();
		enter(roster, 1, 11);
		enter(roster, 2, 21);
		enter(roster, 1, 12, 11);
		expect(haveMoved(room("new", [12], [12]), room("old", [11, 21], [11, 21]), roster)).toBe(false);
		// Who was removed falls silent in the old one, and does not hold the others up.
		expect(haveMoved(room("new", [12], [12]), room("old", [11, 21], [11]), roster)).toBe(true);
	});
});

describe("somebody whose network changed is in one room twice for a moment", () => {
	test("and has one tile: where they were, until they are heard where they came to", () => {
		const roster = new Roster<string>();
		enter(roster, 1, 11);
		enter(roster, 1, 12, 11);
		expect(played(roster, room("room", [11, 12], [11]))).toEqual(["person 1: room 11"]);
		expect(played(roster, room("room", [11, 12], [11, 12]))).toEqual(["person 1: room 12"]);
		expect(played(roster, room("room", [11, 12], []))).toEqual(["person 1: room 12"]);
	});

	test("strangers, whom no entry vouches for yet, are not taken for one another", () => {
		expect(played(new Roster<string>(), room("room", [11, 12], []))).toHaveLength(2);
	});
});
