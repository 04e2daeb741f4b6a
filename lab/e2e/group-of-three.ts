import type { PersonPage } from "./person-page.ts";
import type { Stage } from "./stage.ts";

/** Ada, who begins the group "Walkers" and is its admin, Bob and Cyd, each in a Chromium, with the group open. */
export async function walkers(stage: Stage, url: string): Promise<readonly [PersonPage, PersonPage, PersonPage]> {
	const [ada, bob, cyd] = [
		await stage.personInChromium("Ada"),
		await stage.personInChromium("Bob"),
		await stage.personInChromium("Cyd"),
	];
	for (const person of [ada, bob, cyd]) await person.createAccount(url);
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
	return [ada, bob, cyd];
}

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

/** How many others this person hears now. */
export const voices = async (person: PersonPage) => Number(await person.hands.evaluate(`(${voicesInPage})()`));

export const hearsAll = (people: readonly PersonPage[], others: number, seconds = 30) =>
	Promise.all(
		people.map((person) => person.waitFor(`hears ${others}`, seconds, async () => (await voices(person)) === others)),
	);
