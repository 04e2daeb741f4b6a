import { readFileSync, writeFileSync } from "node:fs";
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
const listeners: Running[] = [];
let server: Awaited<ReturnType<typeof startTestServer>> | undefined;

// Ada, who is in contact with Bob and Cyd; they know nothing of each other.
beforeAll(async () => {
	server = await startTestServer(folder.path);
	const account = async (name: string) => {
		const made = await sottoJson("account", "create", "--name", name, "--home", server?.url ?? "", ...as(name));
		return made[0]?.link as string;
	};
	const link = await account("Ada");
	for (const other of ["Bob", "Cyd"]) {
		await account(other);
		await sottoJson("add", link, ...as(other));
		await sottoJson("accept", other, ...as("Ada"));
	}
}, 120_000);
afterAll(async () => {
	await server?.stop();
	folder.remove();
});
afterEach(async () => {
	for (const one of listeners.splice(0)) await one.stop();
});

const as = (name: string) => ["--profile", join(folder.path, name)] as const;

async function listen(name: string): Promise<Running> {
	const listener = startSotto("listen", "--json", ...as(name));
	listeners.push(listener);
	await listener.line(({ type }) => type === "listening");
	return listener;
}

const isEvent = (event: string, person: string) => (line: JsonLine) =>
	line.type === "event" && line.event === event && line.person === person;

async function members(name: string, group: string): Promise<readonly string[]> {
	const lines = await sottoJson("group", "members", group, ...as(name));
	return lines.map((line) => `${String(line.name)}:${String(line.role)}`).toSorted();
}

