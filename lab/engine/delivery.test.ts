import { appendRoute } from "@sotto/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const settled = async (person: Person, other: string) =>
	until(
		`everything of ${person.name} is sent`,
		async () => !(await person.texts(other)).some((text) => text.includes(" (")),
	);

const plain = (texts: readonly string[]) => texts.map((text) => text.replace(/^> /, ""));

test("C5: what is written offline is kept, survives a restart, and goes out in order when the network is back", async () => {
	const [ada, bob] = await befriend(world);
	world.network("Ada").offline = true;
	for (const text of ["one", "two", "three"]) await ada.say("Bob", text);
	expect(await ada.texts("Bob")).toEqual(["> one (sending)", "> two (sending)", "> three (sending)"]);
	await ada.client.close();
	const again = await world.start("Ada", ada.store);
	expect(await again.texts("Bob")).toEqual(["> one (sending)", "> two (sending)", "> three (sending)"]);
	world.network("Ada").offline = false;
	expectOk(await again.client.sync());
	await until("Bob has all", async () => (await bob.texts("Ada")).length === 3);
	expect(await bob.texts("Ada")).toEqual(["one", "two", "three"]);
	await settled(again, "Bob");
});

test("C5: messages that wait are bundled: many written offline become few records", async () => {
	const [ada, bob] = await befriend(world);
	world.network("Ada").offline = true;
	for (let i = 0; i < 40; i++) await ada.say("Bob", `message ${i}`);
	world.network("Ada").offline = false;
	let appends = 0;
	world.network("Ada").onPost = (path) => {
		if (path === appendRoute.path) appends++;
		return undefined;
	};
	expectOk(await ada.client.sync());
	await until("Bob has all", async () => (await bob.texts("Ada")).length === 40);
	expect(await bob.texts("Ada")).toEqual(Array.from({ length: 40 }, (_, i) => `message ${i}`));
	expect(appends).toBeLessThan(5);
});

test("C5: an append whose answer is lost is repeated with the same bytes, and counts once", async () => {
	const [ada, bob] = await befriend(world);
	const bodies: string[] = [];
	let losses = 2;
	world.network("Ada").onPost = (path, body) => {
		if (path !== appendRoute.path) return undefined;
		bodies.push(Buffer.from(body).toString("hex"));
		return losses-- > 0 ? "unanswered" : undefined;
	};
	await ada.say("Bob", "once");
	await settled(ada, "Bob");
	await ada.say("Bob", "twice");
	await until("Bob has both", async () => (await bob.texts("Ada")).length === 2);
	expect(await bob.texts("Ada")).toEqual(["once", "twice"]);
	expect(new Set(bodies).size).toBe(2);
});

test("C5: a message that the server refuses for good says so, and goes with the same bytes when it is tried again", async () => {
	const [ada, bob] = await befriend(world);
	const bodies = new Set<string>();
	world.network("Ada").onPost = (path, body) => {
		if (path !== appendRoute.path) return undefined;
		bodies.add(Buffer.from(body).toString("hex"));
		return "wrongSize";
	};
	const item = await ada.say("Bob", "stubborn");
	await until("it failed", async () => (await ada.texts("Bob")).includes("> stubborn (failed)"));
	world.network("Ada").onPost = (path, body) => {
		if (path === appendRoute.path) bodies.add(Buffer.from(body).toString("hex"));
		return undefined;
	};
	expectOk(await ada.client.retryMessage((await ada.with("Bob")).id, item));
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("stubborn"));
	await settled(ada, "Bob");
	expect(bodies.size).toBe(1);
});

test("a message that waits can be withdrawn, one that is sent cannot", async () => {
	const [ada, bob] = await befriend(world);
	const { id } = await ada.with("Bob");
	await until("nothing is on its way", async () => ada.store.keysLike("outbox/").length === 0);
	const first = await ada.say("Bob", "stays");
	await until("sent", async () => (await ada.texts("Bob")).includes("> stays"));
	world.network("Ada").offline = true;
	await ada.say("Bob", "sealed and on its way");
	await until("it is sealed", async () => ada.store.keysLike("outbox/").length === 1);
	const waiting = await ada.say("Bob", "not after all");
	expectOk(await ada.client.discardMessage(id, waiting));
	const late = await ada.client.discardMessage(id, first);
	expect(late.ok).toBe(false);
	world.network("Ada").offline = false;
	expectOk(await ada.client.sync());
	await until("Bob has the other", async () => (await bob.texts("Ada")).length === 2);
	expect(await bob.texts("Ada")).toEqual(["stays", "sealed and on its way"]);
});

