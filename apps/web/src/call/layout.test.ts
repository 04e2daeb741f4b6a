import type { PersonView } from "@sotto/client";
import { describe, expect, test } from "vitest";
import { layoutOf } from "./layout.ts";
import type { RemoteParticipant } from "./session.ts";

// Tracks are only handed on; there is no browser here to make one.
const track = {} as MediaStreamTrack;

function remote(key: string, changes: Partial<RemoteParticipant> = {}): RemoteParticipant {
	const person: PersonView = { account: key, name: key, hue: 10, verified: false };
	return { key, participantId: `${key} id`, person, muted: false, level: 0, weakLine: false, ...changes };
}

const three = [remote("ada"), remote("bo"), remote("cy")];
const free = { chosen: undefined, pinned: undefined, speaking: undefined };

function mainOf(remotes: readonly RemoteParticipant[], how: Partial<Parameters<typeof layoutOf>[1]>) {
	const layout = layoutOf(remotes, { ...free, ...how });
	return layout.view === "speaker" ? [layout.main.key, layout.strip.map(({ key }) => key)] : layout.view;
}

describe("the stage", () => {
	test("is shared by equals until a view is chosen", () => {
		expect(mainOf(three, {})).toBe("grid");
		expect(mainOf(three, { speaking: "bo" })).toBe("grid");
	});

	test("in the speaker's view goes to who speaks, before anybody did to the first, and to who was put there by hand", () => {
		expect(mainOf(three, { chosen: "speaker" })).toEqual(["ada", ["bo", "cy"]]);
		expect(mainOf(three, { chosen: "speaker", speaking: "cy" })).toEqual(["cy", ["ada", "bo"]]);
		expect(mainOf(three, { chosen: "speaker", speaking: "cy", pinned: "bo" })).toEqual(["bo", ["ada", "cy"]]);
		expect(mainOf(three, { chosen: "speaker", pinned: "who left" })).toEqual(["ada", ["bo", "cy"]]);
	});

	test("goes to a shared screen by itself, with everybody beside it, and a grid may still be chosen", () => {
		const sharing = [remote("ada"), remote("bo", { screenTrack: track })];
		expect(mainOf(sharing, { speaking: "ada" })).toEqual(["screen bo", ["ada", "bo"]]);
		expect(mainOf(sharing, { chosen: "grid" })).toBe("grid");
		expect(mainOf([remote("bo", { screenTrack: track })], {})).toEqual(["screen bo", ["bo"]]);
	});

	test("has no strip where there is nobody else", () => {
		expect(mainOf([remote("ada")], { chosen: "speaker" })).toBe("grid");
		expect(mainOf([], { chosen: "speaker" })).toBe("grid");
	});
});
