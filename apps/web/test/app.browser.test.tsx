import { describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { ownCall } from "../src/call/stage.ts";
import { decodeQr } from "../src/share/decode-qr.ts";
import { qrPath } from "../src/share/qr-code.tsx";
import { takeLinkFromAddress } from "../src/state/given-link.ts";
import { MemoryClient, readyView } from "./memory-client.ts";
import { grace, myLink, now } from "./people.ts";
import { drawnCallSession } from "./preview/drawn-call-session.ts";
import { adaCall, scenes } from "./scenes.ts";
import { button, commands, show, takeAway, textbox } from "./show.tsx";

const openAda = () => page.getByRole("link", { name: /Ada Lovelace/ }).click();

describe("the first minutes", () => {
	test("a name and one press lead to one's own link", async () => {
		const client = await show(new MemoryClient());
		await textbox("Your name").fill("  Mira Okafor ");
		await button("Create account").click();
		await expect.element(button("Share my link")).toBeVisible();
		await expect.element(page.getByRole("img", { name: "QR code of my link" })).toBeVisible();
		expect(client.told[0]?.args).toEqual([{ name: "Mira Okafor", home: location.origin }]);
		await expect.element(textbox("My link")).toHaveValue(myLink);
	});

	test("a refused name is explained and can be tried again", async () => {
		const client = new MemoryClient();
		client.state.refuse.set("createAccount", "badName");
		await show(client);
		await button("Create account").click();
		await expect.element(page.getByRole("alert").getByText("A name needs 1 to 64 characters.")).toBeVisible();
		await expect.element(button("Create account")).toBeEnabled();
	});

	test("a link that was opened before there is an account waits in the field, and is gone from the address", async () => {
		history.replaceState(null, "", "#AUq3vX0bJm2t7kPZ9nS1uW");
		const link = location.href;
		takeLinkFromAddress();
		expect(location.hash).toBe("");
		const client = await show(new MemoryClient());
		await textbox("Your name").fill("Mira");
		await button("Create account").click();
		await expect.element(textbox("Contact link")).toHaveValue(link);
		await button("Add contact").click();
		await expect.element(textbox("Message")).toBeVisible();
		expect(client.told.at(-1)).toEqual({ command: "addContact", args: [link] });
	});

	test("somebody who asks meanwhile can be accepted from the welcome", async () => {
		const client = await show(new MemoryClient());
		await textbox("Your name").fill("Mira");
		await button("Create account").click();
		await expect.element(button("Share my link")).toBeVisible();
		client.change({ requests: [{ id: "r", person: grace, greeting: "It is me", at: now }] });
		await button("Accept").click();
		await expect.element(page.getByRole("heading", { level: 1, name: "Grace Hopper" })).toBeVisible();
	});

	test("each name that scripts rely on stands once on its screen", async () => {
		for (const [width, height] of [
			[390, 844],
			[1280, 800],
		] as const) {
			await show(scenes.empty(), width, height);
			await expect.element(button("Share my link")).toBeVisible();
			for (const name of ["Share my link", "Add contact", "What the server sees"])
				expect(page.getByRole("button", { name }).elements(), `${name} at ${width}`).toHaveLength(1);
			expect(page.getByRole("textbox", { name: "Contact link" }).elements()).toHaveLength(1);
			takeAway();
		}
	});
});

describe("a conversation", () => {
	test("Enter sends, Shift and Enter makes a line, and nothing is sent while there is nothing", async () => {
		const client = await show(scenes.full());
		await openAda();
		await textbox("Message").click();
		await userEvent.keyboard("{Enter}");
		expect(commands(client)).not.toContain("sendMessage");
		await userEvent.keyboard("one{Shift>}{Enter}{/Shift}two{Enter}");
		expect(client.told.find(({ command }) => command === "sendMessage")?.args).toEqual(["ada", "one\ntwo"]);
		await expect.element(textbox("Message")).toHaveValue("");
		await expect.element(page.getByText("one two").last()).toBeVisible();
	});

	test("words that were refused come back into the field, with the reason", async () => {
		const client = scenes.full();
		client.state.refuse.set("sendMessage", "storageFull");
		await show(client);
		await openAda();
		await textbox("Message").fill("do not lose me");
		await button("Send").click();
		await expect.element(textbox("Message")).toHaveValue("do not lose me");
		await expect.element(page.getByText(/There is no room left on this device/)).toBeVisible();
	});

	test("a draft stays with its conversation", async () => {
		await show(scenes.full());
		await openAda();
		await textbox("Message").fill("half a thought");
		await page.getByRole("link", { name: /Grace Hopper/ }).click();
		await expect.element(textbox("Message")).toHaveValue("");
		await expect.element(page.getByText("half a thought")).toBeVisible();
		await openAda();
		await expect.element(textbox("Message")).toHaveValue("half a thought");
		await textbox("Message").fill("");
	});

	test("text is shown as text, whatever it looks like", async () => {
		const client = await show(scenes.full());
		await openAda();
		const nasty = "<img src=x onerror=alert(1)> https://example.org/x \u202Eevil";
		await textbox("Message").fill(nasty);
		await button("Send").click();
		await expect.element(page.getByText(/<img src=x/).last()).toBeVisible();
		expect(document.querySelector("article img, article a")).toBeNull();
		expect(client.state.history.get("ada")?.at(-1)).toMatchObject({ text: nasty });
	});

	test("a message that failed can be retried or discarded", async () => {
		const client = await show(scenes.failing());
		await openAda();
		await button("Retry").click();
		expect(client.told.find(({ command }) => command === "retryMessage")).toBeDefined();
		await expect.element(button("Retry")).not.toBeInTheDocument();
	});

	test("of ten thousand messages only those in sight are in the page, and it opens at the end", async () => {
		await show(scenes.thousands());
		await openAda();
		await expect.element(page.getByText(/^Line 9999\./)).toBeVisible();
		expect(document.querySelectorAll(".timeline-row").length).toBeLessThan(60);
		const timeline = document.querySelector(".timeline") as HTMLElement;
		expect(timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight).toBeLessThan(4);
	});

	test("scrolled up, one stays where one is when something arrives; a press leads to it", async () => {
		const client = await show(scenes.thousands());
		await openAda();
		await expect.element(page.getByText(/^Line 9999\./)).toBeVisible();
		const timeline = document.querySelector(".timeline") as HTMLElement;
		timeline.scrollTop -= 1500;
		await expect.element(page.getByRole("button", { name: "To the newest" })).toBeVisible();
		const before = timeline.scrollTop;
		const last = client.state.history.get("ada")?.at(-1);
		if (last?.kind === "message") client.put("ada", { ...last, id: "late", text: "A late arrival" });
		await new Promise((resume) => setTimeout(resume, 200));
		expect(Math.abs(timeline.scrollTop - before)).toBeLessThan(4);
		await page.getByRole("button", { name: /^(To the newest|\d+ new message)/ }).click();
		await expect.element(page.getByText("A late arrival").last()).toBeVisible();
	});

	test("on a phone the browser's way back leads from the conversation to the list", async () => {
		await show(scenes.full(), 390, 844);
		await openAda();
		await expect.element(textbox("Message")).toBeVisible();
		history.back();
		await expect.element(page.getByRole("heading", { level: 1, name: "Chats" })).toBeVisible();
	});
});

describe("a call", () => {
	test("ringing takes the keyboard from nobody, and Answer answers with the picture that was offered", async () => {
		const client = await show(scenes.full());
		await openAda();
		await textbox("Message").fill("I am wri");
		await textbox("Message").click();
		client.change({ call: adaCall() });
		await expect.element(button("Answer")).toBeVisible();
		await userEvent.keyboard("ting");
		await expect.element(textbox("Message")).toHaveValue("I am writing");
		await button("Answer").click();
		await expect.element(button("Turn camera off")).toBeVisible();
		expect(commands(client)).toContain("answerCall");
		await textboxIsHidden();
	});

	test("M mutes, V turns the camera on, R raises the hand, space talks while it is held, H hangs up", async () => {
		const client = scenes.full();
		ownCall({ call: "the call", camera: false });
		client.change({ call: adaCall({ video: false, phase: { name: "connected", since: Date.now() } }) });
		await show(client);
		await expect.element(button("Mute")).toBeVisible();
		await userEvent.keyboard("m");
		await expect.element(button("Unmute")).toBeVisible();
		await userEvent.keyboard("{ >}");
		await expect.element(page.getByText("Talking while you hold the space bar")).toBeVisible();
		await userEvent.keyboard("{/ }");
		await expect.element(page.getByText("Talking while you hold the space bar")).not.toBeInTheDocument();
		await expect.element(button("Unmute")).toBeVisible();
		await userEvent.keyboard("v");
		await expect.element(button("Turn camera off")).toBeVisible();
		await userEvent.keyboard("r");
		await expect.element(page.getByText("Your hand is up")).toBeVisible();
		await userEvent.keyboard("r");
		await expect.element(page.getByText("Your hand is up")).not.toBeInTheDocument();
		await userEvent.keyboard("h");
		expect(commands(client)).toContain("hangUp");
	});

	test("of many, G shows who speaks large and back, a click shows another, and a number reacts", async () => {
		const client = scenes.inGroupCall();
		ownCall({ call: "the call", camera: false });
		await show(client, 1280, 800, drawnCallSession({ picture: false, others: 4, trouble: null, signs: true }));
		await expect.element(button("Show who speaks large")).toBeVisible();
		expect(document.querySelectorAll(".tile.grid")).toHaveLength(4);
		await userEvent.keyboard("g");
		await expect.element(page.getByRole("button", { name: "Show Grace Hopper large" })).toBeVisible();
		expect(document.querySelector(".tile.large")?.textContent).toContain("Ada Lovelace");
		await page.getByRole("button", { name: "Show Grace Hopper large" }).click();
		await expect.poll(() => document.querySelector(".tile.large")?.textContent).toContain("Grace Hopper");
		await userEvent.keyboard("g");
		await expect.element(button("Show who speaks large")).toBeVisible();
		await userEvent.keyboard("5");
		await expect.poll(() => document.querySelector(".reactions")?.textContent).toContain("🎉You");
	});

	test("a weak line has words: one's own with what helps, somebody else's with their name", async () => {
		ownCall({ call: "the call", camera: true });
		await show(
			scenes.inCall(),
			1280,
			800,
			drawnCallSession({ picture: false, others: 1, trouble: null, weak: "ours" }),
		);
		const own = page.getByText("Your line is weak just now. Without the camera, your voice has more room.");
		await expect.element(own).toBeVisible();
		expect(own.element().closest("[role=status]")).not.toBeNull();
		await page.getByRole("status").getByRole("button", { name: "Turn camera off" }).click();
		await expect
			.element(page.getByText("Your line is weak just now. Moving nearer to the router helps."))
			.toBeVisible();
		takeAway();
		ownCall({ call: "the call", camera: true });
		await show(
			scenes.inCall(),
			1280,
			800,
			drawnCallSession({ picture: false, others: 1, trouble: null, weak: "theirs" }),
		);
		await expect
			.element(page.getByText("Ada Lovelace’s line is weak just now. Some words may get lost."))
			.toBeVisible();
		await expect.element(page.getByText(/^Your line/)).not.toBeInTheDocument();
	});

	test("declining with words sends them along", async () => {
		const client = await show(scenes.ringingAudio());
		await button("Reply instead").click();
		await button("I’m on my way.").click();
		expect(client.told.at(-1)).toEqual({ command: "declineCall", args: ["the call", "I’m on my way."] });
	});

	test("no answer offers to write, which leads to the field", async () => {
		const client = await show(scenes.full());
		await openAda();
		await button("Start audio call").click();
		await expect.element(button("Hang up")).toBeVisible();
		client.changeCall({ phase: { name: "ended", at: Date.now(), durationMs: 0, reason: "noAnswer" } });
		await expect.element(page.getByText("No answer. Leave a message?").first()).toBeVisible();
		await button("Write").click();
		await expect.element(textbox("Message")).toBeVisible();
	});
});

describe("what the server sees", () => {
	test("grows while one looks, without a word of what was written in its own column", async () => {
		const client = await show(scenes.full());
		await button("What the server sees").click();
		await expect.element(page.getByText("You wrote to Ada Lovelace")).toBeVisible();
		const saw = [{ field: "log", value: "zz9P…" }] as const;
		const cause = { kind: "sync", title: undefined } as const;
		const entry = { id: "new", at: now + 1_000, cause, role: "home", action: "read", saw, item: undefined } as const;
		client.emit({ kind: "ledger", entries: [entry] });
		await expect.element(page.getByText(/zz9P/)).toBeVisible();
		expect(document.querySelector(".ledger")?.textContent).not.toContain("At six");
		await page.getByText(/^Show beside it what an ordinary server/).click();
		await expect.element(page.getByText("“At six. I’ll bring the wine.”")).toBeVisible();
		await page.getByText(/^Show beside it what an ordinary server/).click();
	});
});

test("searching shows only what answers; the cross and Escape bring everything back, and the cursor stays", async () => {
	await show(scenes.full());
	await page.getByRole("searchbox", { name: "Search" }).fill("moth");
	await expect.element(page.getByRole("link", { name: /Grace Hopper/ })).toBeVisible();
	expect(page.getByRole("link", { name: /Ada Lovelace/ }).elements()).toHaveLength(0);
	expect(button("Accept").elements()).toHaveLength(0);
	await button("Clear search").click();
	await expect.element(page.getByRole("searchbox", { name: "Search" })).toHaveFocus();
	await expect.element(button("Accept")).toBeVisible();
	await userEvent.keyboard("moth{Escape}");
	await expect.element(page.getByRole("link", { name: /Ada Lovelace/ })).toBeVisible();
});

test("a code is read out of a picture, and a picture without one gives nothing", async () => {
	const text = "https://sotto.example/#AUq3vX0bJm2t7kPZ9nS1uWcYdR4e";
	const { side, path } = qrPath(text);
	const canvas = new OffscreenCanvas(900, 700);
	const context = canvas.getContext("2d");
	if (context === null) throw new Error("no canvas");
	context.fillStyle = "white";
	context.fillRect(0, 0, 900, 700);
	expect(await decodeQr(await createImageBitmap(canvas))).toBeUndefined();
	// A little turned, as a hand holds a phone.
	context.translate(260, 120);
	context.rotate(0.12);
	context.scale(10, 10);
	context.fillStyle = "black";
	context.fill(new Path2D(path));
	expect(side).toBeLessThan(45);
	expect(await decodeQr(await createImageBitmap(canvas))).toBe(text);
});

test("a full device, a full server and a wrong clock are said, each with what to do", async () => {
	const troubles = [
		{ kind: "deviceFull" },
		{ kind: "serverFull" },
		{ kind: "clockOff", byMs: -26 * 3_600_000 },
	] as const;
	await show(new MemoryClient({ view: readyView({ troubles }) }));
	await expect.element(page.getByText(/free some space/)).toBeVisible();
	await expect.element(page.getByText(/wait safely here/)).toBeVisible();
	await expect.element(page.getByText(/clock is about 26 hours behind/)).toBeVisible();
});

test("offline is said in words, and that nothing is lost", async () => {
	await show(new MemoryClient({ view: readyView({ network: { phase: "offline", since: now } }) }));
	await expect.element(page.getByText("Waiting for the network. What you write is safe here.")).toBeVisible();
});

/** The call covers the chats, for eyes and for screen readers alike. */
async function textboxIsHidden(): Promise<void> {
	await expect.element(page.getByRole("textbox", { name: "Message" })).not.toBeInTheDocument();
}
