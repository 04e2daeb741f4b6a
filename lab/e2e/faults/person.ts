import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { findBrowser, quietChromium } from "../../browsers.ts";
import { chromiumHands, PersonPage } from "../person-page.ts";
import { type Line, openLine } from "./line.ts";
import { type PageProblem, watchPage } from "./page-watch.ts";
import { type Ask, readAsked } from "./net-log.ts";
import type { Served } from "./served.ts";

/** What the person's computer has, and whether the person allows it. */
export type Equipment = "devices" | "noMicrophone" | "noCamera" | "denied";

export type PersonOptions = {
	readonly equipment?: Equipment;
	readonly width?: number;
};

/** A person with a Chromium of their own, all of whose traffic goes over a line that can be cut. */
export class Person extends PersonPage {
	readonly page: Page;
	readonly context: BrowserContext;
	readonly browser: Browser;
	readonly line: Line;
	/** Exceptions, violations of the content security policy, and errors on the console, of all their pages. */
	readonly problems: PageProblem[];
	readonly #netLog: string;
	#asked: readonly Ask[] | undefined;

	constructor(name: string, parts: Parts) {
		super(name, chromiumHands(parts.page));
		this.page = parts.page;
		this.context = parts.context;
		this.browser = parts.browser;
		this.line = parts.line;
		this.problems = parts.problems;
		this.#netLog = parts.netLog;
	}

	/** After a test that caused some on purpose. */
	forgetProblems(): void {
		this.problems.length = 0;
	}

	/** Another tab of the same profile. */
	async otherTab(url: string): Promise<Page> {
		const page = await this.context.newPage();
		await page.goto(url);
		return page;
	}

	field(page = this.page): Locator {
		return page.getByRole("textbox", { name: "Message", exact: true });
	}

	/** The messages that begin with `beginning`, as they stand on screen, oldest first. */
	async messages(beginning: string, page = this.page): Promise<readonly string[]> {
		const texts = await page.locator("p.bubble").allInnerTexts();
		return texts.filter((text) => text.startsWith(beginning));
	}

	/** What stands beside a message of one's own: "sending", "sent" or "failed"; undefined if the message is not there. */
	async stateOf(text: string): Promise<string | undefined> {
		const bubble = this.page.locator("p.bubble", { hasText: text }).last();
		return (await bubble.count()) === 0 ? undefined : ((await bubble.getAttribute("data-state")) ?? undefined);
	}

