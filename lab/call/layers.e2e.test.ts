import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../browsers.ts";
import { CallPage, hears } from "./call-page.ts";
import { buildHarnessPage, type HarnessServer, startHarnessServer } from "./harness-server.ts";

let folder: string;
let server: HarnessServer;
let browser: Browser;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-layers-"));
	await buildHarnessPage(join(folder, "page"));
	server = await startHarnessServer(join(folder, "page"), join(folder, "layers.tap"));
	browser = await launchChromium();
});

afterAll(async () => {
	await browser.close();
	await server.stop();
	await rm(folder, { recursive: true, force: true });
});

async function openPage(): Promise<CallPage> {
	const page = await (await browser.newContext()).newPage();
	page.on("pageerror", (error) => console.log(`page: ${error.message}`));
	await page.goto(server.url);
	return new CallPage((expression) => page.evaluate(expression));
}

/** How high a layer of the speaker's camera is at the moment: it adapts to line and machine, all layers alike. */
async function heightOf(speaker: CallPage, rid: string): Promise<number> {
	return (await speaker.sentCamera()).find((layer) => layer.rid === rid)?.frameHeight ?? 0;
}

/** Waits until `page` is shown new pictures of the speaker ("person 0") that are this layer; gives how long that took, ms. */
async function sees(page: CallPage, speaker: CallPage, rid: string): Promise<number> {
	const from = Date.now();
	const before = (await page.pictures())["person 0"]?.count ?? 0;
	for (;;) {
		const picture = (await page.pictures())["person 0"];
		const height = await heightOf(speaker, rid);
		if (picture !== undefined && picture.height === height && picture.count > before) return Date.now() - from;
		if (Date.now() - from > 30_000)
			throw new Error(`no ${rid} of ${JSON.stringify(await speaker.sentCamera())}, but ${JSON.stringify(picture)}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Waits until `page` sends these layers of its camera and no others, a second long. */
async function sends(page: CallPage, rids: string): Promise<void> {
	for (let attempt = 0; ; attempt++) {
		const before = new Map((await page.sentCamera()).map(({ rid, bytes }) => [rid, bytes]));
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		const after = await page.sentCamera();
		const sent = after.filter(({ rid, bytes }) => bytes - (before.get(rid) ?? 0) > 200).map(({ rid }) => rid);
		if (sent.toSorted().join("") === rids) return;
		if (attempt === 20) throw new Error(`sends ${sent.join("")}, not ${rids}: ${JSON.stringify(after)}`);
	}
}

test("a tile gets the layer that fits it, another size another layer; what nobody sees is not sent, and comes back", async () => {
	const callBase = randomBytes(32).toString("hex");
	const [speaker, large, small] = [await openPage(), await openPage(), await openPage()];
	for (const [leaf, page] of [speaker, large].entries()) await page.start({ callBase, leaf, camera: leaf === 0 });
	for (const page of [speaker, large]) await page.waitFor("hearing", 60, hears);

	// Of two, one layer is sent: that which the other shows.
	await large.show({ "person 0": 500 });
	await sees(large, speaker, "h");
	await sends(speaker, "h");
	await large.show({ "person 0": 100 });
	await sees(large, speaker, "l");
	await sends(speaker, "l");

	// A third: whoever comes late sees the picture too, and each gets the layer that fits.
	await small.start({ callBase, leaf: 2, camera: false });
	await small.waitFor("hearing", 60, hears);
	await small.show({ "person 0": 100 });
	await large.show({ "person 0": 500 });
	await Promise.all([sees(small, speaker, "l"), sees(large, speaker, "h")]);
	expect(await heightOf(speaker, "h")).toBeGreaterThan(3 * (await heightOf(speaker, "l")));

	// Nobody watches, then somebody does.
	for (const page of [large, small]) await page.show({});
	await sends(speaker, "");
	await small.show({ "person 0": 250 });
	console.log(`a picture after ${await sees(small, speaker, "m")} ms`);
	for (const page of [speaker, large, small]) expect((await page.report()).stats.counts?.withheld).toBe(0);
});
