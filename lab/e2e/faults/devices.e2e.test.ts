import { afterAll, beforeAll, expect, test } from "vitest";
import { openPerson, type Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, meet, pause } from "./two-people.ts";

let served: Served;
let ada: Person;
const others = new Map<string, Person>();

beforeAll(async () => {
	served = await serve();
	const { ada: host, bo } = await meet(served, { bo: { equipment: "noMicrophone" } });
	ada = host;
	others.set("Bo", bo);
	for (const [name, equipment] of [
		["Cy", "noCamera"],
		["Di", "denied"],
	] as const) {
		const person = await openPerson(name, served, { equipment });
		others.set(name, person);
		await person.createAccount(served.url);
		const link = await person.shareLink();
		await ada.hands.press("New contact");
		await ada.addContact(link);
		await person.hands.press("Accept");
		await person.field().waitFor();
	}
});

afterAll(() => closeAndJudge(served, [ada, ...others.values()]).finally(() => served.end()));

async function call(name: string, kind: "audio" | "video"): Promise<Person> {
	const other = others.get(name) as Person;
	await ada.page.getByRole("link", { name }).first().click();
	await ada.hands.press(`Start ${kind} call`);
	await other.hands.press("Answer");
	return other;
}

async function bothConnected(other: Person, video: boolean): Promise<void> {
	await other.perceives(30, video);
	for (const person of [ada, other]) await person.waitFor("is connected", 20, () => isConnected(person));
}

async function isConnected(person: Person): Promise<boolean> {
	return person.page.getByRole("timer").isVisible();
}

async function staysConnected(people: readonly Person[], seconds: number): Promise<void> {
	for (let passed = 0; passed < seconds; passed++) {
		await pause(1_000);
		for (const person of people) {
			expect(await isConnected(person), `${person.name} is in the call`).toBe(true);
			expect(await person.page.getByText("The line dropped.").count(), `${person.name}'s line`).toBe(0);
		}
	}
}

async function hangUp(person: Person, other: Person): Promise<void> {
	await person.hands.press("Hang up");
	for (const one of [person, other]) await one.field().waitFor();
}

test("without a microphone one is told so and hears the other; the call connects and stays", async () => {
	const bo = await call("Bo", "audio");
	await bo.hands.sees("No microphone was found. Plug one in; the call goes on without.");
	await bothConnected(bo, false);
	await staysConnected([ada, bo], 6);
	await hangUp(bo, ada);
});

test("without a camera one is told so, sees the other and is heard", async () => {
	const cy = await call("Cy", "video");
	await cy.hands.sees("No camera was found. The call goes on with sound.");
	await bothConnected(cy, true);
	await ada.perceives(20, false);
	await hangUp(cy, ada);
});

test("with the permission denied one is told where to allow it, and the call connects and stays", async () => {
	const di = await call("Di", "video");
	await di.hands.sees("Your microphone is not allowed here, so nobody hears you.");
	await di.hands.sees("Your camera is not allowed here.");
	await bothConnected(di, true);
	await staysConnected([ada, di], 6);
});

test("a microphone and a camera unplugged in the call are named, the call goes on, and both come back by themselves", async () => {
	const di = others.get("Di") as Person;
	await ada.page.evaluate(unplug);
	await ada.hands.sees("Your microphone was unplugged. Plug it in again or choose another.");
	await ada.hands.sees("Your camera was unplugged. The call goes on with sound.");
	await staysConnected([ada, di], 8);
	expect(await di.perceivesNow()).toBe(false);
	await ada.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
	await di.perceives(20);
	expect(await ada.page.getByText("unplugged").count()).toBe(0);
	await hangUp(ada, di);
});

/** What the page is told when a device goes: the tracks that are being sent end. */
const unplug = `for (const peer of window.labPeers)
	for (const { track } of peer.getSenders())
		if (track !== null && track.readyState === "live") {
			track.stop();
			track.dispatchEvent(new Event("ended"));
		}`;
