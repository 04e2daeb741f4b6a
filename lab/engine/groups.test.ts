import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Ada, who knows everybody else; nobody else knows another. */
async function adaAnd(...names: readonly string[]): Promise<readonly Person[]> {
	const ada = await (await world.start("Ada")).create();
	const others = [];
	for (const name of names) {
		const other = await (await world.start(name)).create();
		await connect(ada, other);
		others.push(other);
	}
	return [ada, ...others];
}

async function accountOf(person: Person): Promise<string> {
	return (await person.ready()).me.account;
}

async function membersIn(person: Person, title: string): Promise<readonly string[]> {
	return (await person.with(title)).members.map(({ account }) => account).toSorted();
}

test("C1: a group is founded with contacts, who enter by their letters, and all read each other in one order", async () => {
	const [ada, bob, cyd, dan] = (await adaAnd("Bob", "Cyd", "Dan")) as [Person, Person, Person, Person];
	const accounts = await Promise.all([bob, cyd].map(accountOf));
	expectOk(await ada.client.createGroup({ name: "Crew", people: accounts }));
	await ada.say("Crew", "welcome");
	for (const person of [bob, cyd]) {
		await until(`${person.name} reads`, async () => (await person.texts("Crew")).includes("welcome"));
		expect((await person.with("Crew")).myRole).toBe("member");
	}
	await bob.say("Crew", "here");
	await until("everybody reads", async () => (await cyd.texts("Crew")).includes("here"));
	const crew = await ada.with("Crew");
	expect(crew.myRole).toBe("admin");
	expectOk(await ada.client.addPeople(crew.id, [await accountOf(dan)]));
	await until("Dan is in", async () => (await dan.with("Crew")).phase === "active");
	await cyd.say("Crew", "hello Dan");
	await until("Dan reads", async () => (await dan.texts("Crew")).includes("hello Dan"));
	// C1: a joiner reads nothing older.
	expect(await dan.texts("Crew")).toEqual(["hello Dan"]);
	await dan.say("Crew", "hello all");
	const everybody = (await Promise.all([ada, bob, cyd, dan].map(accountOf))).toSorted();
	for (const person of [ada, bob, cyd]) {
		await until(`${person.name} reads Dan`, async () => (await person.texts("Crew")).includes("hello all"));
		expect((await person.texts("Crew")).map((text) => text.replace("> ", ""))).toEqual([
			"welcome",
			"here",
			"hello Dan",
			"hello all",
		]);
		expect(await membersIn(person, "Crew")).toEqual(everybody);
	}
});

test("admins remove, rename and name admins; who is removed is told, keeps its history, and reads nothing on", async () => {
	const [ada, bob, cyd] = (await adaAnd("Bob", "Cyd")) as [Person, Person, Person];
	const accounts = await Promise.all([bob, cyd].map(accountOf));
	expectOk(await ada.client.createGroup({ name: "Crew", people: accounts }));
	for (const person of [bob, cyd]) await person.say("Crew", `${person.name} here`);
	for (const person of [ada, bob, cyd])
		await until("all read all", async () => (await person.texts("Crew")).length === 2);
	// Who is not in contact is known by its own word.
	const names = async (person: Person) => (await person.with("Crew")).people.map(({ name }) => name).toSorted();
	await until("Bob knows Cyd's name", async () => (await names(bob)).join() === "Ada,Cyd");
	const { id } = await ada.with("Crew");
	const bobs = (await bob.with("Crew")).id;
	expect(await bob.client.renameGroup(bobs, "Bob's")).toEqual({ ok: false, error: { kind: "notAdmin" } });
	expect(await bob.client.removePerson(bobs, await accountOf(cyd))).toEqual({ ok: false, error: { kind: "notAdmin" } });
	expect(await ada.client.setRole(id, await accountOf(ada), "member")).toEqual({
		ok: false,
		error: { kind: "lastAdmin" },
	});
	expectOk(await ada.client.renameGroup(id, "Watch"));
	await until("Bob sees the name", async () =>
		(await bob.ready()).conversations.some(({ title }) => title === "Watch"),
	);
	expectOk(await ada.client.removePerson(id, await accountOf(cyd)));
	const cyds = async () => (await cyd.ready()).conversations.find((one) => one.id === id);
	await until("Cyd is told", async () => (await cyds())?.phase === "left");
	await until("Bob sees it", async () => (await bob.with("Watch")).members.length === 2);
	await ada.say("Watch", "among us");
	await until("Bob reads", async () => (await bob.texts("Watch")).includes("among us"));
	expectOk(await cyd.client.sync());
	const kept = (await cyd.client.history(id)).items;
	expect(kept.flatMap((item) => (item.kind === "message" ? [item.text] : [])).toSorted()).toEqual([
		"Bob here",
		"Cyd here",
	]);
	expect(kept.flatMap((item) => (item.kind === "event" ? [item.event] : []))).toContain("personRemoved");
	expect((await cyd.client.sendMessage(id, "still?")).ok).toBe(false);
	const told = (await bob.items("Watch")).flatMap((item) => (item.kind === "event" ? [item.event] : []));
	expect(told).toEqual(expect.arrayContaining(["groupRenamed", "personRemoved"]));
	expectOk(await cyd.client.deleteConversation(id));
	expect(await cyds()).toBeUndefined();
	expect(cyd.store.keysLike("").filter((key) => key.includes(id))).toEqual([]);
});

