import { mkdtempSync } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ClientEvent, SottoClient } from "@sotto/client";
import { type Command, type Given, jsonOption, profileOption, Refused } from "../command.ts";
import { readyView, settledView, withProfile } from "../profile/open-profile.ts";
import { readPassphrase } from "../read-passphrase.ts";
import { refuseWith } from "../sentences.ts";

/** A file beyond this is none of ours: it would not fit into the memory that reads it. */
const maxFileBytes = 1024 ** 3;

const passphraseOption = {
	value: "FILE",
	help: "the first line of this file is the passphrase (otherwise asked for, or read from stdin)",
} as const;

export const backup: Command = {
	name: "backup",
	words: ["FILE"],
	summary: "writes everything of the account into one file, sealed under a passphrase",
	details: [
		"Contacts, conversations with their history, calls, and the account's keys. With this file and its passphrase a new machine",
		"becomes you, so keep both like a key, apart from each other. What is said later is not in it: make a new one now and then.",
	],
	options: { "passphrase-file": passphraseOption, profile: profileOption, json: jsonOption },
	examples: ["sotto backup sotto.backup", "sotto backup /media/stick/sotto.backup --passphrase-file ~/passphrase"],
	run: (given) =>
		withProfile(given, async (profile) => {
			if (profile.how === "met")
				throw new Refused("A running 'sotto listen' uses this profile. Stop it for the backup.");
			await readyView(profile);
			const passphrase = await readPassphrase(given.text("passphrase-file"), "once more");
			const stopTelling = tellProgress(given, profile.client, "exportBackup");
			const made = await profile.client.exportBackup(passphrase);
			stopTelling();
			if (!made.ok) refuseWith(made.error);
			const path = resolve(given.words[0] as string);
			await writeWhole(path, made.value.file);
			const bytes = made.value.file.length;
			given.output.result(
				{ file: path, bytes },
				`${path} holds your account now (${Math.ceil(bytes / 1024)} KiB). Without its passphrase nobody can open it, you included.`,
			);
		}),
};

export const restore: Command = {
	name: "restore",
	words: ["FILE"],
	summary: "makes this machine a device of the account in a backup, in the place of the one that was lost",
	details: [
		"History and contacts are there at once. To write again, somebody in each conversation has to be online: their device lets",
		"this one in, and the lost one is put out. What was said after the backup was made is not in it.",
	],
	options: {
		"passphrase-file": passphraseOption,
		home: { value: "URL", help: "the server, if its address is another one now" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto restore sotto.backup", "sotto restore sotto.backup --profile ./new --home https://sotto.example"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const before = await settledView(profile.client);
			if (before.phase === "ready") throw new Refused(`${profile.folder} holds an account already: ${before.me.name}.`);
			const file = await readWhole(given.words[0] as string);
			const passphrase = await readPassphrase(given.text("passphrase-file"));
			const stopTelling = tellProgress(given, profile.client, "restoreBackup");
			const home = given.text("home");
			const restored = await profile.client.restoreBackup({ file, passphrase, ...(home !== undefined && { home }) });
			stopTelling();
			if (!restored.ok) refuseWith(restored.error);
			await profile.client.sync();
			const { me, conversations } = await readyView(profile);
			const waiting = conversations.filter(({ alarm }) => alarm?.kind === "waiting").length;
			given.output.result(
				{ account: me.account, name: me.name, conversations: conversations.length, waiting },
				[
					`You are ${me.name} again, with ${conversations.length} conversations.`,
					...(waiting > 0
						? [`${waiting} wait until somebody there is online and lets this device in: sotto listen`]
						: []),
				].join("\n"),
			);
		}),
};

/** Beside the file, then in its place: a backup that is there stays whole until the new one is. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
	let folder: string | undefined;
	try {
		folder = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
		const file = await open(join(folder, "new"), "wx", 0o600);
		await file.writeFile(bytes);
		await file.sync();
		await file.close();
		await rename(join(folder, "new"), path);
	} catch (error) {
		throw new Refused(`${path} cannot be written (${error instanceof Error ? error.message : String(error)}).`);
	} finally {
		if (folder !== undefined) await rm(folder, { recursive: true, force: true });
	}
}

async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
	try {
		const { size } = await stat(path);
		if (size > maxFileBytes) throw new Refused(`${path} is too large for a backup.`);
		return new Uint8Array(await readFile(path));
	} catch (error) {
		if (error instanceof Refused) throw error;
		throw new Refused(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
	}
}

/** One line of JSON at each tenth, for who waits. */
function tellProgress(
	given: Given,
	client: SottoClient,
	task: (ClientEvent & { kind: "progress" })["task"],
): () => void {
	let told = 0;
	return client.onEvent((event) => {
		if (event.kind !== "progress" || event.task !== task || event.total === 0) return;
		const tenths = Math.floor((event.done * 10) / event.total);
		if (tenths <= told) return;
		told = tenths;
		given.output.result({ type: "progress", done: event.done, total: event.total }, undefined);
	});
}
