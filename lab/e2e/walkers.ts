import type { PersonLine } from "./person-line.ts";
import type { PersonPage } from "./person-page.ts";
import type { Stage } from "./stage.ts";

type Walkers = readonly [ada: PersonPage, bob: PersonPage, cyd: PersonPage, dan: PersonLine];

/** Ada, who begins the group "Walkers" and is its admin, Bob and Cyd, each in a Chromium with the group open, and Dan at a command line. */
export async function walkers(stage: Stage, url: string): Promise<Walkers> {
	const [ada, bob, cyd] = [
		await stage.personInChromium("Ada"),
		await stage.personInChromium("Bob"),
		await stage.personInChromium("Cyd"),
	];
	const dan = await stage.personAtCommandLine("Dan");
	for (const person of [ada, bob, cyd, dan]) await person.createAccount(url);
	const link = await ada.shareLink();
	for (const person of [bob, cyd]) {
		await person.addContact(link);
		await ada.hands.press("Accept");
		await person.write(`It is ${person.name}.`);
	}
	await dan.run("add", link);
	await ada.hands.press("Accept");
	await dan.run("send", "Ada", "It is Dan.");
	await beginGroup(ada, [bob, cyd, dan]);
	for (const person of [bob, cyd]) {
		await person.hands.sees("Walkers");
		const name = `[...document.querySelectorAll("bdi, span")].find((one) => one.textContent === "Walkers")`;
		await person.hands.evaluate(`${name}.click()`);
		await person.hands.sees("4 people");
		await person.hands.sees("Shall we meet at the mill?");
	}
	return [ada, bob, cyd, dan];
}

async function beginGroup(ada: PersonPage, others: readonly { readonly name: string }[]): Promise<void> {
	await ada.hands.press("New group");
	await ada.hands.fill("Name of the group", "Walkers");
	for (const { name } of others) {
		const option = `[...document.querySelectorAll("[role=dialog] label, [role=dialog] [role=option]")].find((one) => one.textContent.includes(${JSON.stringify(name)}))`;
		await ada.waitFor(
			`has ${name} among the contacts`,
			20,
			async () => (await ada.hands.evaluate(`${option} !== undefined`)) === true,
		);
		await ada.hands.evaluate(`${option}.click()`);
	}
	await ada.hands.press("Create group");
	await ada.write("Shall we meet at the mill?");
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
