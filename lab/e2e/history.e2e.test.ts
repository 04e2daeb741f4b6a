import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPerson, type Person } from "./faults/person.ts";
import { type Served, serve } from "./faults/served.ts";
import { closeAndJudge, meet } from "./faults/two-people.ts";
import { confirmBoth, digitsOn, openDevices, showCode, typeCode } from "./linking-hands.ts";
import { PersonLine } from "./person-line.ts";
import { type TimelineRow, wholeTimeline } from "./whole-timeline.ts";

let served: Served;
let ada: Person;
let bo: Person;
let cy: PersonLine;
let second: Person;
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-history-"));
	served = await serve();
	({ ada, bo } = await meet(served));
	cy = new PersonLine("Cy", folder);
	second = await openPerson("Ada's other browser", served);
});
afterAll(async () => {
	await closeAndJudge(served, [ada, bo, second]);
	await served.end();
	await rm(folder, { recursive: true, force: true });
});

const said = Array.from({ length: 16 }, (_, n) =>
	`Said ${n + 1}: ${"the eels are in the cellar. ".repeat((n % 5) + 1)}`.trim(),
);
const unread = ["Choir: nine o’clock.", "Choir: bring the notes.", "Choir: @Ada, and the lamp."];

/** The button of the chats also says how much is new there. */
const goTo = (person: Person, room: string) =>
	person.page
		.getByRole("button", { name: new RegExp(`^${room}`) })
		.first()
		.click();

async function openChat(person: Person, title: string): Promise<void> {
	await goTo(person, "Chats");
	await person.page.getByRole("link", { name: title }).click();
	await person.page.getByRole("region", { name: `Messages with ${title}` }).waitFor();
}

/** Chooses an item of the menu that is open. */
const choose = (person: Person, item: string) => person.page.getByRole("menuitem", { name: item }).click();

async function beginGroup(person: Person, name: string, other: string, picture?: Buffer): Promise<void> {
	await person.hands.press("New group");
	const sheet = person.page.getByRole("dialog");
	await person.hands.fill("Name of the group", name);
	await sheet.getByText(other, { exact: true }).click();
	if (picture !== undefined) {
		await sheet
			.locator("input[type=file]")
			.setInputFiles({ name: "choir.png", mimeType: "image/png", buffer: picture });
		await sheet.getByRole("button", { name: "Change picture" }).waitFor();
	}
	await person.hands.press("Create group");
	await person.page.getByRole("region", { name: `Messages with ${name}` }).waitFor();
}

/** Words of both, and two calls: one that was taken, and one that was declined. */
async function talkWithBo(): Promise<void> {
	for (const [n, text] of said.entries()) await (n % 3 === 2 ? bo : ada).write(text);
	for (const person of [ada, bo])
		await person.waitFor("all is said", 30, async () => (await wholeTimeline(person.page)).length >= said.length + 3);
	await ada.hands.press("Start audio call");
	await bo.hands.press("Answer");
	await ada.page.getByRole("timer").waitFor({ timeout: 60_000 });
	await ada.hands.press("Hang up");
	for (const person of [ada, bo]) await person.field().waitFor();
	await bo.hands.press("Start audio call");
	await ada.hands.press("Decline");
	await bo.hands.press("Write");
	await ada.page.locator(".call-entry").nth(1).waitFor();
	await ada.hands.press("Details");
	await ada.hands.press("The numbers are the same");
	await ada.page.locator("aside").getByRole("button", { name: "Take the mark away" }).waitFor();
	await ada.hands.press("Close");
}

/**
 * A group of Ada's with a picture and a new name, in which Bo wrote what Ada has not read; one that Ada was removed from; and Cy, who
 * asked by the command line.
 */
async function meetOthers(): Promise<void> {
	await beginGroup(ada, "Singers", "Bo", await ada.page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 320 } }));
	await ada.write("Shall we sing?");
	await openChat(bo, "Singers");
	await bo.hasMessages("Shall we", ["Shall we sing?"]);
	await bo.write("We shall.");
	await ada.hasMessages("We shall", ["We shall."]);
	await ada.hands.press("Details");
	await ada.hands.press("Change the name");
	await ada.page.locator("aside").getByRole("textbox", { name: "Name of the group" }).fill("Choir");
	await ada.hands.press("Save");
	await bo.page.getByRole("region", { name: "Messages with Choir" }).waitFor();
	await ada.hands.press("Close");

	await beginGroup(bo, "Former", "Ada");
	await bo.write("Not for long.");
	await openChat(ada, "Former");
	await ada.hasMessages("Not for", ["Not for long."]);
	await bo.hands.press("Details");
	await bo.hands.press("Actions for Ada");
	await choose(bo, "Remove from the group");
	await bo.hands.press("Remove");
	await ada.hands.sees("You are no longer in this group");
	await bo.hands.press("Close");

	await cy.createAccount(served.url);
	await ada.hands.press("Share my link");
	await cy.run("add", await ada.shareLink(), "--greeting", "Greetings from a terminal.");
	await ada.hands.press("Close");
	await ada.hands.press("Accept");
	await cy.run("send", "Ada", "It is Cy.");
	await openChat(ada, "Cy");
	await ada.hasMessages("It is Cy", ["It is Cy."]);
}

