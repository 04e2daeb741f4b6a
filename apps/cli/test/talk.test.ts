import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
	type JsonLine,
	type Running,
	sotto,
	sottoJson,
	startSotto,
	startTestServer,
	temporaryFolder,
} from "./sotto.test-kit.ts";

const folder = temporaryFolder();
const running: Running[] = [];
let home = "";
let server: Awaited<ReturnType<typeof startTestServer>> | undefined;

beforeAll(async () => {
	server = await startTestServer(folder.path);
	home = server.url;
});
afterAll(async () => {
	await server?.stop();
	folder.remove();
});
afterEach(async () => {
	for (const one of running.splice(0)) await one.stop();
});

const inProfile = (name: string) => ["--profile", join(folder.path, name)] as const;

/** Makes an account in a profile of this name and gives its link. */
async function account(profile: string, name = profile): Promise<string> {
	const [created] = await sottoJson("account", "create", "--name", name, "--home", home, ...inProfile(profile));
	return created?.link as string;
}

/** Two new people, in contact; gives the conversation's id. */
async function contacts(one: string, other: string): Promise<string> {
	const link = await account(one);
	await account(other);
	await sottoJson("add", link, ...inProfile(other));
	const [accepted] = await sottoJson("accept", other, ...inProfile(one));
	return accepted?.conversation as string;
}

async function texts(profile: string, conversation: string): Promise<readonly string[]> {
	const lines = await sottoJson("history", conversation, ...inProfile(profile));
	return lines.filter(({ type }) => type === "message").map(({ from, text }) => `${String(from)}: ${String(text)}`);
}

function listen(profile: string): Running {
	const one = startSotto("listen", "--json", ...inProfile(profile));
	running.push(one);
	return one;
}

const isText = (text: string) => (line: JsonLine) => line.type === "message" && line.text === text;

