import { afterAll, beforeAll, expect, test } from "vitest";
import type { PersonPage } from "./person-page.ts";
import { createStage, hears, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await createStage();
});
afterAll(() => stage.end());

// Streams of others whose decoded sound grew louder than silence within 1.5 s.
const voicesInPage = `async () => {
	const sums = async () => {
		const sums = new Map();
		for (const [index, connection] of window.testConnections.entries()) {
			if (connection.connectionState !== "connected") continue;
			for (const entry of (await connection.getStats()).values())
				if (entry.type === "inbound-rtp" && entry.kind === "audio") sums.set(index + " " + entry.ssrc, entry.totalAudioEnergy ?? 0);
		}
		return sums;
	};
	const before = await sums();
	await new Promise((resolve) => setTimeout(resolve, 1500));
	return [...(await sums())].filter(([stream, energy]) => energy - (before.get(stream) ?? 0) > 0.0005).length;
}`;

const voices = async (person: PersonPage) => Number(await person.hands.evaluate(`(${voicesInPage})()`));

const hearsAll = (people: readonly PersonPage[], others: number, seconds = 30) =>
	Promise.all(
		people.map((person) => person.waitFor(`hears ${others}`, seconds, async () => (await voices(person)) === others)),
	);

/** Chooses an item of the menu that is open. */
async function choose(person: PersonPage, item: string): Promise<void> {
	await person.hands.sees(item);
	const found = `[...document.querySelectorAll("[role=menuitem]")].find((one) => one.textContent.includes(${JSON.stringify(item)}))`;
	await person.hands.evaluate(`${found}.click()`);
}

test("three people make a group, write, call, join later, leave, live through a restart, and one is removed in mid-call", async () => {
	const server = await stage.startServer();
	const [ada, bob, cyd] = [
		await stage.personInChromium("Ada"),
		await stage.personInChromium("Bob"),
		await stage.personInChromium("Cyd"),
	];
	for (const person of [ada, bob, cyd]) await person.createAccount(server.url);
	const link = await ada.shareLink();
	for (const person of [bob, cyd]) {
		await person.addContact(link);
		await ada.hands.press("Accept");
		await person.write(`It is ${person.name}.`);
	}
	await ada.hands.press("New group");
	await ada.hands.fill("Name of the group", "Walkers");
	for (const { name } of [bob, cyd]) {
		const option = `[...document.querySelectorAll("[role=dialog] label, [role=dialog] [role=option]")].find((one) => one.textContent.includes(${JSON.stringify(name)}))`;
		await ada.hands.evaluate(`${option}.click()`);
	}
	await ada.hands.press("Create group");
	await ada.write("Shall we meet at the mill?");
	for (const person of [bob, cyd]) {
		await person.hands.sees("Walkers");
		const name = `[...document.querySelectorAll("bdi, span")].find((one) => one.textContent === "Walkers")`;
		await person.hands.evaluate(`${name}.click()`);
		await person.hands.sees("3 people");
		await person.hands.sees("Shall we meet at the mill?");
	}

	await ada.hands.press("Start audio call");
	await bob.hands.press("Answer");
	await cyd.hands.press("Decline");
	await hearsAll([ada, bob], 1);
	// Who declined sees that it goes on, and joins without ringing anybody.
	await cyd.hands.press("Join");
	await hearsAll([ada, bob, cyd], 2);

	await server.restart();
	const restartedAt = Date.now();
	await hearsAll([ada, bob, cyd], 2, 40);
	console.log(`server restarted: all three heard each other again after ${Date.now() - restartedAt} ms`);

	// One who leaves ends it for nobody else, and may come back.
	await cyd.hands.press("Hang up");
	await hearsAll([ada, bob], 1);
	await cyd.hands.press("Join");
	await hearsAll([ada, bob, cyd], 2);

	await ada.hands.press("Back to chats");
	await ada.hands.press("Details");
	await ada.hands.press("Actions for Cyd");
	await choose(ada, "Remove from the group");
	await ada.hands.press("Remove");
	const removedAt = Date.now();
	await cyd.waitFor("hears nothing", 15, async () => !(await hears(cyd)));
	expect(await voices(cyd)).toBe(0);
	await hearsAll([ada, bob], 1, 20);
	console.log(`removal: the others heard each other, and nobody else, after ${Date.now() - removedAt} ms`);
	// It is said why, and the conversation stays readable.
	await cyd.hands.sees("You are no longer in this group.");
	await cyd.hands.press("Close");
	await cyd.hands.sees("removed you");
	expect(await voices(cyd)).toBe(0);
}, 240_000);
