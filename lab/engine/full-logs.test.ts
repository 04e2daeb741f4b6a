import { appendRoute, parseRequest, parseResponse, readRoute } from "@sotto/api";
import { encodeCbor } from "@sotto/bytes";
import { type Head, nextHead, recordHash } from "@sotto/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeAccount } from "../../packages/client/src/account/record.ts";
import type { MemoryStore } from "../memory-store.ts";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Small logs, so that a few words fill several. */
const options = { rules: { maxLogRecords: 4 } };

/** Says `words` one after the other: each is a record of its own. */
async function sayAlone(person: Person, other: string, words: readonly string[]): Promise<void> {
	for (const word of words) {
		await person.say(other, word);
		await until(`${word} is sent`, async () => (await person.texts(other)).includes(`> ${word}`));
	}
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n}`);

/** Two in contact, whose logs are small. */
async function befriendWithSmallLogs(): Promise<readonly [Person, Person]> {
	const [first, second] = await befriend(world);
	for (const person of [first, second]) await person.client.close();
	return [await world.start("Ada", first.store, options), await world.start("Bob", second.store, options)];
}

/** Once, the server says that it took the record that ends a log, and does not take it. */
function swallowLast(name: string, then: () => void): void {
	let isDone = false;
	world.network(name).answer = async (path, body) => {
		const request = path === appendRoute.path && !isDone ? parseRequest(appendRoute, body) : undefined;
		if (request?.ok !== true || request.value.readCap === undefined) return undefined;
		const { logId, readCap, record } = request.value;
		const page = await world.home.request(readRoute.path, {
			method: "POST",
			body: encodeCbor({ v: 1, logId, readCap, after: 0, limit: 1 }),
			headers: { "content-type": "application/cbor" },
		});
		const read = parseResponse(readRoute, new Uint8Array(await page.arrayBuffer()));
		if (!read.ok || read.value.tip.seq !== options.rules.maxLogRecords - 1) return undefined;
		isDone = true;
		then();
		const seq = options.rules.maxLogRecords;
		return encodeCbor({ tip: { seq, head: nextHead(read.value.tip.head as Head, seq, recordHash(record)) } });
	};
}

test("C8, L3: a message that found its log full is no fork, though it names the end of a log before the last", async () => {
	const [ada, bob] = await befriendWithSmallLogs();
	// Bob is silent while logs go by, so that what he says next names where the one before ended.
	await sayAlone(ada, "Bob", numbered("early", 9));
	await until("Bob reads", async () => (await bob.texts("Ada")).length === 9);
	world.network("Bob").onPost = (path) => (path === "/v1/log/append" ? "lost" : undefined);
	await bob.say("Ada", "from an earlier log");
	await until("Bob's is sealed", async () => bob.store.keysLike("outbox/").length === 1);
	await sayAlone(ada, "Bob", numbered("late", 9));
	world.network("Bob").onPost = undefined;
	expectOk(await bob.client.sync());
	await until("Ada reads it", async () => (await ada.texts("Bob")).includes("from an earlier log"));
	for (const [person, other] of [
		[ada, "Bob"],
		[bob, "Ada"],
	] as const) {
		expect((await person.with(other)).alarm).toBeUndefined();
		expect((await person.texts(other)).length).toBe(19);
	}
});

test("L4, L3: the record that ended a log, of which the server says that it took it and did not, is put back before anything follows", async () => {
	const [ada, bob] = await befriendWithSmallLogs();
	let isSwallowed = false;
	swallowLast("Ada", () => {
		isSwallowed = true;
	});
	await sayAlone(ada, "Bob", numbered("A", 9));
	expect(isSwallowed).toBe(true);
	await until("Bob has all", async () => (await bob.texts("Ada")).length === 9);
	expect(await bob.texts("Ada")).toEqual(numbered("A", 9));
	expect((await bob.with("Ada")).alarm).toBeUndefined();
});

test("C8, L3: whose record ended a log, and was given another's place there, is told so in the next log, where nobody has written", async () => {
	const [ada, bob] = await befriendWithSmallLogs();
	let isSwallowed = false;
	swallowLast("Ada", () => {
		isSwallowed = true;
		// Nothing more is heard from Ada before Bob has taken the place.
		world.network("Ada").onPost = () => "lost";
	});
	for (let n = 0; !isSwallowed; n++) {
		await ada.say("Bob", `word ${n}`);
		await until("it is sent", async () => (await ada.texts("Bob")).includes(`> word ${n}`));
	}
	await sayAlone(bob, "Ada", ["in the same place"]);
	world.network("Ada").onPost = undefined;
	await ada.client.sync();
	await until("Ada is alarmed", async () => (await ada.with("Bob")).alarm?.kind === "forked");
});

test("C10, L3: what was written in a group that nobody entered goes again in the other, however many logs it had filled", async () => {
	const people = ["Ada", "Bob"].map(async (name) => (await world.start(name, undefined, options)).create());
	const [ada, bob] = (await Promise.all(people)) as [Person, Person];
	const links = [(await ada.ready()).me.link, (await bob.ready()).me.link] as const;
	// Neither hears of the other's request before both have written.
	for (const { name, store } of [ada, bob]) {
		const mailbox = mailboxOf(store);
		world.network(name).onPost = (path, body) =>
			path === "/v1/log/read" && Buffer.from(body).includes(mailbox) ? "lost" : undefined;
	}
	expectOk(await ada.client.addContact(links[1]));
	expectOk(await bob.client.addContact(links[0]));
	await sayAlone(ada, "Bob", numbered("A", 10));
	await sayAlone(bob, "Ada", numbered("B", 10));
	for (const { name } of [ada, bob]) world.network(name).onPost = undefined;
	const all = [...numbered("A", 10), ...numbered("B", 10)];
	await until(
		"both have everything",
		async () => {
			await Promise.all([ada.client.sync(), bob.client.sync()]);
			const [one, other] = [plain(await ada.texts("Bob")), plain(await bob.texts("Ada"))];
			return one.join() === all.join() && other.join() === all.join();
		},
		180_000,
	);
});

test("C10: what was sent in the group that gives way goes again before what was written after it and still waits", async () => {
	const people = ["Ada", "Bob"].map(async (name) => (await world.start(name)).create());
	const [ada, bob] = (await Promise.all(people)) as [Person, Person];
	const links = [(await ada.ready()).me.link, (await bob.ready()).me.link] as const;
	const mailboxes = [ada, bob].map(({ store }) => mailboxOf(store));
	for (const [index, { name }] of [ada, bob].entries())
		world.network(name).onPost = (path, body) =>
			path === "/v1/log/read" && Buffer.from(body).includes(mailboxes[index] as Uint8Array) ? "lost" : undefined;
	expectOk(await ada.client.addContact(links[1]));
	expectOk(await bob.client.addContact(links[0]));
	await sayAlone(ada, "Bob", ["A 0", "A 1"]);
	await sayAlone(bob, "Ada", ["B 0", "B 1"]);
	// Whichever group gives way: its author has words in it, and others that never left.
	for (const { name } of [ada, bob])
		world.network(name).onPost = (path) => (path === "/v1/log/append" ? "lost" : undefined);
	for (const n of [2, 3]) {
		await ada.say("Bob", `A ${n}`);
		await bob.say("Ada", `B ${n}`);
	}
	for (const { name } of [ada, bob]) world.network(name).onPost = undefined;
	const said = async (person: Person, other: string, author: string) =>
		plainInOrder(await person.texts(other))
			.filter((text) => text.startsWith(author))
			.join();
	await until("both have everything, each author's words in their order", async () => {
		await Promise.all([ada.client.sync(), bob.client.sync()]);
		const shown = [ada, bob].flatMap((person) =>
			["A", "B"].map((author) => said(person, person === ada ? "Bob" : "Ada", author)),
		);
		const [one, two] = [numbered("A", 4).join(), numbered("B", 4).join()];
		return (await Promise.all(shown)).join(" | ") === [one, two, one, two].join(" | ");
	});
});

/** The id of a device's mailbox, out of its store. */
function mailboxOf(store: MemoryStore): Uint8Array {
	const row = store.rows.get("account");
	const account = row === undefined ? undefined : decodeAccount(row);
	if (!account?.ok) throw new Error("an account is stored");
	return account.value.mailbox.logId;
}

const plainInOrder = (texts: readonly string[]) => texts.map((text) => text.replace(/^> /, ""));

function plain(texts: readonly string[]): string[] {
	return plainInOrder(texts).toSorted();
}