describe("two people at the command line", { timeout: 120_000 }, () => {
	test("exchange a link, accept, write both ways, and read the same in the same order", async () => {
		const link = await account("ada", "Ada");
		expect(link).toMatch(/^http:\/\/localhost:\d+\/#[\w-]{100,}$/);
		expect((await sotto("link", ...inProfile("ada"))).stdout).toBe(`${link}\n`);
		await account("bob", "Bob");

		const [asked] = await sottoJson("add", link, "--greeting", "It is me", ...inProfile("bob"));
		expect(asked).toMatchObject({ title: "Ada", phase: "asked" });
		expect(await sottoJson("contacts", ...inProfile("bob"))).toMatchObject([{ name: "Ada", phase: "asked" }]);
		await sottoJson("send", "Ada", "written before you accepted", ...inProfile("bob"));

		const [request] = await sottoJson("requests", ...inProfile("ada"));
		expect(request).toMatchObject({ name: "Bob", greeting: "It is me" });
		await sottoJson("accept", request?.id as string, ...inProfile("ada"));
		expect(await sottoJson("requests", ...inProfile("ada"))).toEqual([]);
		expect(await sottoJson("contacts", ...inProfile("ada"))).toMatchObject([{ name: "Bob", phase: "active" }]);

		const [sent] = await sottoJson("send", "Bob", "hello Bob", ...inProfile("ada"));
		expect(sent).toMatchObject({ title: "Bob", state: "sent" });
		await sottoJson("send", "ada", "hello Ada", ...inProfile("bob"));
		const [conversation] = await sottoJson("conversations", ...inProfile("ada"));
		const all = ["Bob: It is me", "Bob: written before you accepted", "Ada: hello Bob", "Bob: hello Ada"];
		expect(await texts("ada", conversation?.id as string)).toEqual(all);
		expect(await texts("bob", "Ada")).toEqual(all);
		expect(await sottoJson("contacts", ...inProfile("bob"))).toMatchObject([{ name: "Ada", phase: "active" }]);
	});

	test("see the same safety number", async () => {
		await contacts("sam", "sue");
		const [one] = await sottoJson("safety", "sue", ...inProfile("sam"));
		const [other] = await sottoJson("safety", "sam", "--verified", ...inProfile("sue"));
		expect(one?.groups).toHaveLength(12);
		expect(other).toEqual({ groups: one?.groups, verified: true });
		expect(await sottoJson("contacts", ...inProfile("sue"))).toMatchObject([{ name: "sam", verified: true }]);
	});

	test("hear each other at once while they listen, and other commands of a listening profile work", async () => {
		const conversation = await contacts("lea", "leo");
		const [lea, leo] = [listen("lea"), listen("leo")];
		await Promise.all([lea, leo].map((one) => one.line(({ type }) => type === "listening")));
		await sottoJson("send", conversation, "to Leo", ...inProfile("lea"));
		expect(await leo.line(isText("to Leo"))).toMatchObject({ from: "lea", title: "lea", mine: false });
		await sottoJson("send", "lea", "to Lea", ...inProfile("leo"));
		expect(await lea.line(isText("to Lea"))).toMatchObject({ from: "leo", conversation });
		expect(await texts("leo", "lea")).toEqual(["lea: to Leo", "leo: to Lea"]);
		expect(statSync(join(folder.path, "leo", "listen.sock")).mode & 0o777).toBe(0o600);
		expect((await sotto("listen", ...inProfile("leo"))).stderr).toContain("runs on");
		expect((await lea.stop()).code).toBe(0);
		expect(lea.lines.filter(isText("to Lea"))).toHaveLength(1);
	});

	test("a listener hears of a request for contact", async () => {
		const link = await account("hal");
		await account("hope");
		const hal = listen("hal");
		await hal.line(({ type }) => type === "listening");
		await sottoJson("add", link, "--greeting", "hi", ...inProfile("hope"));
		const request = await hal.line(({ type }) => type === "request");
		expect(request).toMatchObject({ name: "hope", greeting: "hi" });
		await sottoJson("accept", request.id as string, ...inProfile("hal"));
		await sottoJson("send", "hal", "thanks", ...inProfile("hope"));
		await hal.line(isText("thanks"));
	});

	test("listen shows what came while nobody listened, once, and ends after --for", async () => {
		const conversation = await contacts("mia", "max");
		await sottoJson("send", "mia", "while you were away", ...inProfile("max"));
		// Another command fetches it without showing it.
		expect(await sottoJson("conversations", ...inProfile("mia"))).toMatchObject([{ unread: 1 }]);
		const first = await sottoJson("listen", "--for", "2", ...inProfile("mia"));
		expect(first.filter(isText("while you were away"))).toMatchObject([{ conversation, from: "max" }]);
		const second = await sottoJson("listen", "--for", "2", ...inProfile("mia"));
		expect(second.filter(({ type }) => type === "message")).toEqual([]);
	});

	test("a profile goes on after kill -9 of its listener", async () => {
		await contacts("kim", "ken");
		const kim = listen("kim");
		await kim.line(({ type }) => type === "listening");
		kim.child.kill("SIGKILL");
		await kim.ended;
		expect(existsSync(join(folder.path, "kim", "listen.sock"))).toBe(true);
		await sottoJson("send", "ken", "still here", ...inProfile("kim"));
		const again = listen("kim");
		await again.line(({ type }) => type === "listening");
		expect(await sottoJson("contacts", ...inProfile("kim"))).toMatchObject([{ name: "ken" }]);
	});
});

describe("what cannot be done is said in words", { timeout: 120_000 }, () => {
	test("a second account, a link that is none, one's own, a known contact, somebody unknown", async () => {
		await contacts("pia", "pat");
		const link = (await sotto("link", ...inProfile("pia"))).stdout.trim();
		const cases: readonly [readonly string[], string][] = [
			[["account", "create", "--name", "X", "--home", home], "holds an account already: pia"],
			[["add", "https://sotto.example/#abc"], "not a contact link"],
			[["add", link], "your own link"],
			[["send", "nobody", "x"], "no conversation 'nobody'"],
			[["send", "pat", ""], "nothing to send"],
			[["history", "nobody"], "no conversation 'nobody'"],
			[["accept", "nobody"], "no request 'nobody'"],
		];
		for (const [args, reason] of cases) {
			const { code, stdout, stderr } = await sotto(...args, ...inProfile("pia"));
			expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
			expect(stderr).toContain(reason);
		}
		const again = await sotto("add", link, ...inProfile("pat"));
		expect(again).toMatchObject({ code: 1, stderr: "You are in contact already.\n" });
	});

	test("a name that two contacts have is refused with their ids", async () => {
		const link = await account("una");
		for (const profile of ["twin1", "twin2"]) {
			await account(profile, "Twin");
			await sottoJson("add", link, ...inProfile(profile));
		}
		const requests = await sottoJson("requests", ...inProfile("una"));
		expect((await sotto("accept", "Twin", ...inProfile("una"))).stderr).toContain("2 of the name 'Twin'");
		const conversations: unknown[] = [];
		for (const { id } of requests) {
			const [accepted] = await sottoJson("accept", id as string, ...inProfile("una"));
			conversations.push(accepted?.conversation);
		}
		const { code, stderr } = await sotto("send", "twin", "which?", ...inProfile("una"));
		expect(code).toBe(1);
		for (const id of conversations) expect(stderr).toContain(id);
		await sottoJson("send", conversations[0] as string, "you", ...inProfile("una"));
	});

	test("requests can be ignored and blocked", async () => {
		const link = await account("iva");
		for (const name of ["ignored", "blocked"]) {
			await account(name);
			await sottoJson("add", link, ...inProfile(name));
		}
		await sottoJson("ignore", "ignored", ...inProfile("iva"));
		await sottoJson("block", "blocked", ...inProfile("iva"));
		expect(await sottoJson("requests", ...inProfile("iva"))).toEqual([]);
		expect(await sottoJson("contacts", ...inProfile("iva"))).toEqual([]);
	});
});

test("disclose prints all that the server holds, and none of what was said, by whom", {
	timeout: 120_000,
}, async () => {
	await contacts("iphigenia", "leontine");
	await sottoJson("send", "leontine", "the garden gate at eight", ...inProfile("iphigenia"));
	const { code, stdout } = await sotto("disclose", "--all", "--json", "--data", join(folder.path, "data"));
	expect(code).toBe(0);
	const rows = stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as JsonLine);
	expect(rows.filter(({ table }) => table === "records").length).toBeGreaterThan(3);
	const stored = rows
		.map(({ record, chunk }) => [record, chunk].find((bytes) => typeof bytes === "string") ?? "")
		.map((hex) => Buffer.from(hex, "hex").toString("latin1"))
		.join();
	expect(stored.length).toBeGreaterThan(10_000);
	for (const secret of ["garden gate", "iphigenia", "leontine"]) {
		expect(stdout).not.toContain(secret);
		expect(stored).not.toContain(secret);
	}
	const [{ log_id: id }] = rows.filter(({ table }) => table === "logs") as [JsonLine];
	const one = await sotto("disclose", "--log", (id as string).slice(0, 10), "--data", join(folder.path, "data"));
	expect(one.stdout.split("\n")[0]).toContain(id);
	const unknown = await sotto("disclose", "--log", "0".repeat(64), "--data", join(folder.path, "data"));
	expect(unknown).toMatchObject({ code: 1, stderr: "Nothing is stored under that id.\n" });
});

