import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, launchFirefox } from "../browsers.ts";
import { likeness } from "../envelope.ts";
import { decodeOpus } from "../ogg-opus.ts";
import { startPulse } from "../pulse.ts";
import { readTap, streamOf, type TappedPacket } from "../rtp-tap.ts";
import { otherSentence, readWav, type Sound, speakToWav, spokenSentence } from "../speech.ts";
import { decodedPictures, vp9Frames } from "../vp9-frames.ts";
import { chromiumHands, firefoxHands, likenessTo, mediaWatch, PersonPage } from "./person-page.ts";
import { searchServer, shownCapabilities, textNeedle } from "./secrets.ts";
import { startTappedServer, type TappedServer } from "./tapped-server.ts";

const names = ["Wilhelmina Quist", "Benedek Szalai"] as const;
const words = [
	"The eels are in the cellar, behind the mangle.",
	"Then I shall bring the copper kettle at nine.",
] as const;

let folder: string;
let microphone: string;
let said: Sound;
let other: Sound;
let server: TappedServer | undefined;
const open: { close: () => Promise<unknown> }[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-e2e-"));
	microphone = await speakToWav(folder, "said", spokenSentence);
	said = await readWav(microphone);
	other = await readWav(await speakToWav(folder, "other", otherSentence));
});

