import { mkdtemp } from "node:fs/promises";
import { startTappedServer } from "./tapped-server.ts";
import { launchFirefox, launchChromium } from "../browsers.ts";
import { firefoxHands, chromiumHands, PersonPage, microphoneWatch } from "./person-page.ts";
const server = await startTappedServer(await mkdtemp("/tmp/explore-"));
const browser = await launchFirefox();
const page = await browser.newPage();
page.on("console", (m) => console.log("ff console", m.text()));
page.on("pageerror", (m) => console.log("ff pageerror", m));
await page.evaluateOnNewDocument(microphoneWatch);
const cb = await launchChromium();
const cp = await (await cb.newContext()).newPage();
cp.on("console", (m) => console.log("cr console", m.text()));
const bo = new PersonPage("Bo", firefoxHands(page));
const ada = new PersonPage("Ada", chromiumHands(cp));
const t0 = Date.now();
const log = (x: any) => console.log(Date.now() - t0, x);
try {
	await ada.createAccount(server.url); await bo.createAccount(server.url); log("accounts");
	const link = await bo.shareLink(); log("link");
	await ada.addContact(link); log("added");
	await bo.hands.press("Accept"); log("accepted");
	await ada.write("hello there bo"); log("written");
	await bo.hands.sees("hello there bo"); log("seen");
	await bo.write("hello ada"); log("bo written");
	await ada.hands.sees("hello ada"); log("ada seen");
	await ada.hands.press("Start video call"); log("started");
	await bo.hands.press("Answer"); log("answered");
	for (let i = 0; i < 10; i++) {
		await new Promise((r) => setTimeout(r, 1500));
		log([await ada.picturesSeen(), await bo.picturesSeen(), await ada.loudness(300), await bo.loudness(300)]);
	}
	console.log(await page.evaluate("document.body.innerText"));
} catch (e) { log(e);  console.log(await page.evaluate("document.body.innerText")); await page.screenshot({ path: "/tmp/ff.png" }); }
await browser.close();
await cb.close();
await server.stop();
