import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const day = 86_400_000;
const accountOf = async (person: Person) => (await person.ready()).me.account;

async function restart(person: Person): Promise<Person> {
	await person.client.close();
	const again = await world.start(person.name, person.store);
	expectOk(await again.client.sync());
	return again;
}

const events = async (person: Person, id: string) =>
	(await person.client.history(id, { limit: 200 })).items.flatMap((item) =>
		item.kind === "event" ? [`${item.event} ${item.person?.name}`] : [],
	);

test("D3: a device that is silent for 90 days is put out by an admin and let in again when it returns; one that only reads shows that it follows", async () => {
	let ada = await (await world.start("Ada")).create();
	let bob = await (await world.start("Bob")).create();
	let cyd = await (await world.start("Cyd")).create();
	for (const person of [bob, cyd]) await connect(ada, person);
	const people = await Promise.all([bob, cyd].map(accountOf));
	const { conversation: id } = expectOk(await ada.client.createGroup({ name: "Crew", people }));
	for (const person of [bob, cyd]) await person.say("Crew", `${person.name} here`);
	for (const person of [ada, bob, cyd])
		await until("all read all", async () => (await person.texts("Crew")).length === 2);
	await until("nothing is on its way", async () =>
		[ada, bob, cyd].every(({ store }) => store.keysLike("outbox/").length === 0),
	);
	const leaves = () => ada.store.keysLike(`group/${id}/`).filter((key) => key.includes("/ratchet/")).length;
	expect(leaves()).toBe(3);
	await cyd.client.close();
	// Ada and Bob come by, read, and say nothing.
	for (let month = 0; month < 3; month++) {
		world.advance(31 * day);
		[bob, ada] = [await restart(bob), await restart(ada)];
		await until("their signs of life are out", async () =>
			[ada, bob].every(({ store }) => store.keysLike("outbox/").length === 0),
		);
	}
	await until("Ada means to put somebody out", async () => {
		expectOk(await ada.client.sync());
		return ada.store.keysLike("wish/").length > 0 || leaves() === 2;
	});
	world.advance(600_000);
	await until("Cyd's leaf is out", async () => {
		expectOk(await ada.client.sync());
		return leaves() === 2;
	});
	expect((await ada.with("Crew")).members).toHaveLength(3);
	expectOk(await bob.client.sync());
	expect(await events(bob, id)).toContain("deviceEvicted Cyd");
	expect(await events(bob, id)).not.toContain("deviceEvicted Bob");
	await ada.say("Crew", "while Cyd is away");
	cyd = await world.start("Cyd", cyd.store);
	expectOk(await cyd.client.sync());
	await until(
		"Cyd is in again",
		async () => {
			for (const person of [ada, cyd]) expectOk(await person.client.sync());
			return (await cyd.with("Crew")).phase === "active" && leaves() === 3;
		},
		180_000,
	);
	await cyd.say("Crew", "back again");
	for (const person of [ada, bob]) {
		expectOk(await person.client.sync());
		await until(`${person.name} reads Cyd`, async () => (await person.texts("Crew")).includes("back again"));
	}
	expect(await events(bob, id)).toContain("deviceReadmitted Cyd");
	expect(await events(cyd, id)).toEqual(expect.arrayContaining(["deviceEvicted Cyd", "deviceReadmitted Cyd"]));
	const texts = await cyd.texts("Crew");
	expect(texts.toSorted((a, b) => a.localeCompare(b))).toEqual(["> back again", "> Cyd here", "Bob here"]);
	expect(texts.at(-1)).toBe("> back again");
}, 90_000);
