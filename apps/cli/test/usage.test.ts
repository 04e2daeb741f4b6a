import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { commands } from "../src/commands/index.ts";
import { runCommandLine } from "../src/run-command-line.ts";
import { sotto, temporaryFolder } from "./sotto.test-kit.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

test("every command explains itself: what it does, its options, an example", async () => {
	expect(commands.length).toBeGreaterThan(10);
	for (const { name, words, options } of commands) {
		const { code, stdout, stderr } = await run([...name.split(" "), "--help"]);
		expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
		expect(stdout).toContain([`sotto ${name}`, ...words].join(" "));
		for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
		expect(stdout).toMatch(/Examples?:\n {2}sotto /);
		expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(140);
	}
});

test("the overview names every command", async () => {
	const { code, stdout } = await run(["--help"]);
	expect(code).toBe(0);
	for (const { name } of commands) expect(stdout).toContain(`sotto ${name}`);
});

/** The command line in this process: what it says and its exit code. */
async function run(args: readonly string[]) {
	const texts = { stdout: "", stderr: "" };
	const code = await runCommandLine(args, {
		out: (text) => {
			texts.stdout += text;
		},
		err: (text) => {
			texts.stderr += text;
		},
	});
	return { code, ...texts };
}

const wrongUse: readonly (readonly string[])[] = [
	[],
	["nonsense"],
	["account"],
	["account", "destroy"],
	["link", "superfluous"],
	["link", "--nonsense"],
	["link", "--profile"],
	["add"],
	["send", "Ada"],
	["send", "Ada", "two", "words"],
	["history", "Ada", "--limit", "0"],
	["history", "Ada", "--limit", "many"],
	["listen", "--for", "soon"],
	["account", "create", "--name", "Ada"],
	["account", "create", "--home", "https://sotto.example"],
	["account", "create", "--name", "Ada", "--home", "sotto.example"],
	["call"],
	["call", "Ada", "--for", "0"],
	["call", "Ada", "Bob"],
	["answer", "Ada"],
	["answer", "--within", "soon"],
	["join"],
	["group"],
	["group", "create", "Crew"],
	["group", "create", "Crew", "--with", " , "],
	["group", "add", "Crew"],
	["group", "role", "Crew", "Ada", "king"],
	["group", "picture", "Crew"],
	["group", "picture", "Crew", "--none", "--save", "file"],
	["group", "leave", "Crew", "--within", "0"],
	["device"],
	["device", "link"],
	["device", "join"],
	["device", "join", "--home", "sotto.example"],
	["device", "rename", "Laptop"],
	["device", "remove", "Laptop", "--within", "0"],
	["reenter"],
	["go-on", "Ada", "Bob"],
	["disclose"],
	["disclose", "--all", "--log", "0123456789abcdef"],
	["disclose", "--log", "not hex at all"],
	["serve", "--roles", "home,oracle"],
	["serve", "--port", "65536"],
	["serve", "--tls-cert", "cert.pem"],
	["serve", "--media-ports", "9-1"],
	["serve", "--media-address", "here"],
	["serve", "--public-url", "https://sotto.example/path"],
];

test.for(wrongUse)("wrong use is exit code 2 with the reason on stderr: sotto %j", async (args) => {
	const { code, stdout, stderr } = await run(args);
	expect(code).toBe(2);
	if (args.length > 0) {
		expect(stdout).toBe("");
		expect(stderr).toMatch(/^sotto/);
		expect(stderr).not.toContain("fault in sotto");
	}
});

test("the launcher passes arguments and exit code on", async () => {
	const launcher = resolve(import.meta.dirname, "../bin/sotto.js");
	const launch = (...args: string[]) => promisify(execFile)(process.execPath, [launcher, ...args]);
	expect((await launch("send", "--help")).stdout).toContain("sotto send CONV TEXT");
	await expect(launch("send")).rejects.toMatchObject({ code: 2 });
});

test("the exit codes are those of the process", async () => {
	expect((await sotto("send", "--help")).code).toBe(0);
	expect((await sotto("send")).code).toBe(2);
});

test("a profile without an account is refused, with the command that makes one", { timeout: 120_000 }, async () => {
	for (const args of [["link"], ["contacts"], ["send", "Ada", "hello"], ["listen"], ["requests", "--json"]]) {
		const { code, stdout, stderr } = await sotto(...args, "--profile", `${folder.path}/empty`);
		expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
		expect(stderr).toContain("sotto account create");
	}
});
