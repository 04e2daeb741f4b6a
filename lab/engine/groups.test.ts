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