describe("a group at the command line", { timeout: 180_000 }, () => {
	test("begins, grows, changes its looks and roles, shrinks; who listens is told, and all see the same", async () => {
		const bob = await listen("Bob");
		const [created] = await sottoJson("group", "create", "Crew", "--with", "bob", ...as("Ada"));
		expect(created).toMatchObject({ title: "Crew", people: ["Bob"] });
		await sottoJson("send", "Crew", "welcome", ...as("Ada"));
		await bob.line(({ type, text, title }) => type === "message" && text === "welcome" && title === "Crew");

		expect(await sottoJson("group", "add", "Crew", "Cyd", ...as("Ada"))).toMatchObject([{ people: ["Cyd"] }]);
		expect(await bob.line(({ event }) => event === "personAdded")).toMatchObject({ by: "Ada", title: "Crew" });
		await sottoJson("send", "crew", "hello from Cyd", ...as("Cyd"));
		await bob.line(({ text }) => text === "hello from Cyd");
		expect(await members("Bob", "Crew")).toEqual(["Ada:admin", "Bob:member", "Cyd:member"]);

		await sottoJson("group", "rename", "Crew", "Night  Watch", ...as("Ada"));
		expect(await bob.line(({ event }) => event === "groupRenamed")).toMatchObject({ text: "Night Watch" });
		await sottoJson("group", "role", "Night Watch", "Bob", "admin", ...as("Ada"));
		await bob.line(isEvent("madeAdmin", "Bob"));
		// Bob may now, through the process that listens.
		await sottoJson("group", "role", "Night Watch", "Ada", "member", ...as("Bob"));
		expect(await members("Ada", "Night Watch")).toEqual(["Ada:member", "Bob:admin", "Cyd:member"]);

		await sottoJson("group", "remove", "Night Watch", "Cyd", ...as("Bob"));
		const cyds = await sottoJson("conversations", ...as("Cyd"));
		expect(cyds.find(({ kind }) => kind === "group")).toMatchObject({ phase: "left" });
		expect((await sotto("send", "Night Watch", "still?", ...as("Cyd"))).code).toBe(1);
		expect(await sottoJson("group", "delete", "Night Watch", ...as("Cyd"))).toMatchObject([{ state: "deleted" }]);
		expect((await sottoJson("conversations", ...as("Cyd"))).map(({ kind }) => kind)).toEqual(["direct"]);
	});

	test("has a picture that others can save, and none that is too large or none at all", async () => {
		await sottoJson("group", "create", "Art", "--with", "Bob", ...as("Ada"));
		const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(3_000, 7)]);
		const [good, bad, big, saved] = ["good.png", "bad.png", "big.png", "saved.png"].map((name) =>
			join(folder.path, name),
		) as [string, string, string, string];
		writeFileSync(good, png);
		writeFileSync(bad, "no picture");
		writeFileSync(big, Buffer.concat([png, Buffer.alloc(12_000)]));
		expect(await sottoJson("group", "picture", "Art", "--set", good, ...as("Ada"))).toMatchObject([{ picture: true }]);
		await sottoJson("group", "picture", "Art", "--set", good, ...as("Ada"));
		expect(await sottoJson("group", "picture", "Art", "--save", saved, ...as("Bob"))).toMatchObject([{ bytes: 3_008 }]);
		expect(readFileSync(saved).equals(png)).toBe(true);
		const set = (file: string, name = "Ada") => sotto("group", "picture", "Art", "--set", file, ...as(name));
		expect(await set(bad)).toMatchObject({ code: 1, stderr: "That is no picture: it must be a JPEG, PNG or WebP.\n" });
		expect((await set(big)).stderr).toContain("at most 12 KiB");
		expect((await set(join(folder.path, "none.png"))).stderr).toContain("cannot be read");
		expect((await set(good, "Bob")).stderr).toContain("Only an admin");
		await sottoJson("group", "picture", "Art", "--none", ...as("Ada"));
		expect((await sotto("group", "picture", "Art", "--save", saved, ...as("Bob"))).stderr).toContain("has no picture");
	});

	test("is left with the help of whoever is online; the only admin names another first", async () => {
		await sottoJson("group", "create", "Duo", "--with", "Bob", ...as("Ada"));
		const refused = await sotto("group", "leave", "Duo", ...as("Ada"));
		expect(refused).toMatchObject({ code: 1, stderr: "A group needs an admin. Make somebody else one first.\n" });
		await sottoJson("group", "members", "Duo", ...as("Bob"));
		const asked = await sottoJson("group", "leave", "Duo", "--within", "1", ...as("Bob"));
		expect(asked).toMatchObject([{ title: "Duo", state: "leaving" }]);
		expect((await sotto("group", "delete", "Duo", ...as("Bob"))).stderr).toContain("sotto group leave");
		const ada = await listen("Ada");
		await ada.line(isEvent("personLeft", "Bob"), 40_000);
		const again = await sotto("group", "leave", "Duo", ...as("Bob"));
		expect(again).toMatchObject({ code: 1, stderr: "You are not in Duo any more.\n" });
	});

	test("what cannot be done is said in words", async () => {
		await sottoJson("group", "create", "Trio", "--with", "Bob", ...as("Ada"));
		const cases: readonly [readonly string[], string][] = [
			[["create", "Solo", "--with", "nobody"], "no contact 'nobody'. See: sotto contacts"],
			[["create", " ", "--with", "Bob"], "cannot be a name"],
			[["add", "Trio", "Bob"], "in this group already"],
			[["add", "Bob", "Cyd"], "one person, not a group"],
			[["remove", "Trio", "Cyd"], "no member of Trio 'Cyd'"],
			[["remove", "Trio", "Ada"], "sotto group leave"],
			[["role", "Trio", "Ada", "member"], "needs an admin"],
		];
		for (const [args, reason] of cases) {
			const { code, stdout, stderr } = await sotto("group", ...args, ...as("Ada"));
			expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
			expect(stderr).toContain(reason);
		}
		const byMember = await sotto("group", "rename", "Trio", "Mine", ...as("Bob"));
		expect(byMember).toMatchObject({ code: 1, stderr: "Only an admin of the group may do that.\n" });
	});
});