test("without the server a message is safe, and goes out once with the next command", {
	timeout: 120_000,
}, async () => {
	const apart = temporaryFolder();
	let own = await startTestServer(apart.path);
	const port = new URL(own.url).port;
	const at = (name: string) => ["--profile", join(apart.path, name)] as const;
	try {
		for (const name of ["tim", "tom"]) {
			await sottoJson("account", "create", "--name", name, "--home", own.url, ...at(name));
		}
		const link = (await sotto("link", ...at("tim"))).stdout.trim();
		await sottoJson("add", link, ...at("tom"));
		await sottoJson("accept", "tom", ...at("tim"));
		await own.stop();
		const { code, stderr } = await sotto("send", "tom", "from the tunnel", "--within", "2", ...at("tim"));
		expect(code).toBe(1);
		expect(stderr).toContain("Your message is safe here");
		const offline = await sotto("history", "tom", ...at("tim"));
		expect(offline.stdout).toContain("from the tunnel (waiting to be sent)");
		expect(offline.stderr).toContain("cannot be reached");

		own = await startTestServer(apart.path, "--port", port);
		await sottoJson("contacts", ...at("tim"));
		const received = await sottoJson("history", "tim", ...at("tom"));
		expect(received.filter(isText("from the tunnel"))).toHaveLength(1);
	} finally {
		await own.stop();
		apart.remove();
	}
});