	/** Waits until the messages that begin so are exactly these. */
	async hasMessages(beginning: string, texts: readonly string[], seconds = 60, page = this.page): Promise<void> {
		const wanted = [...texts].sort().join("\n");
		let found: readonly string[] = [];
		const until = Date.now() + seconds * 1000;
		for (;;) {
			found = await this.messages(beginning, page);
			if ([...found].sort().join("\n") === wanted) return;
			if (Date.now() > until)
				throw new Error(
					`${this.name} has ${JSON.stringify(found)} and not ${JSON.stringify(texts)} after ${seconds} s`,
				);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** Whether sound, and pictures if `video`, of the other side come in now, by the statistics of the decoders. */
	async perceivesNow(video = true, page = this.page): Promise<boolean> {
		const flow = () => page.evaluate("labFlow()") as Promise<{ frames: number; energy: number }>;
		const before = await flow();
		await new Promise((resolve) => setTimeout(resolve, 1_200));
		const after = await flow();
		return after.energy > before.energy && (!video || after.frames > before.frames);
	}

	/** Waits for that; returns after how many ms it was so. Says what was missing otherwise. */
	async perceives(seconds: number, video = true, page = this.page): Promise<number> {
		const from = Date.now();
		while (!(await this.perceivesNow(video, page))) {
			if (Date.now() - from < seconds * 1000) continue;
			const flow = JSON.stringify([await page.evaluate("labFlow()"), await page.evaluate("labFlow()")]);
			const states = await page.evaluate("labPeers.map(({ connectionState }) => connectionState).join()");
			const notes = await page.locator(".stage-status, .stage-notes, .line-button").allInnerTexts();
			throw new Error(`${this.name} does not perceive the other: ${flow}, ${String(states)}, ${notes.join(" ")}`);
		}
		return Date.now() - from;
	}

	/** Ends the browser. Safe to call twice. */
	async close(): Promise<void> {
		if (this.#asked !== undefined) return;
		await this.browser.close();
		this.line.close();
		this.#asked = await readFile(this.#netLog, "utf8").then(readAsked);
		await rm(this.#netLog, { force: true });
	}

	/** Every address that the app's pages and workers asked, once the browser was closed. */
	asked(): readonly Ask[] {
		if (this.#asked === undefined) throw new Error(`${this.name}'s browser still runs`);
		return this.#asked;
	}
}

type Parts = {
	readonly page: Page;
	readonly context: BrowserContext;
	readonly browser: Browser;
	readonly line: Line;
	readonly problems: PageProblem[];
	readonly netLog: string;
};

const fakeDevices = "--use-fake-device-for-media-stream";
const allowAll = "--use-fake-ui-for-media-stream";

/** Chromium's fake devices cannot be without a microphone: the real ones are, with every way to a sound card cut off. */
const mediaOf: {
	readonly [kind in Equipment]: { readonly flags: readonly string[]; readonly environment?: Record<string, string> };
} = {
	devices: { flags: [fakeDevices, allowAll] },
	noMicrophone: {
		flags: [allowAll],
		environment: { PULSE_SERVER: "unix:/dev/null", ALSA_CONFIG_PATH: "/dev/null", PIPEWIRE_REMOTE: "none" },
	},
	noCamera: { flags: [`${fakeDevices}=device-count=0`, allowAll] },
	// The devices are there, and every question for them is answered with no.
	denied: { flags: [fakeDevices, "--deny-permission-prompts"] },
};

let people = 0;

/** Opens a browser for somebody; nothing is loaded yet. */
export async function openPerson(name: string, served: Served, options: PersonOptions = {}): Promise<Person> {
	const { equipment = "devices", width = 1280 } = options;
	const media = mediaOf[equipment];
	const line = await openLine(served.port);
	const netLog = join(tmpdir(), `sotto-netlog-${process.pid}-${people++}.json`);
	const browser = await chromium.launch({
		executablePath: findBrowser("chromium") ?? "chromium",
		headless: true,
		args: [
			...quietChromium,
			`--host-resolver-rules=MAP localhost:${served.port} 127.0.0.1:${line.port}`,
			`--log-net-log=${netLog}`,
			...media.flags,
		],
		env: { ...process.env, ...media.environment },
	});
	const context = await browser.newContext({ viewport: { width, height: 800 } });
	context.setDefaultTimeout(20_000);
	const problems: PageProblem[] = [];
	context.on("page", (page) => watchPage(page, problems));
	await context.exposeBinding("labMediaPort", (_source, port: number) => line.mediaPort(port));
	await context.addInitScript(overLine);
	const page = await context.newPage();
	return new Person(name, { page, context, browser, line, problems, netLog });
}

/**
 * In each page before its own script: sends media over the person's line by naming its port for the room's, and keeps the
 * connections for their statistics. The app knows nothing of it.
 */
const overLine = `{
	const Real = RTCPeerConnection;
	window.labPeers = [];
	window.RTCPeerConnection = class RTCPeerConnection extends Real {
		constructor(...given) {
			super(...given);
			window.labPeers.push(this);
		}
		async setRemoteDescription(description) {
			const lines = description.sdp.split("\\r\\n").filter((line) => !/^a=candidate:/.test(line) || / 127\\.0\\.0\\.1 /.test(line));
			const sdp = [];
			for (const line of lines) {
				const found = /^(a=candidate:\\S+ 1 UDP \\d+ 127\\.0\\.0\\.1 )(\\d+)( .*)$/.exec(line);
				sdp.push(found === null ? line : found[1] + (await window.labMediaPort(Number(found[2]))) + found[3]);
			}
			return super.setRemoteDescription({ type: description.type, sdp: sdp.join("\\r\\n") });
		}
	};
	window.labFlow = async () => {
		let [frames, energy] = [0, 0];
		for (const peer of window.labPeers) {
			if (peer.connectionState !== "connected") continue;
			for (const entry of (await peer.getStats()).values()) {
				if (entry.type !== "inbound-rtp") continue;
				if (entry.kind === "video") frames += entry.framesDecoded ?? 0;
				else energy += entry.totalAudioEnergy ?? 0;
			}
		}
		return { frames, energy };
	};
}`;
