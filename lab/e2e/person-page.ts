import { base64urlToBytes } from "@sotto/bytes";
import type { Page } from "playwright-core";
import type { Page as FirefoxPage } from "puppeteer-core";
import { bestLikeness } from "../envelope.ts";
import type { Sound } from "../speech.ts";
import { decodeRecording } from "./recording.ts";

/** What a person does and sees in a page, by the accessible names that scripts rely on; in whichever browser. */
export interface Hands {
	readonly open: (url: string) => Promise<void>;
	readonly fill: (textbox: string, text: string) => Promise<void>;
	readonly press: (button: string) => Promise<void>;
	/** Waits until `text` stands on the page. */
	readonly sees: (text: string, seconds?: number) => Promise<void>;
	readonly value: (textbox: string) => Promise<string>;
	/** Runs an expression in the page. */
	readonly evaluate: (expression: string) => Promise<unknown>;
	readonly reload: () => Promise<void>;
}

/**
 * Runs before the page's own script: notes when the microphone was opened, so that its sentence's place is known, and keeps the
 * connections, whose statistics say what was decoded. `speech`, a WAV, becomes the microphone of a browser that takes no
 * file for one.
 */
export function mediaWatch(speech?: Uint8Array): string {
	return `(${watchMedia})(${speech === undefined ? "undefined" : JSON.stringify(Buffer.from(speech).toString("base64"))})`;
}

const watchMedia = `(speech) => {
	const mediaDevices = navigator.mediaDevices ?? {};
	const open = mediaDevices.getUserMedia?.bind(mediaDevices);
	mediaDevices.getUserMedia = async (wants) => {
		const stream = wants.audio && speech !== undefined ? await speak() : await open(wants);
		if (wants.audio) window.microphoneOpenedAt = Date.now();
		return stream;
	};
	const speak = async () => {
		const context = new AudioContext({ sampleRate: 48000 });
		await context.resume();
		const bytes = Uint8Array.from(atob(speech), (character) => character.charCodeAt(0));
		const source = context.createBufferSource();
		source.buffer = await context.decodeAudioData(bytes.buffer);
		source.loop = true;
		const destination = context.createMediaStreamDestination();
		source.connect(destination);
		source.start();
		window.testSpeech = context;
		return destination.stream;
	};
	const connections = (window.testConnections = []);
	const openedAt = (window.testConnectionsOpenedAt = []);
	window.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(...how) {
			super(...how);
			connections.push(this);
			openedAt.push(Date.now());
		}
	};
}`;

const patience = 20_000;

export function chromiumHands(page: Page): Hands {
	return {
		open: async (url) => void (await page.goto(url)),
		fill: (textbox, text) => page.getByRole("textbox", { name: textbox }).fill(text, { timeout: patience }),
		press: (button) => page.getByRole("button", { name: button, exact: true }).first().click({ timeout: patience }),
		sees: (text, seconds = 20) =>
			page
				.getByText(text)
				.first()
				.waitFor({ timeout: seconds * 1000 }),
		value: (textbox) => page.getByRole("textbox", { name: textbox }).inputValue({ timeout: patience }),
		evaluate: (expression) => page.evaluate(expression),
		reload: async () => void (await page.reload()),
	};
}

export function firefoxHands(page: FirefoxPage): Hands {
	const find = (name: string, role: string) =>
		page.locator(`::-p-aria([name="${name}"][role="${role}"])`).setTimeout(patience);
	return {
		open: async (url) => void (await page.goto(url)),
		fill: (textbox, text) => find(textbox, "textbox").fill(text),
		press: (button) => find(button, "button").click(),
		sees: async (text, seconds = 20) => {
			const shown = `document.body.innerText.includes(${JSON.stringify(text)})`;
			await page.waitForFunction(shown, { timeout: seconds * 1000 });
		},
		value: async (textbox) =>
			(await find(textbox, "textbox")
				.map((element) => (element as HTMLInputElement).value)
				.wait()) as string,
		evaluate: (expression) => page.evaluate(expression),
		reload: async () => void (await page.reload()),
	};
}

export type Recording = { readonly startedAt: number; readonly sound: Sound };

/** One of the two people of the test. */
export class PersonPage {
	readonly name: string;
	readonly hands: Hands;

	constructor(name: string, hands: Hands) {
		this.name = name;
		this.hands = hands;
	}

	async createAccount(url: string): Promise<void> {
		await this.hands.open(url);
		await this.hands.fill("Your name", this.name);
		await this.hands.press("Create account");
	}

	/** The link as it stands on screen. */
	async shareLink(): Promise<string> {
		const link = await this.hands.value("My link");
		if (!link.includes("#")) throw new Error(`no contact link on screen: ${link}`);
		return link;
	}

	async addContact(link: string): Promise<void> {
		await this.hands.fill("Contact link", link);
		await this.hands.press("Add contact");
	}

	async write(text: string): Promise<void> {
		await this.hands.fill("Message", text);
		await this.hands.press("Send");
	}

