import { appendRoute, getBlobChunkRoute, parseRequest, putBlobChunkRoute } from "@sotto/api";
import { type Bytes, bytesToHex, encodeCbor } from "@sotto/bytes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Life } from "../life.ts";
import { link } from "./devices.test-kit.ts";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const jobOf = async (person: Person, kind: string) => (await person.ready()).jobs.find((job) => job.kind === kind);
const isOver = (person: Person, kind: string, state = "done") =>
	until(`${kind} is ${state}`, async () => (await jobOf(person, kind))?.state === state);

/** Says something on both sides, and returns what stands on the phone's screen then. */
async function talk(phone: Person, bob: Person, rounds: number): Promise<readonly string[]> {
	for (let n = 0; n < rounds; n++) {
		await phone.say("Bob", `mine ${n}`);
		await until("Bob has it", async () => (await bob.texts("Ada")).includes(`mine ${n}`));
		await bob.say("Ada", `his ${n}`);
		await until("it came", async () => (await phone.texts("Bob")).includes(`his ${n}`));
	}
	return phone.texts("Bob");
}

const hasTexts = (person: Person, texts: readonly string[]) =>
	until(`${person.name} has it all`, async () => (await person.texts("Bob")).join() === texts.join());

test("D2: what was said before reaches a linked device as a sealed archive, once and in order", {
	timeout: 180_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	const before = await talk(phone, bob, 3);
	const cy = await (await world.start("Cy")).create();
	expectOk(await phone.client.addContact((await cy.ready()).me.link, "hello Cy"));
	const uploaded: Uint8Array[] = [];
	world.network("Ada").onPost = (path, body) => {
		if (path === putBlobChunkRoute.path) uploaded.push(body);
		return undefined;
	};
	const laptop = await link(world, phone, "Laptop");
	await isOver(phone, "sendHistory");
	await isOver(laptop, "receiveHistory");
	await until("the laptop is in the conversation", async () => (await laptop.with("Bob")).phase === "active");
	expect(await laptop.texts("Bob")).toEqual(before);
	await bob.say("Ada", "after");
	for (const device of [phone, laptop])
		await until("it came", async () => (await device.texts("Bob")).includes("after"));
	expect(await laptop.texts("Bob")).toEqual([...before, "after"]);
	// The home has bytes, and none of the words.
	expect(uploaded.length).toBeGreaterThan(0);
	for (const body of uploaded) expect(Buffer.from(body).includes("mine 0")).toBe(false);
	expect(phone.store.keysLike("importing")).toEqual([]);
	expect(laptop.store.keysLike("importing")).toEqual([]);
	expectOk(await laptop.client.dismissJob((await jobOf(laptop, "receiveHistory"))?.id ?? ""));
	// The same device after a restart.
	await laptop.client.close();
	const again = await world.start("Laptop", laptop.store);
	expect(await again.texts("Bob")).toEqual([...before, "after"]);
	expect(await jobOf(again, "receiveHistory")).toBeUndefined();
	await comesLater(phone, again, cy);
});

test("D2: what was not read stays unread on a linked device, and its list has the order of the other's", async () => {
	const [phone, bob] = await befriend(world);
	const cy = await (await world.start("Cy")).create();
	expectOk(await phone.client.addContact((await cy.ready()).me.link, "hello Cy"));
	const request = await until("a request", async () => {
		await cy.client.sync();
		return (await cy.ready()).requests[0];
	});
	expectOk(await cy.client.acceptRequest(request.id));
	await says(bob, phone, ["read"]);
	expectOk(await phone.client.markRead((await phone.with("Bob")).id));
	await says(bob, phone, ["not read", "nor this"]);
	await says(cy, phone, ["nobody has read this"]);
	const listOf = async (device: Person) =>
		(await device.ready()).conversations.map(({ title, unread }) => `${title}: ${unread}`);
	expect(await listOf(phone)).toEqual(["Cy: 1", "Bob: 2"]);

	const laptop = await link(world, phone, "Laptop");
	await isOver(laptop, "receiveHistory");
	expect(await listOf(laptop)).toEqual(["Cy: 1", "Bob: 2"]);
	expectOk(await laptop.client.markRead((await laptop.with("Bob")).id));
	await until("the phone knows", async () => (await listOf(phone)).join() === "Cy: 1,Bob: 0");
	expect(await listOf(laptop)).toEqual(["Cy: 1", "Bob: 0"]);
});

async function says(from: Person, to: Person, texts: readonly string[]): Promise<void> {
	for (const text of texts) {
		await from.say("Ada", text);
		await until("it came", async () => (await to.texts(from.name)).includes(text));
	}
}

/** A conversation that the other side accepts once the device is linked brings its history then. */
async function comesLater(phone: Person, laptop: Person, cy: Person): Promise<void> {
	expectOk(await phone.client.dismissJob((await jobOf(phone, "sendHistory"))?.id ?? ""));
	await phone.say("Cy", "I wait");
	const request = await until("a request", async () => {
		await cy.client.sync();
		return (await cy.ready()).requests[0];
	});
	expectOk(await cy.client.acceptRequest(request.id));
	await until("the laptop is in", async () => (await laptop.with("Cy")).phase === "active");
	const all = "> hello Cy,> I wait";
	await until("it has it all", async () => (await laptop.texts("Cy")).join() === all);
	expect(await jobOf(phone, "sendHistory")).toBeUndefined();
}

