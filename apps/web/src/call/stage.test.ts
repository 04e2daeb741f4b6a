import type { CallView } from "@sotto/client";
import { describe, expect, test } from "vitest";
import { ada } from "../../test/people.ts";
import { stageOf } from "./stage.ts";

const call = (change: Partial<CallView> = {}): CallView => ({
	call: "c",
	conversation: "ada",
	title: ada.name,
	kind: "direct",
	people: [ada],
	caller: ada,
	direction: "incoming",
	video: false,
	phase: { name: "ringing", since: 0, giveUpAt: 45_000 },
	...change,
});

const ended = (reason: Extract<CallView["phase"], { name: "ended" }>["reason"], change: Partial<CallView> = {}) =>
	call({ phase: { name: "ended", at: 0, durationMs: 0, reason }, ...change });

const nothing = { own: undefined, minimised: undefined, dismissed: undefined, seenLive: undefined };
const own = { ...nothing, own: { call: "c", camera: false }, seenLive: "c" };

describe("where a call stands on the page", () => {
	test("it rings as a card on a wide screen and over everything on a phone", () => {
		expect(stageOf(call(), nothing, true)).toBe("card");
		expect(stageOf(call(), nothing, false)).toBe("full");
	});

	test("only the tab that answered shows the stage; another one shows a bar", () => {
		const connected = call({ phase: { name: "connected", since: 0 } });
		expect(stageOf(connected, own, true)).toBe("full");
		expect(stageOf(connected, nothing, true)).toBe("bar");
		expect(stageOf(connected, { ...own, minimised: "c" }, true)).toBe("bar");
	});

	test("an end that was not seen coming here, or that one made oneself by declining, takes no screen", () => {
		expect(stageOf(ended("remoteHungUp"), own, true)).toBe("full");
		expect(stageOf(ended("remoteHungUp"), { ...own, seenLive: undefined }, true)).toBe("none");
		expect(stageOf(ended("declined"), own, true)).toBe("none");
		expect(stageOf(ended("elsewhere"), own, true)).toBe("none");
		expect(stageOf(ended("noAnswer", { direction: "outgoing" }), own, true)).toBe("full");
	});

	test("whatever was put away stays away", () => {
		expect(stageOf(ended("failed"), { ...own, dismissed: "c" }, true)).toBe("none");
		expect(stageOf(undefined, own, true)).toBe("none");
	});
});
