import { base64urlToBytes } from "@sotto/bytes";
import type { Page } from "playwright-core";
import type { Page as FirefoxPage } from "puppeteer-core";
import { likeness } from "../envelope.ts";
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

/** Runs before the page's own script: notes when the microphone was opened, so that its sentence's place is known. */
export const microphoneWatch = `{
	const mediaDevices = navigator.mediaDevices ?? {};
	const open = mediaDevices.getUserMedia?.bind(mediaDevices);
	mediaDevices.getUserMedia = async (wants) => {
		const stream = await open(wants);
		if (wants.audio) window.microphoneOpenedAt = Date.now();
		return stream;
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

	/** Pictures of the other side that this page has decoded and shown so far. */
	async picturesSeen(): Promise<number> {
		const count = `[...document.querySelectorAll("video[data-remote]")]
			.reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, 0)`;
		return Number(await this.hands.evaluate(count));
	}

	/** The loudest that the other side's sound is within `ms`, 0 to 1; 0 if there is none. */
	async loudness(ms: number): Promise<number> {
		return Number(await this.hands.evaluate(`(${loudnessInPage})(${ms})`));
	}

	async microphoneOpenedAt(): Promise<number> {
		return Number(await this.hands.evaluate("window.microphoneOpenedAt ?? 0"));
	}

	/** Records `seconds` of what this page decodes and plays of the other side. */
	async record(seconds: number): Promise<Recording> {
		const json = (await this.hands.evaluate(`(${recordInPage})(${seconds})`)) as string;
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

/** How well a recording matches a sentence whose microphone was opened at `openedAt`. */
export function likenessTo(recording: Recording, said: Sound, openedAt: number): number {
	return likeness(recording.sound, said, (recording.startedAt - openedAt) / 1000);
}

const loudnessInPage = `async (ms) => {
	const stream = document.querySelector("audio[data-remote]")?.srcObject;
	if (!stream) return 0;
	const context = (window.testContext ??= new AudioContext());
	await context.resume();
	const analyser = context.createAnalyser();
	analyser.fftSize = 2048;
	const source = context.createMediaStreamSource(stream);
	source.connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	let loudest = 0;
	for (const until = performance.now() + ms; performance.now() < until; ) {
		await new Promise((resolve) => setTimeout(resolve, 30));
		analyser.getFloatTimeDomainData(samples);
		for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
	}
	source.disconnect();
	return loudest;
}`;

// MediaRecorder works in both browsers and under the page's own policy, which lets no other script in.
const recordInPage = `async (seconds) => {
	const stream = document.querySelector("audio[data-remote]").srcObject;
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