test("C1: who was added, removed and added again while it was away reads what was said in either time, and nothing of between", async () => {
	const [ada, bob, cyd] = (await adaAnd("Bob", "Cyd")) as [Person, Person, Person];
	const [bobs, cyds] = (await Promise.all([bob, cyd].map(accountOf))) as [string, string];
	world.network("Bob").offline = true;
	const { conversation } = expectOk(await ada.client.createGroup({ name: "Crew", people: [bobs, cyds] }));
	const sentOut = () => until("all letters are sent", async () => ada.store.keysLike("invite/").length === 0);
	const says = async (text: string) => {
		await ada.say("Crew", text);
		await until("Cyd reads it", async () => (await cyd.texts("Crew")).includes(text));
	};
	await sentOut();
	for (const round of ["first", "second", "third"]) {
		await says(`the ${round} time`);
		expectOk(await ada.client.removePerson(conversation, bobs));
		await until("Bob is out", async () => (await membersIn(cyd, "Crew")).length === 2);
		await says(`without Bob, ${round}`);
		expectOk(await ada.client.addPeople(conversation, [bobs]));
		await until("Bob is in", async () => (await membersIn(cyd, "Crew")).length === 3);
		await sentOut();
	}
	await says("now");
	world.network("Bob").offline = false;
	expectOk(await bob.client.sync());
	await until("Bob is up to date", async () => (await bob.texts("Crew")).includes("now"));
	expect(await bob.texts("Crew")).toEqual(["the first time", "the second time", "the third time", "now"]);
	expect(await bob.with("Crew")).toMatchObject({ phase: "active", alarm: undefined });
	expect(bob.store.keysLike("request/")).toEqual([]);
	await bob.say("Crew", "what did I miss?");
	await until("all read Bob", async () => (await cyd.texts("Crew")).includes("what did I miss?"));
});

test("C9: who leaves signs it, another carries it out, and the group goes on; the only admin names another first", async () => {
	const [ada, bob] = (await adaAnd("Bob")) as [Person, Person];
	expectOk(await ada.client.createGroup({ name: "Crew", people: [await accountOf(bob)] }));
	await bob.say("Crew", "hello");
	await until("Ada reads", async () => (await ada.texts("Crew")).includes("hello"));
	const { id } = await ada.with("Crew");
	expect(await ada.client.leaveGroup(id)).toEqual({ ok: false, error: { kind: "lastAdmin" } });
	expectOk(await bob.client.leaveGroup(id));
	await until("Bob is out", async () => (await bob.with("Crew")).phase === "left");
	const events = (await ada.items("Crew")).flatMap((item) => (item.kind === "event" ? [item.event] : []));
	expect(events).toContain("personLeft");
	expect((await ada.with("Crew")).members).toHaveLength(1);
}, 60_000);

test("a mention is told to whom it names, and to nobody else; reading takes the mark away", async () => {
	const [ada, bob, cyd] = (await adaAnd("Bob", "Cyd")) as [Person, Person, Person];
	const accounts = (await Promise.all([bob, cyd].map(accountOf))) as [string, string];
	expectOk(await ada.client.createGroup({ name: "Crew", people: accounts }));
	const { id } = await ada.with("Crew");
	expectOk(await ada.client.sendMessage(id, "@Bob, the tea is ready", { mentions: [accounts[0], "nobody"] }));
	for (const person of [bob, cyd]) await until("it came", async () => (await person.texts("Crew")).length === 1);
	const [atBob, atCyd] = [await bob.with("Crew"), await cyd.with("Crew")];
	expect([atBob.mentioned, atCyd.mentioned]).toEqual([true, false]);
	const [item] = (await cyd.items("Crew")).filter(({ kind }) => kind === "message");
	expect(item?.kind === "message" && item.mentions.map(({ account }) => account)).toEqual([accounts[0]]);
	expectOk(await bob.client.markRead(id));
	expect((await bob.with("Crew")).mentioned).toBe(false);
});
