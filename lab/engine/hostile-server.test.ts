import { parseRequest, readRoute } from "@sotto/api";
import { type Bytes, decodeCbor, encodeCbor, equalBytes } from "@sotto/bytes";
import { type Head, nextHead, randomBytes, recordHash } from "@sotto/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const sent = async (person: Person, other: string, text: string) => {
	await person.say(other, text);
	await until(`"${text}" is sent`, async () => (await person.texts(other)).includes(`> ${text}`));
};
function decode(bytes: Uint8Array) {
	const value = decodeCbor(bytes);
	if (!value.ok) throw new Error("the home writes CBOR");
	return value.value;
}
const idle = (person: Person) =>
	until(`${person.name} has nothing on its way`, async () => person.store.keysLike("outbox/").length === 0);

test("L4: a server that lost everything gets it back from whoever kept it, and talk goes on", async () => {
	const [ada, bob] = await befriend(world);
	await sent(ada, "Bob", "before");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await world.loseEverything();
	expectOk(await ada.client.sync());
	expectOk(await bob.client.sync());
	await sent(bob, "Ada", "after");
	await until("Ada has it", async () => (await ada.texts("Bob")).includes("after"));
	for (const person of [ada, bob]) {
		expect((await person.ready()).conversations[0]?.phase).toBe("active");
		expect((await person.ready()).conversations[0]?.alarm).toBeUndefined();
	}
});

test("L4: a member who had read less gets from the others, through the healed log, what the server lost", async () => {
	const [ada, bob] = await befriend(world);
	await idle(ada);
	await idle(bob);
	world.network("Bob").offline = true;
	for (const text of ["one", "two", "three"]) await sent(ada, "Bob", text);
	await world.loseEverything();
	expectOk(await ada.client.sync());
	world.network("Bob").offline = false;
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["one", "two", "three"]);
	expect((await bob.with("Ada")).alarm).toBeUndefined();
});

test("L4: a member that was away follows into the next log, though a newcomer, who knows no log before, healed that one first", async () => {
	const [ada, bob] = await befriend(world);
	const cyd = await (await world.start("Cyd")).create();
	await connect(ada, cyd);
	const accountOf = async (person: Person) => (await person.ready()).me.account;
	expectOk(await ada.client.createGroup({ name: "Crew", people: [await accountOf(bob)] }));
	await until("Bob is in", async () => (await bob.ready()).conversations.some(({ title }) => title === "Crew"));
	for (const person of [ada, bob]) await idle(person);
	await bob.client.close();
	expectOk(await ada.client.addPeople((await ada.with("Crew")).id, [await accountOf(cyd)]));
	await until("Cyd is in", async () => (await cyd.ready()).conversations.some(({ title }) => title === "Crew"));
	await sent(cyd, "Crew", "hello");
	await until("Ada reads it", async () => (await ada.texts("Crew")).includes("hello"));
	for (const person of [ada, cyd]) await idle(person);
	await ada.client.close();
	await world.loseEverything();
	expectOk(await cyd.client.sync());
	const adaAgain = await world.start("Ada", ada.store);
	expectOk(await adaAgain.client.sync());
	const bobAgain = await world.start("Bob", bob.store);
	await until("Bob reads it", async () => {
		await bobAgain.client.sync();
		return (await bobAgain.texts("Crew")).includes("hello");
	});
	expect((await bobAgain.with("Crew")).alarm).toBeUndefined();
});

test("L4: a link still works after the server lost everything and its owner came back", async () => {
	const bob = await (await world.start("Bob")).create();
	await world.loseEverything();
	await bob.client.close();
	const again = await world.start("Bob", bob.store);
	expectOk(await again.client.sync());
	const ada = await (await world.start("Ada")).create();
	await until(
		"the profile is there again",
		async () => (await ada.client.addContact((await again.ready()).me.link)).ok,
	);
	await until("Bob is asked", async () => {
		await again.client.sync();
		return (await again.ready()).requests.length === 1;
	});
});

/** Serves one client a history of its own: record `hidden` of one log replaced by noise, heads computed anew. */
function forkFor(name: string, hiddenText: { replaceNext: boolean }): void {
	const chains = new Map<string, Bytes[]>();
	const network = world.network(name);
	network.answer = async (path, body) => {
		if (path !== readRoute.path) return undefined;
		const request = parseRequest(readRoute, body);
		if (!request.ok) return undefined;
		const { logId, readCap, after } = request.value;
		const real = await world.home.request(path, {
			method: "POST",
			body: encodeCbor({ v: 1, logId, readCap, after: 0, limit: 512 }),
			headers: { "content-type": "application/cbor" },
		});
		if (real.status !== 200) return undefined;
		const parsed = readRoute.response(decode(new Uint8Array(await real.arrayBuffer())), "body");
		if (!parsed.ok) return undefined;
		const id = Buffer.from(logId).toString("hex");
		const chain = chains.get(id) ?? [];
		chains.set(id, chain);
		for (const record of parsed.value.records.slice(chain.length)) {
			chain.push(hiddenText.replaceNext ? randomBytes(record.length) : record);
			if (chain.at(-1) !== record) hiddenText.replaceNext = false;
		}
		let head: Bytes = logId;
		for (const [index, record] of chain.entries()) head = nextHead(head as Head, index + 1, recordHash(record));
		return encodeCbor({ first: after + 1, records: chain.slice(after), tip: { seq: chain.length, head } });
	};
}

