import type { PersonView } from "@sotto/client";
import type { MediaParticipant } from "@sotto/platform/browser/media";
import { expect, test } from "vitest";
import {
	handsUp,
	heardCount,
	qualityOf,
	reactionsOf,
	remotesOf,
	reportOf,
	silenceMs,
	sourceOf,
} from "./media-picture.ts";

const ada: PersonView = { account: "ada", name: "Ada", hue: 10, verified: false };
// Tracks are only handed on; there is no browser here to make one.
const track = {} as MediaStreamTrack;

function participant(changes: Partial<MediaParticipant<PersonView>> = {}): MediaParticipant<PersonView> {
	return {
		participantId: "01",
		person: ada,
		audioTrack: track,
		videoTrack: track,
		screenTrack: undefined,
		signs: { muted: false, handRaisedAt: undefined, camera: true, screen: false, weakLine: false },
		level: 0,
		isHeard: true,
		isSeen: true,
		weakLine: false,
		...changes,
	};
}

test("nobody has a tile before a roster entry vouched for them, and an unseen camera is off", () => {
	expect(remotesOf([participant({ person: undefined })])).toEqual([]);
	expect(remotesOf([participant({ isSeen: false })])).toMatchObject([{ key: "ada", videoTrack: undefined }]);
	expect(heardCount([participant({ person: undefined })])).toBe(0);
});

test("somebody who rejoins under a new id keeps their place; a second device gets its own", () => {
	const two = [participant(), participant({ participantId: "02" })];
	expect(remotesOf(two).map(({ key }) => key)).toEqual(["ada", "02"]);
	expect(remotesOf([participant({ participantId: "03" })]).map(({ key }) => key)).toEqual(["ada"]);
});

test("a device says what is wrong with it only while it is wanted", () => {
	const failed = { state: "failed", error: { kind: "unplugged" } } as const;
	expect(sourceOf(failed, true)).toEqual({ phase: "trouble", trouble: "unplugged" });
	expect(sourceOf(failed, false)).toEqual({ phase: "off" });
	expect(sourceOf({ state: "off" }, true)).toEqual({ phase: "starting" });
	expect(sourceOf({ state: "muted", track }, false)).toEqual({ phase: "off" });
});

test("a call counts as connected once somebody verified is heard, as interrupted after four silent seconds", () => {
	const connected = { phase: "connected" } as const;
	const heard = { heardAt: 10_000, isAlone: false };
	expect(reportOf(connected, 0, { heardAt: undefined, isAlone: false }, 10_000)).toBeUndefined();
	expect(reportOf(connected, 1, heard, 10_000)).toEqual({ phase: "connected", participants: 1 });
	expect(reportOf(connected, 0, heard, 10_000 + silenceMs)).toBeUndefined();
	expect(reportOf(connected, 0, heard, 10_001 + silenceMs)).toEqual({ phase: "reconnecting" });
});

test("alone in a group's room is a call that goes on, not a line that dropped", () => {
	const alone = { heardAt: 10_000, isAlone: true };
	expect(reportOf({ phase: "connected" }, 0, alone, 99_000)).toEqual({ phase: "connected", participants: 0 });
	expect(reportOf({ phase: "reconnecting", since: 0 }, 0, alone, 99_000)).toEqual({ phase: "reconnecting" });
});

test("who says that the camera or the screen is off shows none, whatever the room sends", () => {
	const signs = { muted: true, handRaisedAt: 5, camera: false, screen: false, weakLine: false };
	expect(remotesOf([participant({ signs, screenTrack: track })])).toMatchObject([
		{ videoTrack: undefined, screenTrack: undefined, muted: true, handRaisedAt: 5 },
	]);
	expect(remotesOf([participant({ signs: { ...signs, screen: true }, screenTrack: track })])).toMatchObject([
		{ screenTrack: track },
	]);
});

test("raised hands stand in the order in which they went up", () => {
	const raised = (account: string, handRaisedAt: number | undefined) =>
		participant({
			participantId: account,
			person: { ...ada, account },
			signs: { muted: false, handRaisedAt, camera: false, screen: false, weakLine: false },
		});
	const remotes = remotesOf([raised("a", 30), raised("b", undefined), raised("c", 10)]);
	expect(handsUp(remotes).map(({ key }) => key)).toEqual(["c", "a"]);
});

test("a reaction has a name: one's own, or that of somebody verified; others' are not shown", () => {
	const remotes = remotesOf([participant()]);
	const at = 0;
	const shown = [
		{ id: "1", participantId: undefined, emoji: "👍", at },
		{ id: "2", participantId: "01", emoji: "🎉", at },
		{ id: "3", participantId: "a stranger", emoji: "👏", at },
	];
	expect(reactionsOf(shown, remotes)).toEqual([
		{ id: "1", person: undefined, emoji: "👍" },
		{ id: "2", person: ada, emoji: "🎉" },
	]);
});

test("a room that cannot be joined again is an end, a lost one is not", () => {
	expect(reportOf({ phase: "ended", reason: "unprotected" }, 0, { heardAt: 1, isAlone: false }, 2)).toEqual({
		phase: "failed",
		reason: "unprotected",
	});
	expect(reportOf({ phase: "ended", reason: "left" }, 0, { heardAt: 1, isAlone: false }, 2)).toBeUndefined();
	expect(reportOf({ phase: "reconnecting", since: 0 }, 0, { heardAt: 1, isAlone: false }, 2)).toEqual({
		phase: "reconnecting",
	});
	expect(reportOf({ phase: "reconnecting", since: 0 }, 0, { heardAt: undefined, isAlone: false }, 2)).toEqual({
		phase: "joining",
	});
});

test("only a line that stays very lossy is called bad", () => {
	const sample = (loss: number) => ({ at: 0, roundTripMs: 20, loss, sendKbps: 1, receiveKbps: 1 });
	expect(qualityOf("weak", [sample(0.5), sample(0.5)]).word).toBe("weak");
	expect(qualityOf("weak", [sample(0.5), sample(0.5), sample(0.2)]).word).toBe("bad");
	expect(qualityOf("good", [sample(0.5), sample(0.5), sample(0.5)]).word).toBe("good");
});
