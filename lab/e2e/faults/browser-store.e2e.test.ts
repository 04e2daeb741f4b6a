import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, meet } from "./two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;
let newer: string;

beforeAll(async () => {
	newer = await mkdtemp(join(tmpdir(), "sotto-newer-"));
	await buildNewer(newer);
	served = await serve();
	({ ada, bo } = await meet(served));
}, 240_000);

afterAll(async () => {
	await closeAndJudge(served, [ada, bo]);
	await served.end();
	await rm(newer, { recursive: true, force: true });
});

/** The same app with other names for all its scripts: to a browser it is another page with another engine. */
async function buildNewer(folder: string): Promise<void> {
	const names = { output: { entryFileNames: "assets/newer-[name]-[hash].js" } };
	// The test runner calls itself "test", and React would come in its development form.
	vi.stubEnv("NODE_ENV", "production");
	await build({
		configFile: join(import.meta.dirname, "../../../apps/web/vite.config.ts"),
		build: { outDir: folder, rolldownOptions: names },
		worker: { rolldownOptions: names },
		logLevel: "error",
	});
	vi.unstubAllEnvs();
}

const scriptOf = (person: Person) => person.page.locator("script[type=module][src]").getAttribute("src");

test("a message that waits while the app is updated goes out from the newer one, once", async () => {
	ada.line.cut("refused");
	await ada.hands.sees("Waiting for the network.", 30);
	await ada.write("Before the update.");
	await ada.waitFor("it waits", 10, async () => (await ada.stateOf("Before the update.")) === "sending");
	await served.kill();
	await served.start(newer);

	// The page goes while the line is still down: whatever goes out now, the newer engine sends.
	await ada.page.goto("about:blank");
	ada.line.mend();
	await ada.page.goto(served.url);
	expect(await scriptOf(ada)).toContain("newer-");
	await bo.hasMessages("Before the update", ["Before the update."]);
	await ada.page.getByRole("link", { name: "Bo" }).click();
	await ada.waitFor("it is sent", 20, async () => (await ada.stateOf("Before the update.")) === "sent");
	await ada.hasMessages("Before the update", ["Before the update."]);
});

test("a page that stayed open is told of the newer app, writes on with the older, and opens it when asked", async () => {
	expect(await scriptOf(bo)).not.toContain("newer-");
	await bo.hands.sees("There is a new version of Sotto.", 40);
	await bo.write("From the older one.");
	await ada.hasMessages("From the older", ["From the older one."]);
	await bo.hands.press("Open it");
	await bo.page.getByRole("link", { name: "Ada" }).waitFor();
	expect(await scriptOf(bo)).toContain("newer-");
	await bo.page.getByRole("link", { name: "Ada" }).click();
	await bo.write("From the newer one.");
	await ada.hasMessages("From the newer", ["From the newer one."]);
	expect(await bo.page.getByText("There is a new version of Sotto.").count()).toBe(0);
});

test("when the browser throws the database away one is told at once, and at the next start what happened and what to do", async () => {
	const debug = await ada.context.newCDPSession(ada.page);
	await debug.send("Storage.clearDataForOrigin", { origin: served.url, storageTypes: "indexeddb" });
	await ada.hands.sees("This browser has thrown your conversations away");
	await ada.hands.press("Open Sotto again");
	await ada.hands.sees("You were here before");
	await ada.hands.sees("Make a new account and give your new link to the people you know");

	// Nothing of the account that was is in the way of a new one, and the other side keeps what it has.
	await ada.createAccount(served.url);
	const link = await ada.shareLink();
	expect(await ada.page.getByText("You were here before").count()).toBe(0);
	await bo.hands.press("New contact");
	await bo.addContact(link);
	await ada.hands.press("Accept");
	await ada.write("It is me again.");
	await bo.hasMessages("It is me", ["It is me again."]);
});
