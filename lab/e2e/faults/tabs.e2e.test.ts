import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, meet, pause, talk } from "./two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;

beforeAll(async () => {
	served = await serve();
	({ ada, bo } = await meet(served));
});

afterAll(() => closeAndJudge(served, [ada, bo]).finally(() => served.end()));

async function writeIn(page: Page, text: string): Promise<void> {
	await ada.field(page).fill(text);
	await page.getByRole("button", { name: "Send", exact: true }).click();
}

async function openBo(page: Page): Promise<Page> {
	await page.getByRole("link", { name: "Bo" }).first().click();
	await ada.field(page).waitFor();
	return page;
}

test("a call comes back by itself after a reload in the middle of it", async () => {
	await talk(ada, bo);
	await ada.page.reload();
	const took = await Promise.all([ada.perceives(40), bo.perceives(40)]);
	console.log(`heard and seen again ${Math.max(...took)} ms after the reload began`);
});

test("a frozen tab in a call gets what was written meanwhile, and its call back, when it is thawed", async () => {
	const devtools = await ada.context.newCDPSession(ada.page);
	await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
	await pause(2_000);
	await bo.hands.press("Back to chats");
	await bo.write("Are you still there?");
	await bo.write("You look frozen.");
	await pause(12_000);
	await devtools.send("Page.setWebLifecycleState", { state: "active" });
	await Promise.all([ada.perceives(40), bo.perceives(40, false)]);
	await ada.hands.press("Back to chats");
	await ada.hasMessages("Are you", ["Are you still there?"]);
	await ada.hasMessages("You look", ["You look frozen."]);
});

test("a browser whose processes stood still for 20 s, as under a closed lid, is back in its call and in its messages", async () => {
	const devtools = await ada.browser.newBrowserCDPSession();
	const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
	const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
	expect(renderers.length).toBeGreaterThan(0);
	for (const id of renderers) process.kill(id, "SIGSTOP");
	try {
		await bo.write("The lid is closed.");
		await pause(20_000);
	} finally {
		for (const id of renderers) process.kill(id, "SIGCONT");
	}
	const took = await Promise.all([ada.perceives(60, false), bo.perceives(60, false)]);
	console.log(`heard again ${Math.max(...took)} ms after the lid was opened`);
	await ada.hasMessages("The lid", ["The lid is closed."]);
	await ada.write("Open again.");
	await bo.hasMessages("Open again", ["Open again."]);
});

test("a call lives in one tab; another can take it over, and takes its media with it", async () => {
	const other = await openBo(await ada.otherTab(served.url));
	await other.getByRole("button", { name: "Take it over here" }).waitFor();
	expect(await other.evaluate("labPeers.length")).toBe(0);
	expect(await ada.perceivesNow(false)).toBe(true);

	await other.getByRole("button", { name: "Take it over here" }).click();
	await Promise.all([ada.perceives(30, false, other), bo.perceives(30, false)]);
	await ada.page.getByRole("button", { name: "Take it over here" }).waitFor();
	expect(await ada.perceivesNow(false)).toBe(false);

	await other.getByRole("button", { name: "Hang up" }).first().click();
	await bo.page.getByRole("button", { name: "Hang up" }).first().waitFor({ state: "detached" });
	await other.close();
});

test("two tabs of one profile are one client, and either can be closed", async () => {
	const other = await openBo(await ada.otherTab(served.url));
	await ada.field().waitFor();
	await writeIn(ada.page, "One: from the first tab.");
	await ada.hasMessages("One: ", ["One: from the first tab."], 5, other);
	await writeIn(other, "One: from the second tab.");
	const both = ["One: from the first tab.", "One: from the second tab."];
	for (const page of [ada.page, other]) await ada.hasMessages("One: ", both, 20, page);
	await bo.hasMessages("One: ", both);

	await ada.page.close();
	await writeIn(other, "Two: the first is closed.");
	await bo.hasMessages("Two: ", ["Two: the first is closed."]);
	await bo.write("Two: so I see.");
	await ada.hasMessages("Two: ", ["Two: the first is closed.", "Two: so I see."], 20, other);

	const third = await openBo(await ada.otherTab(served.url));
	await other.close();
	await writeIn(third, "Three: the second too.");
	await bo.hasMessages("Three: ", ["Three: the second too."]);
	await ada.hasMessages("One: ", both, 20, third);
});
