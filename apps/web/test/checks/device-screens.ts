/** The screens of several devices, and the way there from their scenes. */
import type { Page } from "playwright-core";
import type { Screen } from "./screens.ts";

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

const toDevices = async (page: Page) => {
	await press(page, "Settings");
	await page.getByRole("button", { name: "Link a device" }).scrollIntoViewIfNeeded();
};

export const deviceScreens: readonly Screen[] = [
	{ name: "linking-code", query: "scene=linkingCode" },
	{ name: "linking-compare-new", query: "scene=linkingNew" },
	{ name: "linking-failed", query: "scene=linkingFailed" },
	{ name: "linking-compare-account", query: "scene=linkingAccount" },
	{ name: "linking-confirmed", query: "scene=linkingConfirmed" },
	{ name: "linking-done", query: "scene=linkingDone" },
	{ name: "just-linked", query: "scene=justLinked" },
	{ name: "device-list", query: "scene=devices", steps: toDevices },
	{
		name: "device-enter-code",
		query: "scene=devices",
		steps: async (page) => {
			await toDevices(page);
			await press(page, "Link a device");
			await page.getByRole("textbox", { name: "Code of the new device" }).waitFor();
		},
	},
	{
		name: "device-rename",
		query: "scene=devices",
		steps: async (page) => {
			await toDevices(page);
			await press(page, "Rename Firefox · Android");
			await page.getByRole("dialog").waitFor();
		},
	},
	{
		name: "backup",
		query: "scene=devices",
		steps: async (page) => {
			await toDevices(page);
			await press(page, "Make a backup");
			await press(page, "Suggest one");
		},
	},
	{ name: "restore", query: "scene=firstRun", steps: async (page) => press(page, "Restore a backup") },
	{
		name: "device-remove",
		query: "scene=devices",
		steps: async (page) => {
			await toDevices(page);
			await press(page, "Remove Firefox · Android");
			await page.getByRole("alertdialog").waitFor();
		},
	},
	{ name: "second-device", query: "scene=secondDevice", steps: async (page) => press(page, "Settings") },
];
