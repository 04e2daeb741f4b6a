import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, sotto, sottoJson, startSotto, startTestServer, temporaryFolder } from "./sotto.test-kit.ts";

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof startTestServer>> | undefined;
let bob: Running | undefined;
beforeAll(async () => {
	server = await startTestServer(folder.path);
});
afterAll(async () => {
	await bob?.stop();
	await server?.stop();
	folder.remove();
});

const at = (name: string) => join(folder.path, name);
const inProfile = (name: string) => ["--profile", at(name)] as const;

/** A file that holds a passphrase. */
function passphraseFile(name: string, text: string): readonly [string, string] {
	writeFileSync(at(name), `${text}\n`);
	return ["--passphrase-file", at(name)];
}

test("Anna loses her only machine, restores her backup on a new one, and she and Bela write to each other again", async () => {
	const home = ["--home", server?.url as string] as const;
	const [anna] = await sottoJson("account", "create", "--name", "Anna", ...home, ...inProfile("anna"));
	await sottoJson("account", "create", "--name", "Bela", ...home, ...inProfile("bela"));
	await sottoJson("add", anna?.link as string, ...inProfile("bela"));
	await sottoJson("accept", "Bela", ...inProfile("anna"));
	await sottoJson("send", "Bela", "before the fire", ...inProfile("anna"));

	const right = passphraseFile("right", "correct horse battery staple");
	const file = at("anna.backup");
	const short = await sotto("backup", file, ...inProfile("anna"), ...passphraseFile("short", "12345"));
	expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining("10 characters") as string });
	const made = (await sottoJson("backup", file, ...inProfile("anna"), ...right)).at(-1);
	expect(made).toEqual({ file, bytes: statSync(file).size });
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(readFileSync(file).includes("before the fire")).toBe(false);
	rmSync(at("anna"), { recursive: true });

	bob = startSotto("listen", "--json", ...inProfile("bela"));
	const wrong = passphraseFile("wrong", "correct horse battery stapler");
	const refused = await sotto("restore", file, ...inProfile("new"), ...wrong);
	expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("does not open") as string });
	const restored = (await sottoJson("restore", file, ...inProfile("new"), ...right)).at(-1);
	expect(restored).toMatchObject({ account: anna?.account, name: "Anna", conversations: 1 });
	await sottoJson("listen", "--for", "5", ...inProfile("new"));
	await sottoJson("send", "Bela", "after the fire", ...inProfile("new"));
	await bob.line(({ type, text }) => type === "message" && text === "after the fire");
	await sottoJson("send", "Anna", "good to have you back", ...inProfile("bela"));
	const lines = await sottoJson("history", "Bela", ...inProfile("new"));
	expect(lines.flatMap(({ text }) => (text === undefined ? [] : [text]))).toEqual([
		"before the fire",
		"after the fire",
		"good to have you back",
	]);
	const again = await sotto("restore", file, ...inProfile("new"), ...right);
	expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("holds an account already") as string });
}, 120_000);
