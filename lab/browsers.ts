import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { type Browser, chromium } from "playwright-core";
import puppeteer, { type Browser as FirefoxBrowser } from "puppeteer-core";

const names = {
	chromium: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"],
	shell: ["chromium-headless-shell", "chrome-headless-shell"],
	firefox: ["firefox-esr", "firefox"],
} as const;
type Kind = keyof typeof names;

const applications = {
	chromium: [
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
	],
	shell: [],
	firefox: ["/Applications/Firefox.app/Contents/MacOS/firefox", "C:\\Program Files\\Mozilla Firefox\\firefox.exe"],
} as const;

/** Where a system browser is, or undefined. Looks along the PATH and where applications usually are. */
export function findBrowser(kind: Kind): string | undefined {
	const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/snap/bin"];
	const onPath = names[kind].flatMap((name) => folders.map((folder) => join(folder, name)));
	return [...onPath, ...applications[kind]].find((path) => existsSync(path));
}

function browserPath(kind: "chromium" | "firefox"): string {
	const path = findBrowser(kind);
	if (path === undefined)
		throw new Error(
			`no ${kind} on this machine; on Debian: apt-get install -y ${kind === "firefox" ? "firefox-esr" : "chromium"}`,
		);
	return path;
}

/** A Chromium without a screen that asks nobody for anything and plays sound unasked. */
export const quietChromium = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--autoplay-policy=no-user-gesture-required",
];

/** Gives it a camera with a test picture, a microphone, and the permission to use both. */
export const fakeDevices = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/**
 * A Chromium whose microphone speaks `microphoneWav` over and over (a beep if undefined) and whose camera shows `cameraY4m` over and
 * over (a test picture if undefined); permissions are given.
 */
export function launchChromium(microphoneWav?: string, cameraY4m?: string): Promise<Browser> {
	return chromium.launch({
		executablePath: browserPath("chromium"),
		headless: true,
		args: [
			...quietChromium,
			...fakeDevices,
			...(microphoneWav === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphoneWav}`]),
			...(cameraY4m === undefined ? [] : [`--use-file-for-fake-video-capture=${cameraY4m}`]),
		],
	});
}

/** Chromium's page without the browser's own windows, where Debian's package of it is installed: half the work of a whole one, which it is else. */
export function launchShell(): Promise<Browser> {
	const executablePath = findBrowser("shell") ?? browserPath("chromium");
	return chromium.launch({ executablePath, args: [...quietChromium, ...fakeDevices] });
}

/**
 * A Firefox under WebDriver BiDi, with fake devices (a beep, a coloured picture) and its permissions given. `environment`
 * adds to this process's: see pulse.ts.
 */
export function launchFirefox(environment: Readonly<Record<string, string>> = {}): Promise<FirefoxBrowser> {
	return puppeteer.launch({
		browser: "firefox",
		executablePath: browserPath("firefox"),
		headless: true,
		env: { ...process.env, ...environment },
		extraPrefsFirefox: {
			"media.navigator.streams.fake": true,
			"media.navigator.permission.disabled": true,
			"media.autoplay.default": 0,
			"media.autoplay.blocking_policy": 0,
			"media.autoplay.block-webaudio": false,
		},
	});
}
