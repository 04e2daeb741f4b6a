import { afterAll, beforeAll, expect, test } from "vitest";
import { hearsAll, walkers } from "./group-of-three.ts";
import type { PersonPage } from "./person-page.ts";
import { createStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await createStage();
});
afterAll(() => stage.end());

/** Pictures decoded so far on the places of shared screens. */
const screenPictures = async (person: PersonPage) => Number(await person.hands.evaluate(`(${screenPicturesInPage})()`));

const screenPicturesInPage = `async () => {
	let decoded = 0;
	for (const connection of window.testConnections) {
		if (connection.connectionState !== "connected") continue;
		for (const entry of (await connection.getStats()).values())
			if (entry.type === "inbound-rtp" && /^s[0-9]/.test(entry.mid ?? "")) decoded += entry.framesDecoded ?? 0;
	}
	return decoded;
}`;

/** Whether somebody's screen is on this person's stage, with a picture in it. */
const seesScreenOf = async (person: PersonPage, name: string) =>
	(await person.hands.evaluate(
		`[...document.querySelectorAll(".tile.screen.large video")].some((video) => video.videoWidth > 0 && video.ariaLabel === ${JSON.stringify(`${name}’s screen`)})`,
	)) === true;

async function followsScreen(person: PersonPage, name: string): Promise<number> {
	const took = await person.waitFor(`sees the screen of ${name}`, 40, () => seesScreenOf(person, name));
	const before = await screenPictures(person);
	await person.waitFor("the screen's picture changes", 40, async () => (await screenPictures(person)) > before + 3);
	return took;
}

/** Whether an element with this text, seen or only heard, is on the page. */
const says = (person: PersonPage, text: string) => async () =>
	(await person.hands.evaluate(`document.body.textContent.includes(${JSON.stringify(text)})`)) === true;

test("in a group's call signs, reactions and a shared screen reach everybody, also who comes later", async () => {
	const server = await stage.startServer();
	const [ada, bob, cyd] = await walkers(stage, server.url);
	await ada.hands.press("Start audio call");
	for (const person of [bob, cyd]) await person.hands.press("Answer");
	await hearsAll([ada, bob, cyd], 2);

	await bob.hands.press("Mute");
	for (const person of [ada, cyd]) await person.waitFor("sees that Bob is muted", 25, says(person, "Bob is muted"));
	await bob.hands.press("Unmute");
	for (const person of [ada, cyd])
		await person.waitFor("sees that Bob speaks", 25, async () => !(await says(person, "Bob is muted")()));

	await bob.hands.press("Raise your hand");
	for (const person of [ada, cyd]) await person.waitFor("sees the hand", 25, says(person, "Bob raised a hand."));
	await bob.hands.press("Lower your hand");
	await ada.waitFor(
		"sees it go down",
		10,
		async () => (await ada.hands.evaluate(`document.querySelector(".tile-hand") === null`)) === true,
	);

	await cyd.hands.press("React");
	await cyd.hands.press("Applause");
	for (const person of [ada, bob])
		await person.waitFor(
			"sees the reaction",
			10,
			async () =>
				(await person.hands.evaluate(
					`[...document.querySelectorAll(".reaction")].some((one) => one.textContent.includes("👏") && one.textContent.includes("Cyd"))`,
				)) === true,
		);

	await bob.hands.press("Share your screen");
	const seen = await Promise.all([ada, cyd].map((person) => followsScreen(person, "Bob")));
	await bob.hands.sees("Everybody here sees your screen");
	// Who comes later gets a key frame, and a stage with the screen on it.
	await cyd.hands.evaluate(`document.querySelector(".stage-button.hang-up").click()`);
	await hearsAll([ada, bob], 1);
	await cyd.hands.press("Join");
	const late = await followsScreen(cyd, "Bob");
	console.log(
		`a shared screen was on the others' stages after ${seen.join(" and ")} ms, for who came later after ${late} ms`,
	);
	await bob.hands.press("Stop sharing");
	for (const person of [ada, cyd])
		await person.waitFor("the screen is gone", 25, async () => !(await says(person, "Bob’s screen")()));
	await hearsAll([ada, bob, cyd], 2);
	expect(await screenPictures(bob)).toBe(0);
}, 240_000);
