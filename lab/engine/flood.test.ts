import { setTimeout as sleep } from "node:timers/promises";
import { randomBytes } from "@sotto/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Puppet } from "./puppet.test-kit.ts";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Ada's group of three, in which Eve's client is gone and a puppet acts with her keys. */
async function withEve(): Promise<{ readonly ada: Person; readonly bob: Person; readonly eve: Puppet }> {
	const ada = await (await world.start("Ada")).create();
	const [bob, eve] = [await (await world.start("Bob")).create(), await (await world.start("Eve")).create()];
	for (const person of [bob, eve]) await connect(ada, person);
	const people = await Promise.all([bob, eve].map(async (person) => (await person.ready()).me.account));
	expectOk(await ada.client.createGroup({ name: "Crew", people }));
	await ada.say("Crew", "welcome");
	for (const person of [bob, eve]) {
		await until(`${person.name} reads`, async () => (await person.texts("Crew")).includes("welcome"));
		await person.say("Crew", `${person.name} is here`);
	}
	for (const person of [ada, bob, eve])
		await until("all read all", async () => (await person.texts("Crew")).length === 3);
	await until("nothing is on its way", async () =>
		[ada, bob, eve].every(({ store }) => store.keysLike("outbox/").length === 0),
	);
	for (const person of [ada, bob, eve]) expectOk(await person.client.sync());
	const { id } = await eve.with("Crew");
	await eve.client.close();
	return { ada, bob, eve: await Puppet.of(world, eve.store, id) };
}

test("L3: a member that fills the log as fast as it can keeps nobody from talking, and a full log goes on in the next", async () => {
	const { ada, bob, eve } = await withEve();
	let isFull = false;
	const flood = (async () => {
		while (!isFull) {
			const burst = Array.from({ length: 64 }, () => eve.append(randomBytes(2048)).catch(() => undefined));
			isFull = (await Promise.all(burst)).includes(undefined);
			// The others live in this process too: they have to get their turn.
			await sleep(1);
		}
	})();
	for (const word of ["one", "two", "three"]) {
		await ada.say("Crew", word);
		await until("Bob reads it", async () => (await bob.texts("Crew")).includes(word), 60_000);
	}
	await flood;
	await bob.say("Crew", "behind the full log");
	await until("Ada reads it", async () => (await ada.texts("Crew")).includes("behind the full log"), 60_000);
	expect((await ada.with("Crew")).alarm).toBeUndefined();
	expect((await bob.texts("Crew")).map((text) => text.replace("> ", "")).slice(3)).toEqual([
		"one",
		"two",
		"three",
		"behind the full log",
	]);
}, 180_000);

test("a member that commits every 20 ms keeps nobody from talking", async () => {
	const { ada, bob, eve } = await withEve();
	let commits = 0;
	let stop = false;
	const storm = (async () => {
		while (!stop) {
			await eve.append(await eve.commit({}));
			commits++;
			await sleep(20);
		}
	})();
	try {
		await until("the storm is on", async () => commits > 3);
		for (const word of ["through", "the storm"]) {
			await ada.say("Crew", word);
			await until("Bob reads it", async () => (await bob.texts("Crew")).includes(word), 60_000);
		}
	} finally {
		stop = true;
		await storm;
	}
	expect((await bob.with("Crew")).phase).toBe("active");
}, 150_000);
