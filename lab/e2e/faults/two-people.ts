import { expect } from "vitest";
import { openPerson, type Person, type PersonOptions } from "./person.ts";
import type { Served } from "./served.ts";

/** Two people in contact, each looking at the conversation with the other. */
export async function meet(
	served: Served,
	options: { readonly ada?: PersonOptions; readonly bo?: PersonOptions } = {},
): Promise<{ readonly ada: Person; readonly bo: Person }> {
	const [ada, bo] = await Promise.all([openPerson("Ada", served, options.ada), openPerson("Bo", served, options.bo)]);
	await Promise.all([ada.createAccount(served.url), bo.createAccount(served.url)]);
	await bo.addContact(await ada.shareLink());
	await Promise.race([bo.field().waitFor(), failsWith(bo)]);
	await ada.hands.press("Accept");
	await Promise.all([ada.field().waitFor(), bo.field().waitFor()]);
	return { ada, bo };
}

/** Rejects as soon as a problem stands on screen, with its words. */
async function failsWith(person: Person): Promise<void> {
	const problem = person.page.locator(".problem").first();
	const words = await problem.innerText({ timeout: 60_000 }).catch(() => undefined);
	if (words !== undefined) throw new Error(`${person.name} is told: ${words}`);
}

/** A call of these two, with sound both ways, and pictures both ways if `video`. */
export async function talk(caller: Person, called: Person, video = true): Promise<void> {
	await caller.hands.press(video ? "Start video call" : "Start audio call");
	await called.hands.press("Answer");
	await Promise.all([caller.perceives(60, video), called.perceives(60, video)]);
}

/** Closes both browsers and says what no page may do, whatever the fault was (WEB-CANNOT-2). */
export async function closeAndJudge(served: Served, people: readonly (Person | undefined)[]): Promise<void> {
	const opened = people.filter((person) => person !== undefined);
	await Promise.all(opened.map((person) => person.close()));
	for (const person of opened) {
		expect(person.problems, `${person.name}'s pages`).toEqual([]);
		const asked = person.asked().map(({ url }) => new URL(url).host);
		expect(asked.length).toBeGreaterThan(10);
		expect([...new Set(asked)]).toEqual([new URL(served.url).host]);
	}
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