	/** Presses the button that says `words`, among other things. */
	async pressWith(words: string): Promise<void> {
		await this.hands.sees(words);
		const button = `[...document.querySelectorAll("button")].find((one) => one.textContent.includes(${JSON.stringify(words)}))`;
		await this.hands.evaluate(`${button}.click()`);
	}

	/** Pictures of the other side that this page's connection has decoded so far; 0 while none is on screen. */
	async picturesSeen(): Promise<number> {
		return Number(await this.hands.evaluate(`(${picturesInPage})()`));
	}

	/** How loud the other side's decoded sound is over `ms`, 0 to 1; 0 if there is none. */
	async loudness(ms: number): Promise<number> {
		return Number(await this.hands.evaluate(`(${loudnessInPage})(${ms})`));
	}

	/** When what its microphone says began, ms since 1970; of a generated one by its own clock, which a busy machine slows. */
	async microphoneOpenedAt(): Promise<number> {
		const generated = "window.testSpeech && Date.now() - window.testSpeech.currentTime * 1000";
		return Number(await this.hands.evaluate(`(${generated}) ?? window.microphoneOpenedAt ?? 0`));
	}

	/** When it opened its first connection after `time`, ms since 1970; undefined if it has not. */
	async openedConnectionAfter(time: number): Promise<number | undefined> {
		const first = `window.testConnectionsOpenedAt.find((at) => at > ${time}) ?? 0`;
		return Number(await this.hands.evaluate(first)) || undefined;
	}

	/** Records `seconds` of what this page decodes and plays of the other side, or of one of the others. */
	async record(seconds: number, other = 0): Promise<Recording> {
		const json = (await this.hands.evaluate(`(${recordInPage})(${seconds}, ${other})`)) as string;
		const { startedAt, container } = JSON.parse(json) as { startedAt: number; container: string };
		const bytes = base64urlToBytes(container, 1 << 24);
		if (!bytes.ok) throw new Error("the page sends base64url");
		return { startedAt, sound: await decodeRecording(bytes.value) };
	}

	/** Waits until `isMet`; returns how many ms it took. */
	async waitFor(what: string, seconds: number, isMet: () => Promise<boolean>): Promise<number> {
		const from = Date.now();
		while (!(await isMet())) {
			if (Date.now() - from > seconds * 1000) throw new Error(`${this.name}: ${what}: not within ${seconds} s`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		return Date.now() - from;
	}
}

/** How well a recording's best 5 s match a sentence whose microphone was opened at `openedAt`, best lag within 1 s. */
export function likenessTo(recording: Recording, said: Sound, openedAt: number): number {
	return bestLikeness(recording.sound, said, (recording.startedAt - openedAt) / 1000, 5);
}

// RMS of the decoded sound: energy over duration, as statistics count them. A page's own audio graph would need a sound card.
const loudnessInPage = `async (ms) => {
	const sums = async () => {
		const sums = { energy: 0, seconds: 0 };
		for (const connection of window.testConnections) {
			if (connection.connectionState !== "connected") continue;
			for (const entry of (await connection.getStats()).values()) {
				if (entry.type !== "inbound-rtp" || entry.kind !== "audio") continue;
				sums.energy += entry.totalAudioEnergy ?? 0;
				sums.seconds += entry.totalSamplesDuration ?? 0;
			}
		}
		return sums;
	};
	const before = await sums();
	await new Promise((resolve) => setTimeout(resolve, ms));
	const after = await sums();
	const seconds = after.seconds - before.seconds;
	return seconds > 0 ? Math.sqrt(Math.max(0, after.energy - before.energy) / seconds) : 0;
}`;

const picturesInPage = `async () => {
	if (![...document.querySelectorAll("video[data-remote]")].some((video) => video.videoWidth > 0)) return 0;
	let decoded = 0;
	for (const connection of window.testConnections) {
		if (connection.connectionState !== "connected") continue;
		for (const entry of (await connection.getStats()).values())
			if (entry.type === "inbound-rtp" && entry.kind === "video") decoded += entry.framesDecoded ?? 0;
	}
	return decoded;
}`;

// MediaRecorder works in both browsers and under the page's own policy, which lets no other script in.
const recordInPage = `async (seconds, other) => {
	// Gone for a moment while the page joins anew.
	let stream;
	while (!(stream = document.querySelectorAll("audio[data-remote]")[other]?.srcObject))
		await new Promise((resolve) => setTimeout(resolve, 100));
	const pcm = "audio/webm;codecs=pcm";
	const recorder = new MediaRecorder(stream, MediaRecorder.isTypeSupported(pcm) ? { mimeType: pcm } : {});
	const parts = [];
	recorder.ondataavailable = ({ data }) => parts.push(data);
	const begun = new Promise((resolve) => (recorder.onstart = resolve));
	const ended = new Promise((resolve) => (recorder.onstop = resolve));
	recorder.start();
	await begun;
	const startedAt = Date.now();
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
	recorder.stop();
	await ended;
	const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
	let text = "";
	for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
	const container = btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
	return JSON.stringify({ startedAt, container });
}`;
