import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "./faults/person.ts";
import { openPerson } from "./faults/person.ts";
import { type Served, serve } from "./faults/served.ts";
import { closeAndJudge, meet } from "./faults/two-people.ts";
import { confirmBoth, digitsOn, openDevices, showCode, typeCode } from "./linking-hands.ts";

let served: Served;
let ada: Person;
let bo: Person;
let second: Person;

beforeAll(async () => {
	served = await serve();
	({ ada, bo } = await meet(served));
	second = await openPerson("Ada's phone", served, { width: 390 });
});
afterAll(async () => {
	await closeAndJudge(served, [ada, bo, second]);
	await served.end();
});

test("a code that no device shows is refused in words, and nothing happens", async () => {
	await openDevices(ada);
	await typeCode(ada, "nonsense");
	await ada.hands.sees("That is not what a new device shows.");
	await ada.hands.press("Close");
});

test("whoever says that the numbers differ ends it on both screens, and nothing was handed over", async () => {
	await second.hands.open(served.url);
	const code = await showCode(second);
	await openDevices(ada);
	await typeCode(ada, code);
	expect(await digitsOn(ada)).toBe(await digitsOn(second));
	await second.hands.press("They differ");
	for (const person of [ada, second]) await person.hands.sees("The numbers differed", 30);
	await ada.page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
	await second.hands.press("Try again");
	await second.page.getByRole("group", { name: "Code", exact: true }).waitFor();
	await second.hands.press("Cancel");
	await second.page.getByRole("textbox", { name: "Your name" }).waitFor();
});

test("a second browser is linked by a typed code and the same number on both screens; it enters the conversation", async () => {
	const code = await showCode(second);
	await openDevices(ada);
	// As people type it: in small letters, without the dash.
	await typeCode(ada, code.toLowerCase().replace("-", " "));
	const [here, there] = [await digitsOn(ada), await digitsOn(second)];
	expect(here).toMatch(/(\d ?){6}$/);
	expect(there).toBe(here);
	await confirmBoth(ada, second);

	await second.page.getByRole("link", { name: "Bo" }).click({ timeout: 60_000 });
	await second.field().waitFor();
	await second.waitFor("may write", 60, () => second.field().isEnabled());
	await second.write("From my phone.");
	await bo.hasMessages("From my", ["From my phone."]);
	await ada.hands.press("Chats");
	await ada.page.getByRole("link", { name: "Bo" }).click();
	await ada.hasMessages("From my", ["From my phone."]);
	await bo.write("To all of you.");
	for (const person of [ada, second]) await person.hasMessages("To all", ["To all of you."]);
});

test("both list both, and a name given on one and a theme chosen on one stand on the other", async () => {
	await second.hands.press("Back");
	for (const person of [ada, second]) {
		await person.hands.press("Settings");
		await person.waitFor("lists both", 30, async () => (await devicesOf(person)).length === 2);
	}
	const own = second.page.getByRole("list", { name: "Your devices" }).getByRole("listitem").first();
	await own.getByRole("button", { name: /^Rename/ }).click();
	await second.hands.fill("Name of the device", "Kitchen tablet");
	await second.hands.press("Save");
	await ada.hands.sees("Kitchen tablet", 30);
	await second.hands.sees("which manages your account");
	await ada.page.getByRole("radio", { name: "Dark" }).check({ force: true });
	const isDark = async () => (await second.page.evaluate("document.documentElement.dataset.theme")) === "dark";
	await second.waitFor("is dark too", 30, isDark);
});

test("what came while one device was away is there when it is back, and what it wrote meanwhile is on the other, once", async () => {
	await second.hands.press("Chats");
	await second.page.getByRole("link", { name: "Bo" }).click();
	await ada.hands.press("Chats");
	await ada.page.getByRole("link", { name: "Bo" }).click();
	second.line.cut("refused");
	await second.hands.sees("Waiting for the network.", 30);
	await second.write("Away: written offline.");
	await bo.write("Away: one.");
	await ada.write("Away: two.");
	await bo.hasMessages("Away", ["Away: one.", "Away: two."]);
	second.line.mend();
	const all = ["Away: one.", "Away: two.", "Away: written offline."];
	for (const person of [ada, bo, second]) await person.hasMessages("Away", all);
	// One order on all of them, and none twice.
	const orders = await Promise.all([ada, bo, second].map((person) => person.messages("Away")));
	expect(new Set(orders.map((order) => order.join("|"))).size).toBe(1);
});

test("a device that is removed is locked out, and says so; what it has stays readable", async () => {
	await ada.hands.press("Settings");
	await ada.hands.press("Remove Kitchen tablet");
	await ada.hands.press("Remove device");
	await ada.hands.sees("Kitchen tablet is locked out of everything.", 60);
	expect(await devicesOf(ada)).toHaveLength(1);
	await second.hands.sees("Another device has removed this one", 60);
	await bo.write("Without: the tablet.");
	await ada.hands.press("Chats");
	await ada.page.getByRole("link", { name: "Bo" }).click();
	await ada.hasMessages("Without", ["Without: the tablet."]);
	// Time enough for anything that still came to it.
	await second.page.waitForTimeout(3_000);
	expect(await second.messages("Without")).toEqual([]);
	expect(await second.messages("Away")).toHaveLength(3);
});

async function devicesOf(person: Person): Promise<readonly string[]> {
	return person.page.getByRole("list", { name: "Your devices" }).getByRole("listitem").allInnerTexts();
}