type Shown = {
	/** The list of conversations, with what each says of itself: preview, unread, mentioned. */
	readonly chats: readonly string[];
	readonly people: readonly string[];
	readonly calls: readonly string[];
};

/** What a person's rooms show, with the marks that are only seen or only heard. */
async function roomsOf(person: Person): Promise<Shown> {
	const rows = async (room: string, list: string) => {
		await goTo(person, room);
		const items = person.page.getByRole("list", { name: list, exact: true }).getByRole("listitem");
		await items.first().waitFor();
		return items.evaluateAll((all) =>
			(all as HTMLElement[]).map((one) =>
				[
					one.textContent,
					...[...one.querySelectorAll("[role=img]")].map((mark) => mark.getAttribute("aria-label")),
				].join("|"),
			),
		);
	};
	return {
		people: await rows("People", "People you know"),
		calls: await rows("Calls", "Past calls"),
		chats: await rows("Chats", "Conversations"),
	};
}

/** Keeps note of every progress bar that stands in a page from now on. */
async function watchProgress(person: Person): Promise<() => Promise<readonly string[]>> {
	await person.page.evaluate(`{
		window.labProgress = [];
		const look = () => {
			for (const bar of document.querySelectorAll("progress")) {
				const now = bar.getAttribute("aria-label") + " (" + (bar.getAttribute("value") ?? "?") + ")";
				if (!window.labProgress.includes(now)) window.labProgress.push(now);
			}
		};
		new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
	}`);
	return async () => (await person.page.evaluate("window.labProgress")) as string[];
}

let before: Shown;
const timelines = new Map<string, readonly TimelineRow[]>();

test("Ada has a history: words, calls, a group with a picture, one she was removed from, a contact of the command line, what she has not read", async () => {
	await talkWithBo();
	await meetOthers();
	for (const title of ["Bo", "Choir", "Former", "Cy"]) {
		await openChat(ada, title);
		timelines.set(title, await wholeTimeline(ada.page));
	}
	await openChat(bo, "Choir");
	for (const text of unread) await bo.write(text);
	await ada.hands.press("Settings");
	await ada.page.getByRole("radio", { name: "Dark" }).check({ force: true });
	before = await roomsOf(ada);
});

/** The pixels of the group's picture as they stand in the head of the conversation that is open. */
const pictureOf = (person: Person) =>
	person.page.locator(".conversation-head canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

const isLine = (row: TimelineRow) => row.endsWith("|New");

test("a second browser is linked over a narrow line: a bar shows how its history comes, and then it has everything, as Ada has it", async () => {
	await second.hands.open(served.url);
	const code = await showCode(second);
	await openDevices(ada);
	await typeCode(ada, code);
	expect(await digitsOn(ada)).toBe(await digitsOn(second));
	const bars = await Promise.all([ada, second].map(watchProgress));
	second.line.narrow(32 * 1024);
	await confirmBoth(ada, second);
	await second.hands.press("Settings");
	await ada.hands.sees("is in all your conversations.", 60);
	await ada.hands.sees("What was said before is on its way to", 60);
	await second.hands.sees("What was said before is here.", 60);
	second.line.mend();
	const [atAda, atSecond] = await Promise.all(bars.map((seen) => seen()));
	console.log("progress:", atAda, atSecond);
	expect(atAda?.filter((bar) => / is in \d of 3 conversations \(/.test(bar)).length).toBeGreaterThan(1);
	expect(atSecond?.filter((bar) => bar.startsWith("What was said before is coming")).length).toBeGreaterThan(0);
	expect(await second.page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
	const [there, here] = [await roomsOf(second), await roomsOf(ada)];
	expect(there).toEqual(here);
	expect([there.people, there.calls]).toEqual([before.people, before.calls]);
	expect(there.people).toHaveLength(2);
	expect(there.calls).toHaveLength(2);
	expect(there.chats).toHaveLength(4);
});

test("each conversation holds the same rows in the same order, with the same states, and none twice", async () => {
	for (const [title, rows] of timelines) {
		await openChat(second, title);
		const there = await wholeTimeline(second.page);
		expect(there.filter((row) => !isLine(row)).slice(0, rows.length), title).toEqual(
			rows.filter((row) => !isLine(row)),
		);
		if (title === "Choir") {
			// What Ada has not read is new here too: the line stands above the first of it.
			const line = there.findIndex(isLine);
			expect(there.slice(line + 1, line + 4).map((row) => unread.some((text) => row.includes(text)))).toEqual([
				true,
				true,
				true,
			]);
			const picture = await pictureOf(second);
			await openChat(ada, title);
			expect(picture).toBe(await pictureOf(ada));
		} else await openChat(ada, title);
		const here = await wholeTimeline(ada.page);
		expect(
			there.filter((row) => !isLine(row)),
			title,
		).toEqual(here.filter((row) => !isLine(row)));
	}
});
