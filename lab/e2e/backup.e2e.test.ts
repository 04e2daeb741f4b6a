import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPerson, type Person } from "./faults/person.ts";
import { type Served, serve } from "./faults/served.ts";
import { closeAndJudge, meet } from "./faults/two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;
let again: Person;
let folder: string;
let file: string;
let passphrase: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sotto-backup-"));
	served = await serve();
	({ ada, bo } = await meet(served));
});
afterAll(async () => {
	await closeAndJudge(served, [ada, bo, again]);
	await served.end();
	await rm(folder, { recursive: true, force: true });
});

test("a backup is one file under a passphrase that is hard to guess, and holds no word that can be read", async () => {
	await ada.write("Before the loss: the key is under the mat.");
	await bo.write("Before the loss: which mat?");
	for (const person of [ada, bo]) await person.waitFor("both are there", 30, async () => (await before(person)) === 2);
	await ada.hands.press("Settings");
	await ada.hands.sees("No backup yet.");
	await ada.hands.press("Make a backup");
	await ada.hands.fill("Passphrase", "hunter2");
	await ada.hands.press("Save the file");
	await ada.hands.sees("Take a passphrase that is harder to guess.");
	await ada.hands.press("Suggest one");
	passphrase = await ada.hands.value("Passphrase");
	expect(passphrase).toMatch(/^[a-z]{5}( [a-z]{5}){5}$/);
	const downloading = ada.page.waitForEvent("download", { timeout: 60_000 });
	await ada.hands.press("Save the file");
	const download = await downloading;
	expect(download.suggestedFilename()).toMatch(/^sotto-backup-\d{4}-\d\d-\d\d\.sotto$/);
	file = join(folder, "backup.sotto");
	await download.saveAs(file);
	const bytes = await readFile(file, "latin1");
	expect(bytes.startsWith("sotto archive 1\n")).toBe(true);
	// Names are shorter than what stands in sealed bytes by chance.
	for (const word of ["Before the loss", "under the mat", "which mat"]) expect(bytes.includes(word), word).toBe(false);
	await ada.hands.sees("Last backup: Today.");
});

test("with the only device lost, a new browser takes its place from the file: what was said is there, and one is let in", async () => {
	await ada.close();
	again = await openPerson("Ada again", served);
	await again.hands.open(served.url);
	await again.hands.press("Restore a backup");
	await again.page.locator("input[type=file]").setInputFiles(file);
	await again.page.getByLabel("Passphrase").fill("not the passphrase");
	await again.hands.press("Restore");
	await again.hands.sees("The passphrase does not open this file.", 60);
	await again.page.getByLabel("Passphrase").fill(passphrase);
	await again.hands.press("Restore");
	await again.hands.sees("Welcome back.", 90);
	await again.page.getByRole("link", { name: "Bo" }).click();
	await again.waitFor("the history is there", 30, async () => (await before(again)) === 2);

	await again.waitFor("is let in", 90, () => again.field().isEnabled());
	await again.write("After it: here again.");
	await bo.hasMessages("After it", ["After it: here again."]);
	await bo.write("After it: welcome back.");
	await again.hasMessages("After it", ["After it: here again.", "After it: welcome back."]);
	await again.page.reload();
	await again.page.getByRole("link", { name: "Bo" }).click();
	await again.hasMessages("Before the loss", [
		"Before the loss: the key is under the mat.",
		"Before the loss: which mat?",
	]);
});

const before = async (person: Person) => (await person.messages("Before the loss")).length;
