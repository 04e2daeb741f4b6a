import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { launchChromium, launchFirefox } from "../browsers.ts";
import { startPulse } from "../pulse.ts";
import { otherSentence, readWav, repeatedOpus, type Sound, speakToWav, spokenSentence } from "../speech.ts";
import { PersonLine } from "./person-line.ts";
import { chromiumHands, firefoxHands, likenessTo, mediaWatch, PersonPage } from "./person-page.ts";
import { startTappedServer, type TappedServer } from "./tapped-server.ts";

/** Longer than any test's call. */
const lineSpeechSeconds = 240;

export type Two = readonly [PersonPage, PersonPage];

/** What the two say to each other first. */
export const greetings = [
	"The eels are in the cellar, behind the mangle.",
	"Then I shall bring the copper kettle at nine.",
] as const;

export type Heard = { readonly toSaid: number; readonly toOther: number };

/** Where a test takes place: speech for the microphones, servers and browsers, all of which end with it. */
export type Stage = {
	/** What every microphone says over and over, and what none says, but a person at a command line. */
	readonly said: Sound;
	readonly other: Sound;
	readonly startServer: () => Promise<TappedServer>;
	readonly personInChromium: (name: string) => Promise<PersonPage>;
	/** Another tab of a person's browser, with the same profile. */
	readonly anotherTab: (person: PersonPage) => Promise<PersonPage>;
	readonly personInFirefox: (name: string) => Promise<PersonPage>;
	/** Somebody with the real command line, whose calls say {@link other} over and over. */
	readonly personAtCommandLine: (name: string) => Promise<PersonLine>;
	/** Each records what it decodes until it has heard the other well, eight times at most: the machine may be busy. */
	readonly listen: (people: Two) => Promise<readonly Heard[]>;
	/** Ends browsers and servers; the speech stays. */
	readonly clear: () => Promise<void>;
	readonly end: () => Promise<void>;
};

export async function createStage(): Promise<Stage> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-e2e-"));
	const microphone = await speakToWav(folder, "said", spokenSentence);
	const said = await readWav(microphone);
	const otherWav = await speakToWav(folder, "other", otherSentence);
	const other = await readWav(otherWav);
	const open: (() => Promise<unknown>)[] = [];
	const contexts = new Map<PersonPage, BrowserContext>();
	const clear = async () => {
		for (const close of open.splice(0).toReversed()) await close();
	};

	async function openTab(name: string, context: BrowserContext): Promise<PersonPage> {
		const page = await context.newPage();
		page.on("pageerror", (error) => console.log(`${name}: ${error.message}`));
		await page.addInitScript(mediaWatch());
		const person = new PersonPage(name, chromiumHands(page));
		contexts.set(person, context);
		return person;
	}

	async function listenAt(person: PersonPage, speaker: PersonPage): Promise<Heard> {
		let best: Heard = { toSaid: -1, toOther: 1 };
		for (let attempt = 0; attempt < 8 && best.toSaid < 0.8; attempt++) {
			const recording = await person.record(8);
			const openedAt = await speaker.microphoneOpenedAt();
			const toSaid = likenessTo(recording, said, openedAt);
			if (toSaid > best.toSaid) best = { toSaid, toOther: likenessTo(recording, other, openedAt) };
		}
		return best;
	}

	return {
		said,
		other,
		async startServer() {
			const server = await startTappedServer(await mkdtemp(join(folder, "server-")));
			open.push(server.stop);
			return server;
		},
		async personInChromium(name) {
			const browser = await launchChromium(microphone);
			open.push(() => browser.close());
			return openTab(name, await browser.newContext({ viewport: { width: 1280, height: 800 } }));
		},
		async anotherTab(person) {
			const context = contexts.get(person);
			if (context === undefined) throw new Error(`${person.name} is in no browser of this stage`);
			return openTab(person.name, context);
		},
		async personInFirefox(name) {
			const pulse = await startPulse();
			open.push(pulse.stop);
			const browser = await launchFirefox(pulse.environment);
			open.push(() => browser.close());
			const page = await browser.newPage();
			page.on("pageerror", (error) => console.log(`${name}: ${String(error)}`));
			await page.evaluateOnNewDocument(mediaWatch(await readFile(microphone)));
			return new PersonPage(name, firefoxHands(page));
		},
		async personAtCommandLine(name) {
			const person = new PersonLine(name, await mkdtemp(join(folder, "line-")));
			open.push(() => person.stop());
			await repeatedOpus(otherWav, person.speech, lineSpeechSeconds);
			return person;
		},
		async listen(people) {
			const heard = await Promise.all(people.map((person, index) => listenAt(person, people[1 - index] ?? person)));
			console.log(`heard: ${JSON.stringify(heard)}`);
			return heard;
		},
		clear,
		async end() {
			await clear();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** A new user's path, up to where both have written to each other. Returns the link that was shared. */
export async function meet(url: string, [asker, owner]: Two): Promise<string> {
	for (const person of [asker, owner]) await person.createAccount(url);
	const link = await owner.shareLink();
	await asker.addContact(link);
	await owner.hands.press("Accept");
	await asker.write(greetings[0]);
	await owner.hands.sees(greetings[0]);
	await owner.write(greetings[1]);
	await asker.hands.sees(greetings[1]);
	return link;
}

export async function videoCall([caller, callee]: Two): Promise<void> {
	await caller.hands.press("Start video call");
	await callee.hands.press("Answer");
	for (const person of [caller, callee]) {
		await person.waitFor("hears the other", 30, () => hears(person));
		await person.waitFor("sees the other", 30, async () => (await person.picturesSeen()) > 5);
	}
}

export const hears = async (person: PersonPage): Promise<boolean> => (await person.loudness(1_000)) > 0.02;

export async function picturesGrow(person: PersonPage): Promise<void> {
	const before = await person.picturesSeen();
	await person.waitFor("sees new pictures", 15, async () => (await person.picturesSeen()) > before + 10);
}
