import process from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { likeness } from "../envelope.ts";
import { decodeOpus } from "../ogg-opus.ts";
import { readTap, streamOf, type TappedPacket } from "../rtp-tap.ts";
import { decodedPictures, vp9Frames } from "../vp9-frames.ts";
import { searchServer, shownCapabilities, textNeedle } from "./secrets.ts";
import { createStage, greetings, hears, meet, picturesGrow, type Stage, type Two, videoCall } from "./stage.ts";
import type { TappedServer } from "./tapped-server.ts";

const names = ["Wilhelmina Quist", "Benedek Szalai"] as const;

let stage: Stage;
beforeAll(async () => {
	stage = await createStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.end());

async function heardWell(people: Two): Promise<void> {
	for (const { toSaid, toOther } of await stage.listen(people)) {
		expect(toSaid).toBeGreaterThanOrEqual(0.8);
		expect(toOther).toBeLessThan(Math.min(0.7, toSaid - 0.2));
	}
}

/** The best that the tap gives of any sender's microphone. */
async function tappedSpeech(packets: readonly TappedPacket[], opened: readonly number[]) {
	const senders = [...new Set(packets.map(({ participant }) => participant))];
	const streams = senders.map((sender) => streamOf(packets, sender, "audio").slice(0, 500));
	const sounds = await Promise.all(streams.map((audio) => decodeOpus(audio.map(({ payload }) => payload))));
	const all = sounds.flatMap((sound, index) =>
		opened.map((openedAt) => {
			const at = ((streams[index]?.[0]?.at ?? 0) - openedAt) / 1000;
			return { toSaid: likeness(sound, stage.said, at), toOther: likeness(sound, stage.other, at) };
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
			...greetings.flatMap((text) => textNeedle("a message's text", text)),
			...linkParts.map((bytes) => ({ what: "a secret of the contact link", bytes })),
			...capabilities,
		],
	};
}

describe("two people who have never met", () => {
	test("share a link, write, and talk with sound and picture, and the server has none of it", async () => {
		const running = await stage.startServer();
		const people = [await stage.personInChromium(names[0]), await stage.personInChromium(names[1])] as const;
		const link = await meet(running.url, people);
		await videoCall(people);
		await heardWell(people);
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
		const running = await stage.startServer();
		const person = await stage.personInChromium(names[0]);
		await person.createAccount(running.url);
		const link = await person.shareLink();
		await person.waitFor("its profile is stored", 10, async () => {
			const profileId = Buffer.from(link.split("#")[1] ?? "", "base64url").subarray(1, 33);
			return (await searchServer(running, [{ what: "profile id", bytes: profileId }])).length > 0;
		});
	});

	test("hear each other again within 10 s of the room's process being stopped, and after the server's restart", async () => {
		const running = await stage.startServer();
		const people = [await stage.personInChromium(names[0]), await stage.personInChromium(names[1])] as const;
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
		const running = await stage.startServer();
		const people = [await stage.personInChromium(names[0]), await stage.personInFirefox(names[1])] as const;
		await meet(running.url, people);
		await videoCall(people);
		for (const person of people) await picturesGrow(person);
		// Two browsers that encode and decode pictures in software leave a small machine too little to make even sound.
		for (const person of people) await person.hands.press("Turn camera off");
		await heardWell(people);
		const packets = await readTap(running.tapPath);
		const sizes = new Set(packets.filter(({ kind }) => kind === "audio").map(({ payload }) => payload.length));
		expect([...sizes]).toHaveLength(1);
	});
});
