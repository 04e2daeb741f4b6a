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

test("C8, L3: a message that found its log full is no fork, though it names the end of a log before the last", async () => {
	const [first, second] = await befriend(world);
	for (const person of [first, second]) await person.client.close();
	const ada = await world.start("Ada", first.store, options);
	const bob = await world.start("Bob", second.store, options);
	// Bob is silent while logs go by, so that what he says next names where the one before ended.
	await sayAlone(ada, "Bob", numbered("early", 9));
	await until("Bob reads", async () => (await bob.texts("Ada")).length === 9);
	world.network("Bob").onPost = (path) => (path === "/v1/log/append" ? "lost" : undefined);
	await bob.say("Ada", "from an earlier log");
	await until("Bob's is sealed", async () => bob.store.keysLike("outbox/").length === 1);
	await sayAlone(ada, "Bob", numbered("late", 9));
	world.network("Bob").onPost = undefined;
	expectOk(await bob.client.sync());
	await until("Ada reads it", async () => (await ada.texts("Bob")).includes("from an earlier log"), 30_000);
	for (const [person, other] of [
		[ada, "Bob"],
		[bob, "Ada"],
	] as const) {
		expect((await person.with(other)).alarm).toBeUndefined();
		expect((await person.texts(other)).length).toBe(19);
	}
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
		25_000,
	);
});

/** The id of a device's mailbox, out of its store. */
function mailboxOf(store: MemoryStore): Uint8Array {
	const row = store.rows.get("account");
	const account = row === undefined ? undefined : decodeAccount(row);
	if (!account?.ok) throw new Error("an account is stored");
	return account.value.mailbox.logId;
}

function plain(texts: readonly string[]): string[] {
	return texts.map((text) => text.replace(/^> /, "")).toSorted();
}
