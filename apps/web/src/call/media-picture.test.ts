import type { PersonView } from "@sotto/client";
import type { MediaParticipant } from "@sotto/platform/browser/media";
import { expect, test } from "vitest";
import { heardCount, qualityOf, remotesOf, reportOf, silenceMs, sourceOf } from "./media-picture.ts";

const ada: PersonView = { account: "ada", name: "Ada", hue: 10, verified: false };
// Tracks are only handed on; there is no browser here to make one.
const track = {} as MediaStreamTrack;

function participant(changes: Partial<MediaParticipant<PersonView>> = {}): MediaParticipant<PersonView> {
	const base = { participantId: "01", person: ada, audioTrack: track, videoTrack: track, isHeard: true, isSeen: true };
	return { ...base, ...changes };
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
	expect(reportOf(connected, 0, undefined, 10_000)).toBeUndefined();
	expect(reportOf(connected, 1, 10_000, 10_000)).toEqual({ phase: "connected", participants: 1 });
	expect(reportOf(connected, 0, 10_000, 10_000 + silenceMs)).toBeUndefined();
	expect(reportOf(connected, 0, 10_000, 10_001 + silenceMs)).toEqual({ phase: "reconnecting" });
});

test("a room that cannot be joined again is an end, a lost one is not", () => {
	expect(reportOf({ phase: "ended", reason: "unprotected" }, 0, 1, 2)).toEqual({
		phase: "failed",
		reason: "unprotected",
	});
	expect(reportOf({ phase: "ended", reason: "left" }, 0, 1, 2)).toBeUndefined();
	expect(reportOf({ phase: "reconnecting", since: 0 }, 0, 1, 2)).toEqual({ phase: "reconnecting" });
	expect(reportOf({ phase: "reconnecting", since: 0 }, 0, undefined, 2)).toEqual({ phase: "joining" });
});

test("only a line that stays very lossy is called bad", () => {
	const sample = (loss: number) => ({ at: 0, roundTripMs: 20, loss, sendKbps: 1, receiveKbps: 1 });
	expect(qualityOf("weak", [sample(0.5), sample(0.5)]).word).toBe("weak");
	expect(qualityOf("weak", [sample(0.5), sample(0.5), sample(0.2)]).word).toBe("bad");
	expect(qualityOf("good", [sample(0.5), sample(0.5), sample(0.5)]).word).toBe("good");
});
