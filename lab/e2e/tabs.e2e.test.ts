import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createStage, hears, meet, picturesGrow, type Stage, videoCall } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.end());

test("two tabs are one client: both show a call, one carries it, and another takes it over", async () => {
	const server = await stage.startServer();
	const people = [await stage.personInChromium("Wilhelmina"), await stage.personInChromium("Benedek")] as const;
	const [caller, callee] = people;
	await meet(server.url, people);
	const second = await stage.anotherTab(callee);
	await second.hands.open(server.url);
	await second.hands.sees("Wilhelmina");
	await videoCall(people);

	// The other tab shows the call and has neither sound nor picture of it.
	await second.hands.sees("In another tab");
	expect(await second.picturesSeen()).toBe(0);
	await second.pressWith("Take it over here");
	await second.waitFor("carries the call", 30, () => hears(second));
	await callee.hands.sees("In another tab");
	await callee.waitFor("lets go of it", 10, async () => (await callee.picturesSeen()) === 0);
	await caller.waitFor("hears the new tab", 30, () => hears(caller));
	await picturesGrow(second);

	await second.hands.press("Hang up");
	await caller.hands.sees("hung up");
});