test("C1, C4, C6: two who commit and write at once lose nothing, double nothing, and agree on the order", {
	timeout: 180_000,
}, async () => {
	const rules = { maxOwnInEpoch: 1, maxCommitsInLog: 2 };
	const [first, second] = await befriend(world);
	for (const person of [first, second]) await person.client.close();
	const ada = await world.start("Ada", first.store, { rules });
	const bob = await world.start("Bob", second.store, { rules });
	const said = { Ada: [] as string[], Bob: [] as string[] };
	// Each waits for its own message to count before the next, so that nothing is bundled; both sides at once.
	const talk = async (person: Person, other: "Ada" | "Bob", own: string[]) => {
		for (let round = 0; round < 12; round++) {
			const text = `${person.name[0]}${round}`;
			await person.say(other, text);
			own.push(text);
			await until(`${text} is sent`, async () => (await person.texts(other)).includes(`> ${text}`));
		}
	};
	await Promise.all([talk(ada, "Bob", said.Ada), talk(bob, "Ada", said.Bob)]);
	await until(
		"all is there",
		async () => {
			const [one, other] = [await ada.texts("Bob"), await bob.texts("Ada")];
			const isDone = [...one, ...other].every((text) => !text.includes(" ("));
			return isDone && one.length === 24 && other.length === 24;
		},
		180_000,
	);
	const [mine, theirs] = [plain(await ada.texts("Bob")), plain(await bob.texts("Ada"))];
	expect(mine).toEqual(theirs);
	expect(mine.filter((text) => text.startsWith("A"))).toEqual(said.Ada);
	expect(mine.filter((text) => text.startsWith("B"))).toEqual(said.Bob);
	for (const person of [ada, bob]) expect((await person.ready()).conversations[0]?.alarm).toBeUndefined();
	// The log moved several times on the way.
	const logs = new Set(
		(await ada.client.ledger(2000)).flatMap(({ action, saw }) =>
			action === "append" ? saw.flatMap(({ field, value }) => (field === "log" ? [value] : [])) : [],
		),
	);
	expect(logs.size).toBeGreaterThan(3);
});

test("L3: full logs are followed by the next ones of their seed, and nothing is lost where many find them full at once", {
	timeout: 180_000,
}, async () => {
	const rules = { maxLogRecords: 5 };
	const [first, second] = await befriend(world);
	for (const person of [first, second]) await person.client.close();
	const ada = await world.start("Ada", first.store, { rules });
	const bob = await world.start("Bob", second.store, { rules });
	for (let round = 0; round < 12; round++)
		await Promise.all([ada.say("Bob", `A${round}`), bob.say("Ada", `B${round}`)]);
	await until(
		"all is there",
		async () => {
			const [one, other] = [await ada.texts("Bob"), await bob.texts("Ada")];
			return [...one, ...other].every((text) => !text.includes(" (")) && one.length === 24 && other.length === 24;
		},
		180_000,
	);
	expect(plain(await ada.texts("Bob"))).toEqual(plain(await bob.texts("Ada")));
	for (const person of [ada, bob]) expect((await person.ready()).conversations[0]?.alarm).toBeUndefined();
});

test("R3: a client whose line was down while others wrote reads everything when it is back", async () => {
	const [ada, bob] = await befriend(world);
	world.network("Bob").offline = true;
	for (const text of ["are", "you", "there"]) await ada.say("Bob", text);
	await settled(ada, "Bob");
	world.network("Bob").offline = false;
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["are", "you", "there"]);
	expect((await bob.with("Ada")).unread).toBe(3);
	expectOk(await bob.client.markRead((await bob.with("Ada")).id));
	expect((await bob.with("Ada")).unread).toBe(0);
});

test("a page of history costs a page: pages follow each other without gap or repetition", async () => {
	const [ada, bob] = await befriend(world);
	for (let i = 0; i < 30; i++) await ada.say("Bob", `${i}`);
	await until("Bob has all", async () => (await bob.texts("Ada")).length === 30);
	const { id } = await bob.with("Ada");
	const seen: string[] = [];
	let before: string | undefined;
	do {
		const page = await bob.client.history(id, { limit: 7, ...(before === undefined ? {} : { before }) });
		seen.unshift(...page.items.flatMap((item) => (item.kind === "message" ? [item.text] : [])));
		expect(page.items.length).toBeLessThanOrEqual(7);
		before = page.older;
	} while (before !== undefined);
	expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`));
});

test("the ledger notes what each role could note of a message, and of nothing else", async () => {
	const [ada] = await befriend(world);
	const item = await ada.say("Bob", "noted");
	await settled(ada, "Bob");
	const lines = await until("its lines", async () => {
		const found = await ada.client.ledgerOf(item);
		return found.some(({ action }) => action === "ring") && found;
	});
	expect(lines.map(({ action }) => action)).toEqual(["append", "ring"]);
	const [append] = lines;
	expect(append?.saw.map(({ field }) => field)).toEqual(["log", "bytes"]);
	expect(append?.saw.find(({ field }) => field === "bytes")?.value).toBe(2048);
	const everything = JSON.stringify(await ada.client.ledger(2000));
	expect(everything).not.toContain('noted"');
	const reads = (await ada.client.ledger(2000)).filter(({ action }) => action === "read");
	expect(reads.length).toBeGreaterThan(0);
});
