import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { launchChromium } from "../browsers.ts";
import { speakToWav, spokenSentence } from "../speech.ts";
import { CallPage, type CallReport, hears } from "./call-page.ts";
import { buildHarnessPage, type HarnessServer, startHarnessServer } from "./harness-server.ts";

let folder: string;
let server: HarnessServer;
let browser: Browser;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-network-"));
	await buildHarnessPage(join(folder, "page"));
	server = await startHarnessServer(join(folder, "page"), join(folder, "network.tap"));
	browser = await launchChromium(await speakToWav(folder, "said", spokenSentence));
});
afterAll(async () => {
	await browser.close();
	await server.stop();
	await rm(folder, { recursive: true, force: true });
});

async function openPage() {
	const page = await (await browser.newContext()).newPage();
	page.on("pageerror", (error) => console.log(`page: ${error.message}`));
	await page.goto(server.url);
	const evaluate = (expression: string) => page.evaluate(expression);
	return { call: new CallPage(evaluate), evaluate };
}

const known = ({ participants }: CallReport) => participants.filter(({ person }) => person !== undefined);

test("another network means another connection, made beside the old one: nobody is shown twice, and the call is never interrupted", async () => {
	const [ada, bob] = [await openPage(), await openPage()];
	const callBase = randomBytes(32).toString("hex");
	for (const [leaf, { call }] of [ada, bob].entries()) await call.start({ callBase, leaf, camera: false });
	for (const { call } of [ada, bob]) await call.waitFor("hearing", 60, hears);
	const before = await ada.call.report();
	const [own] = known(await bob.call.report());

	// What the browser says when it comes from one network into another.
	await ada.evaluate('dispatchEvent(new Event("online"))');
	const seen: CallReport[] = [];
	const hasMoved = (report: CallReport) => {
		seen.push(report);
		const [other] = known(report);
		return hears(report) && other?.participantId !== own?.participantId;
	};
	const took = await bob.call.waitFor("hearing her where she came to", 30, hasMoved);
	await ada.call.waitFor("hearing from there", 30, hears);
	console.log(`another network: heard over the new connection after ${took} ms`);

	const after = await ada.call.report();
	expect(after.stats.joinings).toBe(before.stats.joinings + 1);
	expect(after.phase).toBe("connected");
	expect(after.stats.audioFramesOpened).toBeGreaterThan(before.stats.audioFramesOpened);
	// One tile all the time, and never one that said that the line is gone.
	expect(seen.map((report) => known(report).length)).toEqual(seen.map(() => 1));
	expect(seen.every(({ phase }) => phase === "connected")).toBe(true);
});
