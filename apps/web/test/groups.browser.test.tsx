import { describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { cropPicture, mostPictureBytes } from "../src/groups/crop-picture.ts";
import { ada } from "./people.ts";
import { says } from "./scene-parts.ts";
import { scenes } from "./scenes.ts";
import { argsOf, button, commands, menuitem, show, textbox } from "./show.tsx";

const openChoir = () => page.getByRole("link", { name: /^Choir/ }).click();

async function openDetails(): Promise<void> {
	await openChoir();
	await page.getByRole("button", { name: "Details" }).click();
	await expect.element(button("Leave group")).toBeVisible();
}

/** A picture no codec can squeeze well. */
async function noise(side: number): Promise<File> {
	const canvas = new OffscreenCanvas(side, side / 2);
	const context = canvas.getContext("2d");
	if (context === null) throw new Error("no canvas");
	const pixels = context.createImageData(side, side / 2);
	let seed = 7;
	for (let place = 0; place < pixels.data.length; place += 1) {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		pixels.data[place] = place % 4 === 3 ? 255 : seed >> 16;
	}
	context.putImageData(pixels, 0, 0);
	return new File([await canvas.convertToBlob()], "noise.png", { type: "image/png" });
}

describe("a new group", () => {
	test("has a name, people that were searched and picked, and opens at once", async () => {
		const client = await show(scenes.groups());
		await button("New group").click();
		await button("Create group").click();
		await expect.element(page.getByText("Give the group a name.")).toBeVisible();
		await textbox("Name of the group").fill("  Gears ");
		await button("Create group").click();
		await expect.element(page.getByText("Pick at least one person.")).toBeVisible();
		await page.getByRole("searchbox", { name: "Search people" }).fill("love");
		await page.getByRole("checkbox", { name: /Ada Lovelace/ }).click();
		await page.getByRole("searchbox", { name: "Search people" }).fill("nobody at all");
		await expect.element(page.getByText("Nobody called “nobody at all”.")).toBeVisible();
		await page.getByRole("searchbox", { name: "Search people" }).fill("");
		await page.getByRole("checkbox", { name: /Grace Hopper/ }).click();
		await button("Grace Hopper take out again").click();
		await button("Create group").click();
		await expect.element(page.getByRole("heading", { level: 1, name: /Gears/ })).toBeVisible();
		expect(argsOf(client, "createGroup")).toEqual([{ name: "Gears", people: ["ada"] }]);
		await expect
			.element(page.getByRole("region", { name: /Messages/ }).getByText("You made this group."))
			.toBeVisible();
	});

	test("a refusal is said, and what was picked is still there", async () => {
		const client = scenes.groups();
		client.state.refuse.set("createGroup", "unreachable");
		await show(client);
		await button("New group").click();
		await textbox("Name of the group").fill("Gears");
		await page.getByRole("checkbox", { name: /Ada Lovelace/ }).click();
		await button("Create group").click();
		await expect.element(page.getByText(/The server cannot be reached now/)).toBeVisible();
		await expect.element(button("Ada Lovelace take out again")).toBeVisible();
	});

	test("its picture fits, whatever was chosen, and a file that is none is refused in words", async () => {
		const cropped = await cropPicture(await noise(1200));
		expect(cropped?.length).toBeLessThanOrEqual(mostPictureBytes);
		const decoded = await createImageBitmap(new Blob([cropped ?? new Uint8Array()]));
		expect(decoded.width).toBe(decoded.height);
		expect(await cropPicture(new Blob(["no picture"]))).toBeUndefined();
		await show(scenes.groups());
		await button("New group").click();
		const input = document.querySelector<HTMLInputElement>("input[type=file]");
		await userEvent.upload(input as HTMLElement, new File(["no picture"], "a.png", { type: "image/png" }));
		await expect.element(page.getByText(/That picture cannot be read/)).toBeVisible();
	});
});

describe("a group's details", () => {
	test("an admin renames it, adds, makes admin and removes, after being told what that does", async () => {
		const client = await show(scenes.groups());
		await openDetails();
		await button("Change the name").click();
		await textbox("Name of the group").fill("Quartet");
		await button("Save").click();
		await expect.element(page.getByRole("heading", { level: 1, name: /Quartet/ })).toBeVisible();

		await button("Add people").click();
		await page.getByRole("checkbox").first().click();
		await button("Add 1 person").click();
		expect(argsOf(client, "addPeople")).toEqual(["choir", ["jun"]]);

		await button("Actions for Grace Hopper").click();
		await menuitem("Make admin").click();
		expect(argsOf(client, "setRole")).toEqual(["choir", "grace", "admin"]);

		await button("Actions for Tunde Bakare").click();
		await menuitem("Remove from the group").click();
		await expect.element(page.getByText(/Tunde Bakare gets nothing that is written here/)).toBeVisible();
		await button("Cancel").click();
		expect(commands(client)).not.toContain("removePerson");
		await button("Actions for Tunde Bakare").click();
		await menuitem("Remove from the group").click();
		await button("Remove").click();
		expect(argsOf(client, "removePerson")).toEqual(["choir", "tunde"]);
		await expect.element(page.getByText("You removed Tunde Bakare.").first()).toBeVisible();
		await expect.element(button("Actions for Tunde Bakare")).not.toBeInTheDocument();
	});

	test("a member sees who is in it and changes nothing", async () => {
		await show(scenes.groups());
		await page.getByRole("link", { name: /^Dunes/ }).click();
		await page.getByRole("button", { name: "Details" }).click();
		await expect.element(page.getByText("Admins add and remove people.")).toBeVisible();
		for (const name of ["Add people", "Change the name", "Choose a picture"])
			expect(page.getByRole("button", { name }).elements(), name).toHaveLength(0);
		await button("Actions for Tunde Bakare").click();
		await expect.element(menuitem("Write to Tunde Bakare")).toBeVisible();
		await expect.element(menuitem("Remove from the group")).not.toBeInTheDocument();
		await menuitem("Write to Tunde Bakare").click();
		await expect.element(page.getByRole("heading", { level: 1, name: "Tunde Bakare" })).toBeVisible();
	});

	test("the only admin is told to name another first; then leaving leads to deleting", async () => {
		const client = scenes.groups();
		client.state.refuse.set("leaveGroup", "lastAdmin");
		await show(client);
		await openDetails();
		await button("Leave group").click();
		await button("Leave").click();
		await expect.element(page.getByText(/Make somebody else one first/)).toBeVisible();
		client.state.refuse.clear();
		await button("Leave").click();
		await expect.element(page.getByText("You left this group.")).toBeVisible();
		expect(page.getByRole("textbox", { name: "Message" }).elements()).toHaveLength(0);
		await page.getByRole("button", { name: "Delete with history" }).first().click();
		await button("Delete").click();
		expect(argsOf(client, "deleteConversation")).toEqual(["choir"]);
		await expect.element(page.getByRole("link", { name: /^Choir/ })).not.toBeInTheDocument();
	});
});

describe("a mention", () => {
	test("is picked by keyboard, sent with whom it means, and shown as a name", async () => {
		const client = await show(scenes.groups());
		await openChoir();
		await textbox("Message").click();
		await userEvent.keyboard("Sing, @l");
		await expect.element(page.getByRole("option")).toBeVisible();
		await userEvent.keyboard("{Backspace}");
		await expect.element(page.getByRole("option", { name: /Grace Hopper/ })).toBeVisible();
		await userEvent.keyboard("{ArrowDown}{Enter}now{Enter}");
		expect(argsOf(client, "sendMessage")).toEqual(["choir", "Sing, @Grace Hopper now", { mentions: ["grace"] }]);
		await expect.poll(() => document.querySelectorAll(".mine .mention").length).toBeGreaterThan(0);
	});

	test("has the caret behind the name before the next key can be typed", async () => {
		await show(scenes.groups());
		await openChoir();
		await textbox("Message").click();
		await userEvent.keyboard("Sing, @gra");
		await expect.element(page.getByRole("option", { name: /Grace Hopper/ })).toBeVisible();
		const field = textbox("Message").element() as HTMLTextAreaElement;
		field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
		expect([field.value, field.selectionStart]).toEqual(["Sing, @Grace Hopper ", "Sing, @Grace Hopper ".length]);
		await textbox("Message").fill("");
	});

	test("Escape closes the list and leaves the words; in a conversation of two there is none", async () => {
		const client = await show(scenes.groups());
		await openChoir();
		await textbox("Message").click();
		await userEvent.keyboard("@gra{Escape}{Enter}");
		expect(argsOf(client, "sendMessage")).toEqual(["choir", "@gra"]);
		await page.getByRole("link", { name: /^Ada Lovelace/ }).click();
		await textbox("Message").click();
		await userEvent.keyboard("@ad");
		expect(page.getByRole("listbox").elements()).toHaveLength(0);
		await textbox("Message").fill("");
	});

	test("of oneself is marked in the list until it is read", async () => {
		const client = await show(scenes.groups());
		await expect.element(page.getByRole("link", { name: /Dunes.*You are mentioned/ })).toBeVisible();
		client.changeConversation("trip", { mentioned: false, unread: 0 });
		await expect.element(page.getByText("You are mentioned")).not.toBeInTheDocument();
	});
});

test("names stand above the bubbles of others, and whoever is no contact may ask to take one in", async () => {
	const client = await show(scenes.groupInvitation());
	await expect
		.element(page.getByRole("heading", { name: "Katherine Johnson wants to add you to Trajectory club" }))
		.toBeVisible();
	await button("Join").click();
	expect(argsOf(client, "acceptRequest")).toEqual(["invitation"]);
	await openChoir();
	client.put("choir", says(ada, Date.now(), "Shall we?"));
	await expect.element(page.getByText("Shall we?").last()).toBeVisible();
	expect(document.querySelectorAll(".author").length).toBeGreaterThan(2);
});

test("where a change cannot be followed one asks to be let in, or as its admin starts it afresh", async () => {
	const client = scenes.groups();
	const stopped = { phase: "stopped", alarm: { kind: "stranded", by: ada } } as const;
	await show(client);
	client.changeConversation("choir", stopped);
	client.changeConversation("trip", stopped);
	await openChoir();
	await expect.element(page.getByText(/A change by Ada Lovelace could not be followed/)).toBeVisible();
	await button("Ask to be let in").click();
	expect(argsOf(client, "askReadmission")).toEqual(["choir"]);
	await button("Start it afresh").click();
	expect(argsOf(client, "startSuccessor")).toEqual(["choir"]);
	await page.getByRole("link", { name: /^Dunes/ }).click();
	await expect.element(button("Ask to be let in")).toBeVisible();
	expect(button("Start it afresh").elements()).toHaveLength(0);
});
