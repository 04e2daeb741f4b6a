import { afterAll, beforeAll, expect, test } from "vitest";
import { openPerson, type Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, pause } from "./two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;
let link = "";

beforeAll(async () => {
	served = await serve();
	[ada, bo] = await Promise.all([openPerson("Ada", served), openPerson("Bo", served)]);
	await ada.createAccount(served.url);
	link = await ada.shareLink();
});

afterAll(() => closeAndJudge(served, [ada, bo]).finally(() => served.end()));

const requestIsGone = () => ada.page.getByRole("button", { name: "Accept" }).waitFor({ state: "detached" });
const linkField = (person: Person) => person.page.getByRole("textbox", { name: "Contact link" });

async function isToldOf(person: Person, given: string, words: string): Promise<void> {
	await person.addContact(given);
	await person.hands.sees(words);
	// The field still holds it, and can be used again.
	expect(await linkField(person).inputValue()).toBe(given);
}

test("a link opened without an account is kept until there is one, and is out of the address at once", async () => {
	await bo.page.goto(link);
	await bo.hands.sees("You were given a contact link. It comes next.");
	expect(bo.page.url()).toBe(`${served.url}/`);
	await bo.page.getByRole("textbox", { name: "Your name" }).fill("Bo");
	await bo.hands.press("Create account");
	await bo.hands.sees("You opened a contact link");
	expect(await linkField(bo).inputValue()).toBe(link);
});

test("bad, cut, foreign and own links are refused in words, and the right one still works behind them", async () => {
	const own = await bo.shareLink();
	await isToldOf(bo, "hello", "That is not a contact link.");
	await isToldOf(bo, `${served.url}/#${"A".repeat(300)}`, "That is not a contact link.");
	await isToldOf(bo, link.slice(0, -10), "That is not a contact link.");
	// Of a profile that this server does not have: what it does have, it finds whatever name of it the link holds.
	const [, code = ""] = link.split("#");
	const foreign = `https://sotto.example/#${code.slice(0, 10)}${code[10] === "A" ? "B" : "A"}${code.slice(11)}`;
	await isToldOf(bo, foreign, "This link belongs to another server.");
	const flipped = link.slice(0, -8) + (link.at(-8) === "A" ? "B" : "A") + link.slice(-7);
	await isToldOf(bo, flipped, "This link no longer works.");
	await isToldOf(bo, own, "That is your own link.");

	await bo.addContact(link);
	await bo.hands.sees("Ada has not accepted yet.");
});

test("the same link once more says that one knows them already, and asks nobody twice", async () => {
	await bo.page.goto(link);
	await linkField(bo).waitFor();
	expect(await linkField(bo).inputValue()).toBe(link);
	await bo.hands.press("Add contact");
	await bo.hands.sees("You are in contact already.");
	await bo.page.keyboard.press("Escape");
	expect(await bo.page.getByRole("link", { name: "Ada" }).count()).toBe(1);
	await ada.hands.sees("Bo asks for contact");
	expect(await ada.page.getByRole("button", { name: "Accept" }).count()).toBe(1);
});

test("a request that is ignored goes away, tells nobody, and what its sender writes waits", async () => {
	await ada.hands.press("Ignore");
	await requestIsGone();
	await bo.page.getByRole("link", { name: "Ada" }).first().click();
	await bo.write("Did you get my request?");
	await pause(3_000);
	await bo.hands.sees("Ada has not accepted yet.");
	expect(await ada.page.getByText("Did you get my request?").count()).toBe(0);
	expect(await ada.page.getByRole("link", { name: "Bo" }).count()).toBe(0);
});

test("whoever is blocked is not heard of again", async () => {
	const cy = await openPerson("Cy", served);
	try {
		await cy.createAccount(served.url);
		await cy.addContact(link);
		await ada.hands.sees("Cy asks for contact");
		await ada.hands.press("Block");
		await requestIsGone();
		await cy.write("Let me in.");
		await pause(3_000);
		expect(await ada.page.getByRole("button", { name: "Accept" }).count()).toBe(0);
		expect(await ada.page.getByRole("link", { name: "Cy" }).count()).toBe(0);
		expect(await ada.page.getByText("Let me in.").count()).toBe(0);
		await cy.hands.sees("Ada has not accepted yet.");
	} finally {
		await closeAndJudge(served, [cy]);
	}
});

test("one whom one asked, and who asks back by link, is in contact at once", async () => {
	const [di, ed] = await Promise.all([openPerson("Di", served), openPerson("Ed", served)]);
	try {
		await Promise.all([di.createAccount(served.url), ed.createAccount(served.url)]);
		const links = await Promise.all([di.shareLink(), ed.shareLink()]);
		await di.addContact(links[1]);
		await ed.hands.sees("Di asks for contact");
		await ed.addContact(links[0]);
		await ed.write("So we both asked.");
		await di.hasMessages("So we", ["So we both asked."]);
		await di.page.getByText("Ed has not accepted yet.").waitFor({ state: "detached" });
	} finally {
		await closeAndJudge(served, [di, ed]);
	}
});
