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

test("D3: when what was kept of one conversation is damaged, it says so, and a button lets one in again with all that was written", async () => {
	await ada.page.evaluate(dropGroups);
	await ada.page.reload();
	await ada.page.getByRole("link", { name: "Bo" }).click();
	await ada.write("Damaged: written before it was known.");
	await ada.hands.sees("This device can no longer read what it kept of this conversation.");
	await ada.hands.press("Ask to be let in");
	await ada.waitFor("may write again", 60, () => ada.field().isEnabled());
	await ada.write("Damaged: let in.");
	const said = ["Damaged: written before it was known.", "Damaged: let in."];
	await bo.hasMessages("Damaged", said);
	await ada.hasMessages("Damaged", said);
	await bo.write("Welcome: back.");
	await ada.hasMessages("Welcome", ["Welcome: back."]);
	// What was said before is still there, once.
	await ada.hasMessages("Before the update", ["Before the update."]);
	expect(await ada.page.getByText("can no longer read").count()).toBe(0);
});

/** Takes the rows of every MLS group out of the page's database: what a broken disk may do to one table. */
const dropGroups = `(async () => {
	for (const { name } of await indexedDB.databases()) {
		const database = await new Promise((resolve, reject) => {
			const opening = indexedDB.open(name);
			opening.onsuccess = () => resolve(opening.result);
			opening.onerror = () => reject(opening.error);
		});
		if (database.objectStoreNames.contains("entries")) {
			const writing = database.transaction("entries", "readwrite");
			writing.objectStore("entries").delete(IDBKeyRange.bound("group/", "group0"));
			await new Promise((resolve, reject) => {
				writing.oncomplete = resolve;
				writing.onerror = () => reject(writing.error);
			});
		}
		database.close();
	}
})()`;

async function throwAway(person: Person): Promise<void> {
	const debug = await person.context.newCDPSession(person.page);
	await debug.send("Storage.clearDataForOrigin", { origin: served.url, storageTypes: "indexeddb" });
	await person.hands.sees("This browser has thrown your conversations away");
	await person.hands.press("Open Sotto again");
	await person.hands.sees("You were here before");
}

test("what the browser threw away comes back from a backup: it is read at once, and the button lets one in to write on", async () => {
	await ada.hands.press("Settings");
	await ada.hands.press("Make a backup");
	await ada.hands.press("Suggest one");
	const passphrase = await ada.hands.value("Passphrase");
	const downloading = ada.page.waitForEvent("download", { timeout: 60_000 });
	await ada.hands.press("Save the file");
	const file = await (await downloading).path();
	// While nobody who could let her in is online.
	bo.line.cut("refused");
	await throwAway(ada);
	await ada.hands.press("Restore a backup");
	await ada.page.locator("input[type=file]").setInputFiles(file);
	await ada.page.getByLabel("Passphrase").fill(passphrase);
	await ada.hands.press("Restore");
	await ada.hands.sees("Welcome back.", 90);
	await ada.page
		.getByRole("button", { name: /^Chats/ })
		.first()
		.click();
	await ada.page.getByRole("link", { name: "Bo" }).click();
	await ada.hasMessages("Welcome", ["Welcome: back."]);
	expect(await ada.field().isEnabled()).toBe(false);
	await ada.hands.press("Ask to be let in");
	bo.line.mend();
	await ada.waitFor("is let in", 90, () => ada.field().isEnabled());
	await ada.write("Restored: here again.");
	await bo.hasMessages("Restored", ["Restored: here again."]);
	await bo.write("Restored: good.");
	await ada.hasMessages("Restored", ["Restored: here again.", "Restored: good."]);
});

test("when the browser throws the database away one is told at once, and at the next start what happened and what to do", async () => {
	await throwAway(ada);
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
