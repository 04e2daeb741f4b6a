import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	type JsonLine,
	type Running,
	sotto,
	sottoJson,
	startAsking,
	startSotto,
	startTestServer,
	temporaryFolder,
} from "./sotto.test-kit.ts";

const folder = temporaryFolder();
const running: Running[] = [];
let server: Awaited<ReturnType<typeof startTestServer>> | undefined;

const as = (name: string) => ["--profile", join(folder.path, name)] as const;

/** Ada, who is in contact with Bob; both have written. */
beforeAll(async () => {
	server = await startTestServer(folder.path);
	const home = ["--home", server.url] as const;
	const [ada] = await sottoJson("account", "create", "--name", "Ada", ...home, ...as("Ada"));
	await sottoJson("account", "create", "--name", "Bob", ...home, ...as("Bob"));
	await sottoJson("add", ada?.link as string, ...as("Bob"));
	await sottoJson("accept", "Bob", ...as("Ada"));
	await sottoJson("send", "Bob", "said before", ...as("Ada"));
	await sottoJson("send", "Ada", "said as well", ...as("Bob"));
}, 120_000);
afterAll(async () => {
	for (const one of running) await one.stop();
	await server?.stop();
	folder.remove();
});

function ask(...args: readonly string[]): Running {
	const asking = startAsking(...args, "--json");
	running.push(asking);
	return asking;
}

const isType = (type: string) => (line: JsonLine) => line.type === type;

/** A new device in its own profile shows a code, Ada's takes it; both ask whether the numbers are the same. */
async function meet(profile: string, name: string): Promise<{ readonly here: Running; readonly there: Running }> {
	const there = ask("device", "join", "--home", server?.url ?? "", "--name", name, ...as(profile));
	const { code } = await there.line(isType("code"));
	const here = ask("device", "link", code as string, ...as("Ada"));
	const [one, other] = await Promise.all([here.line(isType("compare")), there.line(isType("compare"))]);
	expect(one.digits).toMatch(/^\d{6}$/);
	expect(other.digits).toBe(one.digits);
	expect(one.other).toBe(name);
	return { here, there };
}

const textsOf = (lines: readonly JsonLine[]) => lines.flatMap(({ type, text }) => (type === "message" ? [text] : []));

async function devicesOf(name: string): Promise<readonly JsonLine[]> {
	return (await sottoJson("device", "list", ...as(name))).filter(isType("device"));
}

describe("an account's devices at the command line", { timeout: 180_000 }, () => {
	test("no is no on both sides, whoever says it, and nothing is handed over", async () => {
		const { here, there } = await meet("Nobody", "Stranger");
		here.child.stdin.write("perhaps\nno\n");
		expect(await here.ended).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("Nothing was handed over") as string,
		});
		expect(await there.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("numbers differed") as string });
		expect(await devicesOf("Ada")).toHaveLength(1);
		expect((await sotto("contacts", ...as("Nobody"))).stderr).toContain("There is no account");
	});

	test("what no device shows, and what stdin does not answer, is refused in words", async () => {
		const wrong = await sotto("device", "link", "nonsense", ...as("Ada"));
		expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("not what a new device shows") as string });
		const { here, there } = await meet("Nobody", "Stranger");
		here.child.stdin.end();
		expect(await here.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("Nobody said") as string });
		expect(await there.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("called off") as string });
	});

	test("a second machine is linked: conversations and history follow, with their progress; both list both", async () => {
		const { here, there } = await meet("Laptop", "Laptop");
		for (const { child } of [here, there]) child.stdin.write("yes\n");
		expect(await there.line(isType("linked"))).toMatchObject({ name: "Ada" });
		const [linked, came] = await Promise.all([here.ended, there.ended]);
		expect([linked.code, came.code]).toEqual([0, 0]);
		const ends = (one: Running) => one.lines.filter(({ state }) => state === "done").map(({ job }) => String(job));
		expect(ends(here).toSorted()).toEqual(["addDevice", "sendHistory"]);
		expect(ends(there)).toEqual(["receiveHistory"]);
		const history = await sottoJson("history", "Bob", ...as("Laptop"));
		expect(textsOf(history)).toEqual(["said before", "said as well"]);
		await sottoJson("send", "Bob", "from the laptop", ...as("Laptop"));
		expect(textsOf(await sottoJson("history", "Ada", ...as("Bob")))).toContain("from the laptop");
		expect(await devicesOf("Laptop")).toMatchObject([
			{ name: "Laptop", thisDevice: true, primary: false },
			{ thisDevice: false, primary: true },
		]);
		// What was done is told once.
		expect(await sottoJson("device", "list", ...as("Ada"))).toHaveLength(2);
	});

	test("a device is renamed, and removed by one that may; it is locked out and says so", async () => {
		await sottoJson("device", "rename", "laptop", "Cellar", ...as("Ada"));
		expect((await devicesOf("Laptop"))[0]).toMatchObject({ name: "Cellar", thisDevice: true });
		const [other] = (await devicesOf("Laptop")).filter(({ thisDevice }) => thisDevice !== true);
		const refused = await sotto("device", "remove", other?.id as string, ...as("Laptop"));
		expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("holds the account key") as string });
		expect((await sotto("device", "remove", "Attic", ...as("Ada"))).stderr).toContain("no device 'Attic'");

		const lines = await sottoJson("device", "remove", "Cellar", ...as("Ada"));
		expect(lines.filter(isType("job")).at(-1)).toMatchObject({ job: "removeDevice", done: 1, total: 1, state: "done" });
		expect(lines.at(-1)).toMatchObject({ name: "Cellar", state: "removed" });
		expect(await devicesOf("Ada")).toHaveLength(1);
		await sottoJson("send", "Ada", "without the cellar", ...as("Bob"));
		expect(textsOf(await sottoJson("history", "Bob", ...as("Laptop")))).not.toContain("without the cellar");
		expect((await sotto("send", "Bob", "still?", ...as("Laptop"))).code).toBe(1);
	});
});