test("C8: a server that hides a record from one is found out by the first message that crosses", async () => {
	const [ada, bob] = await befriend(world);
	await idle(ada);
	await idle(bob);
	const hiding = { replaceNext: false };
	forkFor("Bob", hiding);
	expectOk(await bob.client.sync());
	hiding.replaceNext = true;
	await sent(ada, "Bob", "hidden from Bob");
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual([]);
	await bob.say("Ada", "I know nothing");
	await until("Ada is alarmed", async () => {
		await ada.client.sync();
		return (await ada.with("Bob")).alarm?.kind === "forked";
	});
	expect(await ada.texts("Bob")).toContain("I know nothing");
});

test("C8, L4: a server that shows another record where one was read is not followed: the conversation stops with the alarm", async () => {
	const [ada, bob] = await befriend(world);
	await sent(ada, "Bob", "read by both");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await idle(bob);
	world.network("Bob").answer = async (path, body) => {
		const request = path === readRoute.path ? parseRequest(readRoute, body) : undefined;
		if (!request?.ok) return undefined;
		const { after, logId } = request.value;
		if (equalBytes(logId, new Uint8Array(32))) return undefined;
		const record = randomBytes(2048);
		return encodeCbor({ first: after + 1, records: [record], tip: { seq: after + 1, head: randomBytes(32) } });
	};
	await bob.client.sync();
	expect((await bob.with("Ada")).phase).toBe("stopped");
	expect((await bob.with("Ada")).alarm?.kind).toBe("forked");
});

test("a server that withholds the tail delays, and nothing is lost or doubled when it gives it out", async () => {
	const [ada, bob] = await befriend(world);
	await idle(ada);
	await idle(bob);
	let withhold = true;
	world.network("Bob").answer = async (path, body) => {
		const request = path === readRoute.path && withhold ? parseRequest(readRoute, body) : undefined;
		if (!request?.ok) return undefined;
		const response = await world.home.request(path, {
			method: "POST",
			body,
			headers: { "content-type": "application/cbor" },
		});
		const parsed = readRoute.response(decode(new Uint8Array(await response.arrayBuffer())), "body");
		if (!parsed.ok || parsed.value.records.length === 0) return undefined;
		// As if nothing had come since.
		const headBefore = heads.get(request.value.after);
		if (headBefore === undefined) return undefined;
		return encodeCbor({
			first: request.value.after + 1,
			records: [],
			tip: { seq: request.value.after, head: headBefore },
		});
	};
	const heads = new Map<number, Bytes>();
	for (const [key, value] of bob.store.rows) {
		const match = /^raw\/[^/]+\/([0-9a-f]{8})\/([0-9a-f]{4})$/.exec(key);
		if (match !== null) heads.set(Number.parseInt(match[2] as string, 16), value.slice(0, 32));
	}
	for (const text of ["one", "two"]) await sent(ada, "Bob", text);
	await bob.client.sync();
	expect(await bob.texts("Ada")).toEqual([]);
	withhold = false;
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["one", "two"]);
	expect((await bob.with("Ada")).alarm).toBeUndefined();
});

test("a server that answers rubbish changes nothing, and is tried again later", async () => {
	const [ada, bob] = await befriend(world);
	await idle(bob);
	let rubbish = true;
	world.network("Bob").answer = async () => (rubbish ? randomBytes(100) : undefined);
	await sent(ada, "Bob", "through the noise");
	const synced = await bob.client.sync();
	expect(synced.ok).toBe(false);
	rubbish = false;
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["through the noise"]);
});

test("C8: a conversation that met a fork goes on when the server shows the true history again", async () => {
	const [ada, bob] = await befriend(world);
	await idle(bob);
	let isLying = true;
	world.network("Bob").answer = async (path, body) => {
		const request = path === readRoute.path && isLying ? parseRequest(readRoute, body) : undefined;
		if (!request?.ok) return undefined;
		const { after } = request.value;
		return encodeCbor({
			first: after + 1,
			records: [randomBytes(2048)],
			tip: { seq: after + 1, head: randomBytes(32) },
		});
	};
	await bob.client.sync();
	expect((await bob.with("Ada")).phase).toBe("stopped");
	isLying = false;
	await sent(ada, "Bob", "the truth");
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["the truth"]);
	expect((await bob.with("Ada")).phase).toBe("active");
	expect((await bob.with("Ada")).alarm).toBeUndefined();
});

test("L4: records that expired before they were read are said to be lost, and nothing is guessed", async () => {
	const [ada, bob] = await befriend(world);
	await idle(bob);
	let hasExpired = true;
	world.network("Bob").answer = async (path, body) => {
		const request = path === readRoute.path && hasExpired ? parseRequest(readRoute, body) : undefined;
		if (!request?.ok) return undefined;
		const { after } = request.value;
		return encodeCbor({
			first: after + 3,
			records: [randomBytes(2048)],
			tip: { seq: after + 3, head: randomBytes(32) },
		});
	};
	await bob.client.sync();
	expect((await bob.with("Ada")).phase).toBe("stopped");
	expect((await bob.with("Ada")).alarm?.kind).toBe("serverLostRecords");
	hasExpired = false;
	expectOk(await bob.client.sync());
	expect((await bob.with("Ada")).phase).toBe("active");
	expect((await ada.with("Bob")).phase).toBe("active");
});
