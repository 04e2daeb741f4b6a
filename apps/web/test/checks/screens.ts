/** Every screen worth looking at, and the way there from its scene. */
import { deviceScreens } from "./device-screens.ts";
import type { Page } from "playwright-core";

export type Screen = {
	readonly name: string;
	/** What follows `/?` in the preview. */
	readonly query: string;
	readonly steps?: (page: Page, wide: boolean) => Promise<void>;
	/** Only where the screen is different on a wide or a narrow page. */
	readonly only?: "wide" | "narrow";
};

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const openAda = (page: Page) => page.getByRole("link", { name: /Ada Lovelace/ }).click();

async function openDetails(page: Page): Promise<void> {
	await openAda(page);
	await page.getByRole("heading", { level: 1 }).getByRole("button").click();
	await page.getByRole("img", { name: "QR code of the safety number" }).waitFor();
}

async function openItem(page: Page): Promise<void> {
	await openAda(page);
	await page.getByRole("button", { name: /^Actions for “At six/ }).click({ force: true });
	await page.getByRole("menuitem", { name: "What exists about this?" }).click();
}

const openChoir = (page: Page) => page.getByRole("link", { name: /^Choir/ }).click();

async function openChoirDetails(page: Page): Promise<void> {
	await openChoir(page);
	await page.getByRole("heading", { level: 1 }).getByRole("button").click();
	await page.getByRole("button", { name: "Leave group" }).waitFor();
}

const groupScreens: readonly Screen[] = [
	{ name: "groups", query: "scene=groups" },
	{ name: "group-invitation", query: "scene=groupInvitation" },
	{ name: "group", query: "scene=groups", steps: openChoir },
	{ name: "group-call-banner", query: "scene=groupCall", steps: openChoir },
	{ name: "group-rtl", query: "scene=groups&dir=rtl", steps: openChoir },
	{
		name: "group-mention",
		query: "scene=groups",
		steps: async (page) => {
			await openChoir(page);
			await page.getByRole("textbox", { name: "Message" }).pressSequentially("Ask @");
			await page.getByRole("listbox", { name: "People to mention" }).waitFor();
		},
	},
	{ name: "group-details", query: "scene=groups", steps: openChoirDetails },
	{
		name: "group-rename",
		query: "scene=groups",
		steps: async (page) => {
			await openChoirDetails(page);
			await press(page, "Change the name");
		},
	},
	{
		name: "group-member-menu",
		query: "scene=groups",
		steps: async (page) => {
			await openChoirDetails(page);
			await press(page, "Actions for Grace Hopper");
			await page.getByRole("menuitem", { name: "Make admin" }).waitFor();
		},
	},
	{
		name: "group-remove",
		query: "scene=groups",
		steps: async (page) => {
			await openChoirDetails(page);
			await press(page, "Actions for Grace Hopper");
			await page.getByRole("menuitem", { name: "Remove from the group" }).click();
			await page.getByRole("alertdialog").waitFor();
		},
	},
	{
		name: "group-add",
		query: "scene=groups",
		steps: async (page) => {
			await openChoirDetails(page);
			await press(page, "Add people");
			await page.getByRole("dialog", { name: "Add people" }).waitFor();
		},
	},
	{
		name: "group-left",
		query: "scene=groups",
		steps: async (page) => {
			await page.getByRole("link", { name: /^Book club/ }).click();
			await page.getByRole("button", { name: "Delete with history" }).waitFor();
		},
	},
	{
		name: "new-group",
		query: "scene=groups",
		steps: async (page) => {
			await press(page, "New group");
			await page.getByRole("checkbox", { name: /Ada Lovelace/ }).check();
			await page.getByRole("checkbox", { name: /Grace Hopper/ }).check();
		},
	},
];

/** A call of many: how tiles share the stage, and what people say without words. */
const callOfManyScreens: readonly Screen[] = [
	{ name: "group-ringing", query: "scene=groupRinging" },
	{ name: "group-call-alone", query: "scene=inGroupCall&own=camera&alone" },
	{ name: "group-call", query: "scene=inGroupCall&own=camera&others=5&signs" },
	{ name: "group-call-31", query: "scene=inGroupCall&own=camera&others=31&signs" },
	{
		name: "group-call-speaker",
		query: "scene=inGroupCall&own=camera&others=7&signs",
		steps: async (page) => press(page, "Show who speaks large"),
	},
	{ name: "group-call-screen", query: "scene=inGroupCall&own=sound&others=6&signs&screen" },
	{
		name: "call-own-signs",
		query: "scene=inCall&own=camera",
		steps: async (page, wide) => {
			if (wide) await press(page, "Share your screen");
			await page.keyboard.press("r");
			await press(page, "React");
			await press(page, "Applause");
		},
	},
];

