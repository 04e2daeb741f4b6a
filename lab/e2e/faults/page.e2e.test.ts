import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sottoJson, startSotto } from "../../../apps/cli/test/sotto.test-kit.ts";
import type { Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, meet, pause } from "./two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-page-"));
	served = await serve();
	({ ada, bo } = await meet(served, { bo: { width: 390 } }));
});

afterAll(async () => {
	await Promise.all([ada.close(), bo.close()]);
	await served.end();
	await rm(folder, { recursive: true, force: true });
});

const attack = `<img src=x onerror="window.gotIn=1"><script>window.gotIn=1</script><a href="javascript:gotIn=1">x</a>`;

test("WEB-CANNOT-1: markup and script in a message are shown as the text they are", async () => {
	await bo.write(attack);
	await ada.hasMessages("<img", [attack]);
	expect(await ada.page.evaluate("window.gotIn")).toBe(undefined);
	expect(await ada.page.locator("p.bubble :is(img, script, a)").count()).toBe(0);
});

test("WEB-CANNOT-1: every page is served under a policy that allows no foreign script and demands Trusted Types", async () => {
	for (const path of ["/", "/index.html", "/anything"]) {
		const policy = (await fetch(`${served.url}${path}`)).headers.get("content-security-policy") ?? "";
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("script-src 'self';");
		expect(policy).toContain("require-trusted-types-for 'script'");
		expect(policy).not.toContain("unsafe");
		expect(policy).not.toContain("*");
	}
});

/** The violation that a test itself has caused is seen, by which it is known that others would be; then it is forgotten. */
async function violationNoted(): Promise<void> {
	const isNoted = () => ada.problems.some(({ text }) => text.startsWith("securitypolicyviolation"));
	await ada.waitFor("the violation is noted", 5, async () => isNoted());
	// The browser's own line on the console comes beside it.
	await pause(500);
	ada.forgetProblems();
}

test("WEB-CANNOT-1: markup made from text is refused by the browser itself, and the tests would see it", async () => {
	const refusal = await ada.page.evaluate(
		`(() => { try { document.body.innerHTML = "<b>x</b>"; return "let in"; } catch (error) { return error.name; } })()`,
	);
	expect(refusal).toBe("TypeError");
	await violationNoted();
});

test("WEB-CANNOT-2: a page that tries to ask another host is stopped by the policy", async () => {
	const answer = await ada.page.evaluate(
		`fetch("http://127.0.0.2:9/").then(() => "let through", (error) => error.name)`,
	);
	expect(answer).toBe("TypeError");
	await violationNoted();
});

test("a message that the server refuses is marked, and goes out with Retry once it takes it", async () => {
	bo.line.refuse("/v1/log/append", "wrongSize");
	await bo.write("Please take this.");
	await bo.hands.sees("Not sent");
	expect(await ada.messages("Please")).toEqual([]);
	bo.line.mend();
	await bo.hands.press("Retry");
	await ada.hasMessages("Please", ["Please take this."]);
	await bo.waitFor("it is sent", 20, async () => (await bo.stateOf("Please take this.")) === "sent");
});

test("without the server every room of the app still opens, also those not seen before", async () => {
	const loaded = `performance.getEntriesByType("resource").some(({ name }) => name.includes("settings-room"))`;
	await ada.waitFor("has loaded the rest", 20, async () => (await ada.page.evaluate(loaded)) === true);
	ada.line.cut("refused");
	await ada.hands.sees("Waiting for the network.", 30);
	for (const room of ["Calls", "People", "What the server sees", "Settings"]) {
		await ada.page.getByRole("button", { name: room }).first().click();
		await ada.page.getByRole("heading", { name: room }).first().waitFor({ timeout: 5_000 });
	}
	await ada.page.getByRole("button", { name: "Chats" }).first().click();
	ada.line.mend();
	await ada.page.getByRole("link", { name: "Bo" }).first().click();
	await ada.write("Back again.");
	await bo.hasMessages("Back again", ["Back again."]);
});

test("somebody at the command line and somebody in the browser meet by link and talk both ways", async () => {
	const profile = ["--profile", join(folder, "cleo")] as const;
	const [created] = await sottoJson("account", "create", "--name", "Cleo", "--home", served.url, ...profile);
	await ada.hands.press("New contact");
	await ada.addContact(created?.["link"] as string);
	await ada.hands.sees("Cleo has not accepted yet.");
	const [request] = await sottoJson("requests", ...profile);
	expect(request).toMatchObject({ name: "Ada" });
	await sottoJson("accept", request?.["id"] as string, ...profile);

	const listening = startSotto("listen", "--json", ...profile);
	try {
		await listening.line(({ type }) => type === "listening");
		await ada.write("Can you read me in your terminal?");
		await listening.line(({ type, text }) => type === "message" && text === "Can you read me in your terminal?");
		await sottoJson("send", "Ada", "Perfectly.", ...profile);
		await ada.hasMessages("Perfectly", ["Perfectly."]);
		await ada.waitFor("it is sent", 20, async () => (await ada.stateOf("Can you read me")) === "sent");
	} finally {
		await listening.stop();
	}
	expect(listening.lines.filter(({ type, mine }) => type === "message" && mine !== true)).toHaveLength(1);
});

test("WEB-CANNOT-2: whatever the pages and workers of this test asked, they asked of their own server", async () => {
	await closeAndJudge(served, [ada, bo]);
	expect(ada.asked().some(({ url }) => url.endsWith("/v1/log/append"))).toBe(true);
	expect(ada.asked().some(({ url }) => url.startsWith("ws:"))).toBe(true);
});
