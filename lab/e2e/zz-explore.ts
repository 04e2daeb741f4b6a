import { mkdtemp } from "node:fs/promises";
import { startTappedServer } from "./tapped-server.ts";
import { launchChromium } from "../browsers.ts";
const folder = await mkdtemp("/tmp/explore-");
const server = await startTappedServer(folder);
const pages: any[] = [];
for (const name of ["Ada Lovelace", "Bo Quist"]) {
	const browser = await launchChromium();
	const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
	page.on("pageerror", (e) => console.log(name, "pageerror", e.message));
	page.on("console", (m) => console.log(name, m.type(), m.text()));
	await page.goto(server.url);
	await page.getByRole("textbox", { name: "Your name" }).fill(name);
	await page.getByRole("button", { name: "Create account" }).click();
	await page.getByRole("button", { name: "Share my link" }).waitFor();
	pages.push({ page, browser });
}
const [a, b] = pages.map((p) => p.page);
const snap = async (p: any, n: string) => { await p.screenshot({ path: `/tmp/explore-${n}.png` }); console.log("-----", n); console.log(await p.locator("body").ariaSnapshot()); };
try {
	const link = await a.getByRole("textbox", { name: "My link" }).inputValue();
	await b.getByRole("textbox", { name: "Contact link" }).fill(link);
	await b.getByRole("button", { name: "Add contact" }).click();
	await a.getByRole("button", { name: "Accept" }).click({ timeout: 15000 });
	await a.waitForTimeout(1500);
	await snap(a, "a-accepted");
	await snap(b, "b-accepted");
	await a.getByRole("textbox", { name: "Message" }).fill("The eels are in the cellar.", { timeout: 5000 });
	await a.getByRole("button", { name: "Send" }).click();
	await b.getByText("The eels are in the cellar.").first().waitFor({ timeout: 10000 });
	await snap(b, "b-message");
	await a.getByRole("button", { name: "Start video call" }).click();
	await b.getByRole("button", { name: "Answer" }).first().click({ timeout: 10000 });
	for (let i = 0; i < 8; i++) {
		await a.waitForTimeout(1500);
		console.log(i, await Promise.all([a, b].map((p) => p.evaluate(() => ({ video: [...document.querySelectorAll("video")].map((v: any) => [v.dataset.remote ?? "local", v.getVideoPlaybackQuality().totalVideoFrames, v.videoWidth]), audio: document.querySelectorAll("audio").length })))));
	}
	await snap(a, "a-call");
	await snap(b, "b-call");
	await a.getByRole("button", { name: "Hang up" }).click();
	await b.waitForTimeout(1500);
	await snap(b, "b-after");
} catch (e) { console.log(String(e)); await snap(a, "a-fail"); await snap(b, "b-fail"); }
console.log(server.logs());
for (const { browser } of pages) await browser.close();
await server.stop();