export const screens: readonly Screen[] = [
	...groupScreens,
	...callOfManyScreens,
	...deviceScreens,
	{ name: "first-run", query: "scene=firstRun" },
	{
		name: "welcome",
		query: "scene=firstRun",
		steps: async (page) => {
			await page.getByRole("textbox", { name: "Your name" }).fill("Mira Okafor");
			await press(page, "Create account");
			await page.getByRole("img", { name: "QR code of my link" }).waitFor();
		},
	},
	{ name: "evicted", query: "scene=firstRun&returning" },
	{ name: "storage-lost", query: "scene=storageLost" },
	{ name: "locked", query: "scene=locked" },
	{ name: "broken", query: "scene=broken" },
	{ name: "empty", query: "scene=empty" },
	{ name: "request-first", query: "scene=asked" },
	{ name: "chats", query: "scene=full" },
	{
		name: "search",
		query: "scene=full",
		steps: async (page) => page.getByRole("searchbox", { name: "Search" }).fill("moth"),
	},
	{ name: "conversation", query: "scene=full", steps: openAda },
	{
		name: "conversation-long-name",
		query: "scene=full",
		steps: async (page) => page.getByRole("link", { name: /Maximiliane/ }).click(),
	},
	{
		name: "conversation-rtl",
		query: "scene=full&dir=rtl",
		steps: async (page) => page.getByRole("link", { name: /نور/ }).click(),
	},
	{ name: "failed-offline", query: "scene=failing", steps: openAda },
	{ name: "stopped", query: "scene=stranded", steps: openAda },
	{
		name: "message-menu",
		query: "scene=full",
		steps: async (page) => {
			await openAda(page);
			await page.getByRole("button", { name: /^Actions for “At six/ }).click({ force: true });
			await page.getByRole("menuitem", { name: "Copy text" }).waitFor();
		},
	},
	{
		name: "share",
		query: "scene=full",
		steps: async (page) => {
			await press(page, "Share my link");
			await page.getByRole("img", { name: "QR code of my link" }).waitFor();
		},
	},
	{ name: "add", query: "scene=full", steps: async (page) => press(page, "New contact") },
	{ name: "opened-link", query: "scene=full#AUq3vX0bJm2t7kPZ9nS1uWcYdR4e" },
	{ name: "calls", query: "scene=full", steps: async (page) => press(page, "Calls") },
	{ name: "people", query: "scene=full", steps: async (page) => press(page, "People") },
	{ name: "settings", query: "scene=full", steps: async (page) => press(page, "Settings") },
	{
		name: "settings-test",
		query: "scene=full",
		steps: async (page) => {
			await press(page, "Settings");
			await press(page, "Test microphone and camera");
			await page.getByRole("meter", { name: "Microphone level" }).waitFor();
		},
	},
	{ name: "safety", query: "scene=full", steps: openDetails },
	{ name: "panel", query: "scene=full", steps: async (page) => press(page, "What the server sees") },
	{
		name: "panel-compare",
		query: "scene=full",
		steps: async (page) => {
			await press(page, "What the server sees");
			await page.getByText("Show beside it what an ordinary server").click();
		},
	},
	{ name: "item", query: "scene=full", steps: openItem },
	{ name: "ringing", query: "scene=ringing" },
	{
		name: "ringing-reply",
		query: "scene=ringingAudio",
		steps: async (page) => press(page, "Reply instead"),
	},
	{ name: "outgoing", query: "scene=outgoing&own=camera&alone" },
	{ name: "in-call", query: "scene=inCall&own=camera" },
	{ name: "in-call-weak", query: "scene=inCall&own=camera&weak=ours" },
	{ name: "in-call-their-line", query: "scene=inCall&own=camera&weak=theirs" },
	{ name: "in-call-audio", query: "scene=inAudioCall&own=sound&picture=none" },
	{ name: "in-call-trouble", query: "scene=inAudioCall&own=sound&picture=none&trouble=microphone" },
	{ name: "reconnecting", query: "scene=reconnecting&own=camera" },
	{
		name: "line",
		query: "scene=inCall&own=camera",
		steps: async (page) => page.getByRole("button", { name: /^The line/ }).click(),
	},
	{ name: "devices", query: "scene=inCall&own=camera", steps: async (page) => press(page, "Devices") },
	{
		name: "call-bar",
		query: "scene=inCall&own=camera",
		steps: async (page) => {
			await press(page, "Back to chats");
			await page.getByRole("button", { name: /^Back to the call/ }).waitFor();
		},
	},
	{
		name: "no-answer",
		query: "scene=outgoing&own=camera&alone",
		steps: async (page) => {
			await page.getByRole("button", { name: "Hang up" }).waitFor();
			await page.evaluate(() => {
				const { sottoFixture } = globalThis as unknown as {
					sottoFixture: { changeCall: (change: unknown) => void };
				};
				sottoFixture.changeCall({ phase: { name: "ended", at: Date.now(), durationMs: 0, reason: "noAnswer" } });
			});
			await page.getByRole("heading", { name: "No answer. Leave a message?" }).waitFor();
		},
	},
];
