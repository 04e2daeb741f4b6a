import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, launchFirefox } from "../browsers.ts";
import { bestLikeness, likeness } from "../envelope.ts";
import { decodeOpus } from "../ogg-opus.ts";
import { type Pulse, startPulse } from "../pulse.ts";
import { readTap, streamOf, type TappedPacket } from "../rtp-tap.ts";
import { otherSentence, readWav, type Sound, speakToWav, spokenSentence } from "../speech.ts";
import { decodedPictures, vp9Frames } from "../vp9-frames.ts";
import { CallPage, hears } from "./call-page.ts";
import { buildHarnessPage, type HarnessServer, startHarnessServer } from "./harness-server.ts";

let folder: string;
let pageFolder: string;
let microphone: string;
let said: Sound;
let other: Sound;
let server: HarnessServer | undefined;
let browsers: Pick<Browser, "close">[] = [];
let pulse: Pulse | undefined;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-call-"));
	pageFolder = join(folder, "page");
	microphone = await speakToWav(folder, "said", spokenSentence);
	said = await readWav(microphone);
	other = await readWav(await speakToWav(folder, "other", otherSentence));
	await buildHarnessPage(pageFolder);
	await copyFile(microphone, join(pageFolder, "said.wav"));
});

afterEach(async () => {
	await Promise.all(browsers.map((browser) => browser.close()));
	browsers = [];
	await server?.stop();
	server = undefined;
	await pulse?.stop();
	pulse = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function openChromiumPage(url: string): Promise<CallPage> {
	const browser = await launchChromium(microphone);
	browsers.push(browser);
	const page = await (await browser.newContext()).newPage();
	page.on("pageerror", (error) => console.log(`page: ${error.message}`));
	page.on("console", (message) => message.type() === "error" && console.log(`page: ${message.text()}`));
	await page.goto(url);
	return new CallPage((expression) => page.evaluate(expression));
}

async function openFirefoxPage(url: string): Promise<CallPage> {
	pulse = await startPulse();
	const browser = await launchFirefox(pulse.environment);
	browsers.push(browser);
	const page = await browser.newPage();
	page.on("pageerror", (error) => console.log(`page: ${String(error)}`));
	await page.goto(url);
	return new CallPage((expression) => page.evaluate(expression));
}

/** A call of two, up to where both hear and see each other. */
async function startCall(tapName: string, how: { readonly unprotected?: boolean } = {}) {
	const tapPath = join(folder, tapName);
	server = await startHarnessServer(pageFolder, tapPath);
	const callBase = randomBytes(32).toString("hex");
	const pages = [await openChromiumPage(server.url), await openChromiumPage(server.url)] as const;
	for (const [leaf, page] of pages.entries()) await page.start({ callBase, leaf, camera: true, ...how });
	return { pages, tapPath, server };
}

/** Where in the sentence the microphone stood when `at` ms since 1970 was. */
function position(openedAt: number, at: number): number {
	return (at - openedAt) / 1000;
}

type Heard = { readonly toSaid: number; readonly toOther: number };

/** Records at both ends until each has heard the other well, four times at most: the machine may be busy with other things. */
async function listen(pages: readonly [CallPage, CallPage]): Promise<readonly Heard[]> {
	let best: readonly Heard[] = [];
	for (let attempt = 1; attempt <= 4 && !(best.length > 0 && best.every(({ toSaid }) => toSaid >= 0.8)); attempt++) {
		const recordings = await Promise.all(pages.map((page) => page.record(8)));
		const reports = await Promise.all(pages.map((page) => page.report()));
		const heard = recordings.map(({ sound, startedAt }, index) => {
			const at = position(reports[1 - index]?.microphoneOpenedAt ?? 0, startedAt);
			return { toSaid: bestLikeness(sound, said, at), toOther: bestLikeness(sound, other, at) };
		});
		console.log(`heard: ${JSON.stringify(heard)}`);
		best = heard.map((now, index) => {
			const before = best[index];
			return before !== undefined && before.toSaid >= now.toSaid ? before : now;
		});
	}
	return best;
}

/** What the tap has of each sender's microphone, decoded, against both sentences. */
async function tappedLikeness(packets: readonly TappedPacket[], openedAt: number) {
	const sender = packets.find((packet) => packet.kind === "audio")?.participant ?? "";
	const audio = streamOf(packets, sender, "audio").slice(0, 500);
	const sound = await decodeOpus(audio.map((packet) => packet.payload));
	const at = position(openedAt, audio[0]?.at ?? 0);
	return {
		toSaid: likeness(sound, said, at),
		toOther: likeness(sound, other, at),
		seconds: sound.samples.length / 48_000,
	};
}

describe("a call of two Chromium", () => {
	test("is heard and seen at both ends, and the room's tap has nothing of it", async () => {
		const { pages, tapPath } = await startCall("sealed.tap");
		for (const page of pages) await page.waitFor("hearing", 30, hears);
		for (const { toSaid, toOther } of await listen(pages)) {
			expect(toSaid).toBeGreaterThanOrEqual(0.8);
			expect(toOther).toBeLessThan(Math.min(0.7, toSaid - 0.2));
		}
		const reports = await Promise.all(pages.map((page) => page.report()));
		for (const [index, page] of pages.entries()) {
			const before = reports[index]?.stats.videoFramesDecoded ?? 0;
			await page.waitFor("pictures", 10, (report) => report.stats.videoFramesDecoded > before + 10);
		}

		const packets = await readTap(tapPath);
		const sizes = new Set(packets.filter(({ kind }) => kind === "audio").map(({ payload }) => payload.length));
		const tapped = await tappedLikeness(packets, reports[0]?.microphoneOpenedAt ?? 0);
		const frames = vp9Frames(
			streamOf(packets, packets.find(({ kind }) => kind === "video")?.participant ?? "", "video"),
		);
		const pictures = await decodedPictures(frames);
		console.log(
			`tap, sealed: ${JSON.stringify(tapped)}, sizes ${[...sizes].join()}, ${frames.length} frames, ${pictures} pictures`,
		);
		expect([...sizes]).toEqual([192]);
		expect(tapped.toSaid).toBeLessThan(0.4);
		expect(frames.length).toBeGreaterThan(50);
		expect(pictures).toBe(0);
	});

	test("control: without sealing, the same tap gives the speech and the pictures away", async () => {
		const { pages, tapPath } = await startCall("bare.tap", { unprotected: true });
		for (const page of pages) await page.waitFor("joining", 30, (report) => report.phase === "connected");
		await new Promise((resolve) => setTimeout(resolve, 11_000));
		const reports = await Promise.all(pages.map((page) => page.report()));
		const packets = await readTap(tapPath);
		const first = packets.find((packet) => packet.kind === "audio");
		const tapped = await tappedLikeness(packets, Math.min(...reports.map((report) => report.microphoneOpenedAt)));
		const frames = vp9Frames(
			streamOf(packets, packets.find(({ kind }) => kind === "video")?.participant ?? "", "video"),
		);
		const pictures = await decodedPictures(frames);
		console.log(
			`tap, control: ${JSON.stringify(tapped)}, first at ${first?.at}, ${frames.length} frames, ${pictures} pictures`,
		);
		expect(tapped.toSaid).toBeGreaterThanOrEqual(0.8);
		expect(tapped.toOther).toBeLessThan(0.6);
		expect(pictures).toBeGreaterThan(50);
	});

	test("goes on when the room's process is stopped: both hear each other again within 10 s", async () => {
		const { pages, server: running } = await startCall("stopped.tap");
		for (const page of pages) await page.waitFor("hearing", 30, hears);
		const [pid] = running.sfu().processIds();
		process.kill(pid ?? 0, "SIGSTOP");
		const stoppedAt = Date.now();
		for (const page of pages) await page.waitFor("noticing", 10, (report) => report.phase !== "connected");
		const noticed = Date.now() - stoppedAt;
		for (const page of pages) await page.waitFor("hearing again", 10, hears);
		const took = Date.now() - stoppedAt;
		console.log(`SIGSTOP: noticed after ${noticed} ms, heard again after ${took} ms`);
		expect(took).toBeLessThan(10_000);
		for (const page of pages) {
			const before = (await page.report()).stats.videoFramesDecoded;
			await page.waitFor("pictures", 10, (report) => report.stats.videoFramesDecoded > before + 10);
		}
	});

	test("goes on when the whole server is restarted", async () => {
		const { pages, server: running } = await startCall("restarted.tap");
		for (const page of pages) await page.waitFor("hearing", 30, hears);
		await running.restart();
		const restartedAt = Date.now();
		for (const page of pages) await page.waitFor("hearing again", 15, hears);
		console.log(`server restart: heard again after ${Date.now() - restartedAt} ms`);
	});
});

test("a call of Chromium and Firefox is heard and seen at both ends, sealed at one size", async () => {
	const tapPath = join(folder, "mixed.tap");
	server = await startHarnessServer(pageFolder, tapPath);
	const callBase = randomBytes(32).toString("hex");
	const pages = [await openChromiumPage(server.url), await openFirefoxPage(server.url)] as const;
	await pages[0].start({ callBase, leaf: 0, camera: true });
	await pages[1].start({ callBase, leaf: 1, camera: true, speakUrl: "/said.wav" });
	for (const page of pages) await page.waitFor("hearing", 30, hears);
	for (const { toSaid, toOther } of await listen(pages)) {
		expect(toSaid).toBeGreaterThanOrEqual(0.8);
		expect(toOther).toBeLessThan(Math.min(0.7, toSaid - 0.2));
	}
	for (const page of pages) {
		const before = (await page.report()).stats.videoFramesDecoded;
		await page.waitFor("pictures", 10, (report) => report.stats.videoFramesDecoded > before + 10);
		expect((await page.report()).stats.counts?.withheld).toBe(0);
	}
	const packets = await readTap(tapPath);
	expect(new Set(packets.map(({ participant }) => participant)).size).toBe(2);
	expect(new Set(packets.filter(({ kind }) => kind === "audio").map(({ payload }) => payload.length))).toEqual(
		new Set([192]),
	);
});