afterEach(async () => {
	for (const browser of open.splice(0)) await browser.close();
	await server?.stop();
	server = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function startServer(): Promise<TappedServer> {
	server = await startTappedServer(await mkdtemp(join(folder, "server-")));
	return server;
}

async function personInChromium(name: string): Promise<PersonPage> {
	const browser = await launchChromium(microphone);
	open.push(browser);
	const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
	page.on("pageerror", (error) => console.log(`${name}: ${error.message}`));
	page.on("console", (message) => message.type() === "error" && console.log(`${name}: ${message.text()}`));
	await page.addInitScript(mediaWatch());
	return new PersonPage(name, chromiumHands(page));
}

async function personInFirefox(name: string): Promise<PersonPage> {
	const pulse = await startPulse();
	const browser = await launchFirefox(pulse.environment);
	open.push(browser, { close: pulse.stop });
	const page = await browser.newPage();
	page.on("pageerror", (error) => console.log(`${name}: ${String(error)}`));
	await page.evaluateOnNewDocument(mediaWatch(await readFile(microphone)));
	return new PersonPage(name, firefoxHands(page));
}

/** A new user's path, up to where both have written to each other. */
async function meet(url: string, people: readonly [PersonPage, PersonPage]): Promise<string> {
	const [asker, owner] = people;
	for (const person of people) await person.createAccount(url);
	const link = await owner.shareLink();
	await asker.addContact(link);
	await owner.hands.press("Accept");
	await asker.write(words[0]);
	await owner.hands.sees(words[0]);
	await owner.write(words[1]);
	await asker.hands.sees(words[1]);
	return link;
}

async function videoCall([caller, callee]: readonly [PersonPage, PersonPage]): Promise<void> {
	await caller.hands.press("Start video call");
	await callee.hands.press("Answer");
	for (const person of [caller, callee]) {
		await person.waitFor("hears the other", 30, () => hears(person));
		await person.waitFor("sees the other", 30, async () => (await person.picturesSeen()) > 5);
	}
}

const hears = async (person: PersonPage) => (await person.loudness(1_000)) > 0.02;

type Heard = { readonly toSaid: number; readonly toOther: number };

/** Each records what it decodes until it has heard the other well, five times at most: the machine may be busy with other things. */
async function listen(people: readonly [PersonPage, PersonPage]): Promise<readonly Heard[]> {
	const best = await Promise.all(people.map((person, index) => listenAt(person, people[1 - index] ?? person)));
	console.log(`heard: ${JSON.stringify(best)}`);
	return best;
}

async function listenAt(person: PersonPage, speaker: PersonPage): Promise<Heard> {
	let best: Heard = { toSaid: -1, toOther: 1 };
	for (let attempt = 0; attempt < 5 && best.toSaid < 0.8; attempt++) {
		const recording = await person.record(8);
		const openedAt = await speaker.microphoneOpenedAt();
		const toSaid = likenessTo(recording, said, openedAt);
		if (toSaid > best.toSaid) best = { toSaid, toOther: likenessTo(recording, other, openedAt) };
	}
	return best;
}

async function picturesGrow(person: PersonPage): Promise<void> {
	const before = await person.picturesSeen();
	await person.waitFor("sees new pictures", 15, async () => (await person.picturesSeen()) > before + 10);
}

/** The best that the tap gives of any sender's microphone. */
async function tappedSpeech(packets: readonly TappedPacket[], opened: readonly number[]) {
	const senders = [...new Set(packets.map(({ participant }) => participant))];
	const streams = senders.map((sender) => streamOf(packets, sender, "audio").slice(0, 500));
	const sounds = await Promise.all(streams.map((audio) => decodeOpus(audio.map(({ payload }) => payload))));
	const all = sounds.flatMap((sound, index) =>
		opened.map((openedAt) => {
			const at = ((streams[index]?.[0]?.at ?? 0) - openedAt) / 1000;
			return { toSaid: likeness(sound, said, at), toOther: likeness(sound, other, at) };
		}),
	);
	return {
		senders: senders.length,
		toSaid: Math.max(...all.map(({ toSaid }) => toSaid)),
		toOther: Math.max(...all.map(({ toOther }) => toOther)),
	};
}

async function tappedPictures(packets: readonly TappedPacket[]) {
	const senders = [...new Set(packets.map(({ participant }) => participant))];
	const frames = senders.map((sender) => vp9Frames(streamOf(packets, sender, "video")));
	const pictures = await Promise.all(frames.map((list) => decodedPictures(list)));
	return {
		frames: frames.reduce((sum, list) => sum + list.length, 0),
		pictures: pictures.reduce((sum, count) => sum + count, 0),
	};
}

/** Everything that the collector may look for in what it kept of this path. */
async function secretsOf(running: TappedServer, link: string) {
	const capabilities = await shownCapabilities(running.bodiesPath);
	const fragment = Buffer.from(link.split("#")[1] ?? "", "base64url");
	// The link is version, profile id (which the server knows), reading right, key commitment.
	const linkParts = [fragment.subarray(33, 65), fragment.subarray(65, 97)];
	expect(fragment.length).toBeGreaterThanOrEqual(97);
	return {
		capabilities,
		needles: [
			...names.flatMap((name) => textNeedle(`the name ${name}`, name)),
			...words.flatMap((text) => textNeedle("a message's text", text)),
			...linkParts.map((bytes) => ({ what: "a secret of the contact link", bytes })),
			...capabilities,
		],
	};
}

describe("two people who have never met", () => {
	test("share a link, write, and talk with sound and picture, and the server has none of it", async () => {
		const running = await startServer();
		const people = [await personInChromium(names[0]), await personInChromium(names[1])] as const;
		const link = await meet(running.url, people);
		await videoCall(people);
		for (const { toSaid, toOther } of await listen(people)) {
			expect(toSaid).toBeGreaterThanOrEqual(0.8);
			expect(toOther).toBeLessThan(0.6);
		}
		for (const person of people) await picturesGrow(person);
		const opened = await Promise.all(people.map((person) => person.microphoneOpenedAt()));
		await people[0].hands.press("Hang up");
		await people[1].hands.sees("hung up");

		const packets = await readTap(running.tapPath);
		const sizes = new Set(packets.filter(({ kind }) => kind === "audio").map(({ payload }) => payload.length));
		const speech = await tappedSpeech(packets, opened);
		const video = await tappedPictures(packets);
		console.log(`tap: ${JSON.stringify({ packets: packets.length, sizes: [...sizes], speech, video })}`);
		expect(speech.senders).toBe(2);
		expect([...sizes]).toHaveLength(1);
		expect(speech.toSaid).toBeLessThan(0.4);
		expect(video.frames).toBeGreaterThan(50);
		expect(video.pictures).toBe(0);

		const { capabilities, needles } = await secretsOf(running, link);
		console.log(`searched for ${needles.length} secrets, ${capabilities.length} of them capabilities that were shown`);
		expect(capabilities.length).toBeGreaterThanOrEqual(6);
		expect(await searchServer(running, needles)).toEqual([]);
	});

	test("the search bites: what the server does keep is found by it", async () => {
		const running = await startServer();
		const person = await personInChromium(names[0]);
		await person.createAccount(running.url);
		const link = await person.shareLink();
		await person.waitFor("its profile is stored", 10, async () => {
			const profileId = Buffer.from(link.split("#")[1] ?? "", "base64url").subarray(1, 33);
			return (await searchServer(running, [{ what: "profile id", bytes: profileId }])).length > 0;
		});
	});

	test("hear each other again within 10 s of the room's process being stopped, and after the server's restart", async () => {
		const running = await startServer();
		const people = [await personInChromium(names[0]), await personInChromium(names[1])] as const;
		await meet(running.url, people);
		await videoCall(people);

		const rooms = await running.roomProcesses();
		expect(rooms).toHaveLength(1);
		const stoppedAt = Date.now();
		process.kill(rooms[0] ?? 0, "SIGSTOP");
		await Promise.all(
			people.map((person) => person.waitFor("silence", 8, async () => (await person.loudness(600)) < 0.001)),
		);
		const silentAfter = Date.now() - stoppedAt;
		await Promise.all(people.map((person) => person.waitFor("hears again", 12, () => hears(person))));
		const heardAfter = Date.now() - stoppedAt;
		console.log(`SIGSTOP: silent after ${silentAfter} ms, both heard again after ${heardAfter} ms`);
		expect(heardAfter).toBeLessThan(10_000);
		for (const person of people) await picturesGrow(person);

		await running.restart();
		const restartedAt = Date.now();
		await Promise.all(people.map((person) => person.waitFor("hears again", 30, () => hears(person))));
		console.log(`server restarted: both heard again after ${Date.now() - restartedAt} ms`);
		for (const person of people) await picturesGrow(person);

		// A reload is no hanging up: the page comes back into the call without a click.
		const reloadedAt = Date.now();
		await people[1].hands.reload();
		await Promise.all(people.map((person) => person.waitFor("hears after the reload", 30, () => hears(person))));
		console.log(`reload: both heard again after ${Date.now() - reloadedAt} ms`);
		for (const person of people) await picturesGrow(person);
	});

	test("talk from Chromium to Firefox and back", async () => {
		const running = await startServer();
		const people = [await personInChromium(names[0]), await personInFirefox(names[1])] as const;
		await meet(running.url, people);
		await videoCall(people);
		for (const { toSaid, toOther } of await listen(people)) {
			expect(toSaid).toBeGreaterThanOrEqual(0.8);
			expect(toOther).toBeLessThan(0.6);
		}
		for (const person of people) await picturesGrow(person);
		const packets = await readTap(running.tapPath);
		const sizes = new Set(packets.filter(({ kind }) => kind === "audio").map(({ payload }) => payload.length));
		expect([...sizes]).toHaveLength(1);
	});
});