/** The logs into which somebody writes from now on, by their ids. */
function logsOf(name: string): ReadonlySet<string> {
	const logs = new Set<string>();
	world.network(name).onPost = (path, body) => {
		if (path === appendRoute.path) logs.add(logOf(body));
		return undefined;
	};
	return logs;
}

function logOf(body: Bytes): string {
	const request = parseRequest(appendRoute, body);
	return request.ok ? bytesToHex(request.value.logId) : "";
}

/** Whether a request is for a piece of the history that lies ready for a device of `phone`'s account. */
function asksForHistory(phone: Person, path: string, body: Bytes): boolean {
	const request = path === getBlobChunkRoute.path ? parseRequest(getBlobChunkRoute, body) : undefined;
	if (!request?.ok) return false;
	const registers = phone.store.keysLike("sync/history/").map((key) => phone.store.rows.get(key) as Bytes);
	return registers.some((row) => Buffer.from(row).includes(request.value.blobId));
}

/** A linked device that nobody lets into the conversation with Bob until {@link Network.onPost} of "Ada" is taken away. */
async function linkedOutside(phone: Person, bob: Person): Promise<{ laptop: Person; said: readonly string[] }> {
	const logs = logsOf("Bob");
	const said = await talk(phone, bob, 2);
	world.network("Ada").onPost = (path, body) =>
		path === appendRoute.path && logs.has(logOf(body)) ? "lost" : undefined;
	return { laptop: await link(world, phone, "Laptop"), said };
}

/** Starts `device` again and again: it dies at its first effect, then at its second, and so on, until one life sees the end. */
async function dieOnTheWay(device: Person, hasEnded: (alive: Person) => Promise<unknown>): Promise<Person> {
	await device.client.close();
	for (let dieAt = 1; ; dieAt++) {
		const life = new Life(dieAt, dieAt % 2 === 0 ? "before" : "after");
		const mortal = await Promise.race([world.start(device.name, device.store, {}, life), life.died]);
		if (mortal === "died") continue;
		if ((await Promise.race([hasEnded(mortal), life.died])) === "died") continue;
		life.spare();
		lives = dieAt;
		return mortal;
	}
}
let lives = 0;

async function isWhole(phone: Person, laptop: Person, bob: Person, said: readonly string[]): Promise<void> {
	await bob.say("Ada", "after");
	for (const device of [phone, laptop]) {
		await hasTexts(device, [...said, "after"]);
		const items = (await device.items("Bob")).map(({ id }) => id);
		expect(new Set(items).size).toBe(items.length);
		expect((await device.with("Bob")).alarm).toBeUndefined();
	}
}

test("D2: what is said while the new device is not in a conversation yet is in its place there; the device that hands it over dies at every effect", {
	timeout: 180_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	const { laptop, said } = await linkedOutside(phone, bob);
	await until("the laptop has its own conversation", async () => laptop.store.keysLike("group/").length > 0);
	await bob.say("Ada", "in between");
	await until("it came", async () => (await phone.texts("Bob")).includes("in between"));
	expect(laptop.store.keysLike("history/")).toEqual([]);
	world.network("Ada").onPost = undefined;
	const again = await dieOnTheWay(phone, (alive) => isOver(alive, "sendHistory"));
	expect(lives).toBeGreaterThan(10);
	await isOver(laptop, "receiveHistory");
	await isWhole(again, laptop, bob, [...said, "in between"]);
});

test("D2: a history that is not there any more, or does not open, is asked for again; the device that takes it dies at every effect", {
	timeout: 180_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	const said = await talk(phone, bob, 2);
	const network = world.network("Laptop");
	let faults = 0;
	network.onPost = (path, body) => {
		if (!asksForHistory(phone, path, body) || faults === 1) return undefined;
		return faults++ === 0 ? "notFound" : "lost";
	};
	network.answer = async (path, body) => {
		if (faults !== 1 || !asksForHistory(phone, path, body)) return undefined;
		faults++;
		return encodeCbor({ chunkCount: 1, complete: true, chunk: new Uint8Array(4096) });
	};
	const laptop = await link(world, phone, "Laptop");
	await until("the third is on its way", async () => faults > 2);
	[network.onPost, network.answer] = [undefined, undefined];
	const again = await dieOnTheWay(laptop, (alive) => isOver(alive, "receiveHistory"));
	expect(lives).toBeGreaterThan(5);
	await isWhole(phone, again, bob, said);
});

test("D2: a history that never opens ends as failed after three times, and nothing goes round for ever", {
	timeout: 180_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	await talk(phone, bob, 1);
	let asked = 0;
	world.network("Laptop").onPost = (path, body) =>
		asksForHistory(phone, path, body) && ++asked > 0 ? "notFound" : undefined;
	const laptop = await link(world, phone, "Laptop");
	await isOver(laptop, "receiveHistory", "failed");
	expect(asked).toBe(3);
	await until("nothing lies there", async () => asked === 3 && laptop.store.keysLike("syncout/").length === 0);
	// The device works all the same.
	await until("the laptop is in", async () => (await laptop.with("Bob")).phase === "active");
	await bob.say("Ada", "all the same");
	await hasTexts(laptop, ["all the same"]);
});