describe("ways out of a conversation that has stopped", { timeout: 180_000 }, () => {
	test("where it goes on there is none to take", async () => {
		for (const command of ["reenter", "go-on"]) {
			const refused = await sotto(command, "Bob", ...as("Ada"));
			expect(refused).toMatchObject({ code: 1, stderr: "Bob goes on as it is.\n" });
		}
	});

	test("D3: what was kept of it is damaged: one asks to be let in again, and writes on as soon as the other is online", async () => {
		// What is not read before it is damaged cannot be read afterwards.
		await sottoJson("history", "Bob", ...as("Ada"));
		const profile = new DatabaseSync(join(folder.path, "Ada", "profile.sqlite"));
		const { changes } = profile.prepare("DELETE FROM entries WHERE key >= 'group/' AND key < 'group0'").run();
		profile.close();
		expect(changes).toBeGreaterThan(0);
		await sotto("send", "Bob", "let me in", "--within", "1", ...as("Ada"));
		const [stopped] = await sottoJson("conversations", ...as("Ada"));
		expect(stopped).toMatchObject({ title: "Bob", phase: "stopped", alarm: "damaged" });
		expect((await sotto("go-on", "Bob", ...as("Ada"))).stderr).toContain("sotto reenter");
		const asked = await sottoJson("reenter", "Bob", "--within", "1", ...as("Ada"));
		expect(asked).toMatchObject([{ title: "Bob", state: "asked" }]);

		const bob = startSotto("listen", "--json", ...as("Bob"));
		running.push(bob);
		expect(await sottoJson("reenter", "Bob", "--within", "60", ...as("Ada"))).toMatchObject([{ state: "in" }]);
		await sottoJson("send", "Bob", "here again", ...as("Ada"));
		await bob.line(({ type, text }) => type === "message" && text === "here again");
		const texts = textsOf(await sottoJson("history", "Bob", ...as("Ada")));
		expect(texts.slice(0, 2)).toEqual(["said before", "said as well"]);
		expect(texts.filter((text) => text === "let me in" || text === "here again")).toEqual(["let me in", "here again"]);
	});

	test("C10: the server shows another history than before: it is said, and one goes on in a new group with the other", async () => {
		await Promise.all(running.splice(0).map((one) => one.stop()));
		const data = join(folder.path, "data");
		await restartServer(() => cpSync(data, `${data}-before`, { recursive: true }));
		await sottoJson("send", "Bob", "told to a server that forgets", ...as("Ada"));
		await restartServer(() => {
			rmSync(data, { recursive: true });
			renameSync(`${data}-before`, data);
		});
		await sottoJson("send", "Ada", "told to a server that has forgotten", ...as("Bob"));
		const [stopped] = await sottoJson("conversations", ...as("Ada"));
		expect(stopped).toMatchObject({ title: "Bob", phase: "stopped", alarm: "forked" });
		expect((await sotto("reenter", "Bob", ...as("Ada"))).stderr).toContain("sotto go-on");

		const bob = startSotto("listen", "--json", ...as("Bob"));
		running.push(bob);
		expect(await sottoJson("go-on", "Bob", ...as("Ada"))).toMatchObject([{ title: "Bob", state: "active" }]);
		await sottoJson("send", "Bob", "on a fresh line", ...as("Ada"));
		await bob.line(({ type, text }) => type === "message" && text === "on a fresh line");
	});
});

/** Ends the server, does something to its data, and starts it again where it was. */
async function restartServer(meanwhile: () => void): Promise<void> {
	const { port } = new URL(server?.url ?? "");
	await server?.stop();
	meanwhile();
	server = await startTestServer(folder.path, "--port", port);
}
