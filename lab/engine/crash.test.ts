import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, expectOk, Life, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const moments = ["before", "after"] as const;

/** Runs `work` on a client that dies at its n-th effect, for every n until it no longer dies, at both moments. */
async function dieEverywhere(
	person: Person,
	prepare: () => Promise<void>,
	work: (mortal: Person, round: string) => Promise<void>,
	afterwards: (survivor: Person, round: string) => Promise<void>,
): Promise<number> {
	let rounds = 0;
	let survivor = person;
	for (const moment of moments) {
		for (let dieAt = 1; ; dieAt++) {
			await survivor.client.close();
			await prepare();
			const life = new Life(dieAt, moment);
			const round = `${moment} ${dieAt}`;
			const mortal = await world.start(person.name, person.store, {}, life);
			const fate = await Promise.race([life.died, work(mortal, round).then(() => "lived" as const)]);
			life.die();
			survivor = await world.start(person.name, person.store);
			await afterwards(survivor, round);
			rounds++;
			if (fate === "lived") break;
		}
	}
	return rounds;
}

test("C5: a sender that dies at any effect loses no acknowledged message and doubles none", {
	timeout: 120_000,
}, async () => {
	const [ada, bob] = await befriend(world);
	const acknowledged: string[] = [];
	const tried: string[] = [];
	const rounds = await dieEverywhere(
		ada,
		async () => undefined,
		async (mortal, round) => {
			tried.push(round);
			await mortal.say("Bob", round);
			acknowledged.push(round);
			await until("it is sent", async () => (await mortal.texts("Bob")).includes(`> ${round}`));
			await until("Bob has it", async () => (await bob.texts("Ada")).includes(round));
		},
		async (survivor) => {
			await until(
				"nothing is on its way",
				async () => !(await survivor.texts("Bob")).some((text) => text.includes("(")),
			);
			expect((await survivor.with("Bob")).alarm).toBeUndefined();
		},
	);
	expect(rounds).toBeGreaterThan(8);
	expectOk(await bob.client.sync());
	const arrived = await bob.texts("Ada");
	expect(new Set(arrived).size).toBe(arrived.length);
	for (const text of acknowledged) expect(arrived).toContain(text);
	for (const text of arrived) expect(tried).toContain(text);
	const again = await world.start("Ada", ada.store.copy());
	expect((await again.texts("Bob")).map((text) => text.replace("> ", ""))).toEqual(arrived);
});

test("C5: a reader that dies at any effect reads everything once, in order", { timeout: 120_000 }, async () => {
	const [ada, bob] = await befriend(world);
	const said: string[] = [];
	await dieEverywhere(
		bob,
		async () => undefined,
		async (mortal, round) => {
			for (const part of ["a", "b"]) {
				await ada.say("Bob", `${round} ${part}`);
				said.push(`${round} ${part}`);
			}
			await until("it is read", async () => (await mortal.texts("Ada")).includes(`${round} b`));
		},
		async (survivor) => {
			await until("all is read", async () => (await survivor.texts("Ada")).length >= said.length);
			expect((await survivor.with("Ada")).alarm).toBeUndefined();
		},
	);
	const again = await world.start("Bob", bob.store.copy());
	await until("all is read", async () => (await again.texts("Ada")).length >= said.length);
	expect(await again.texts("Ada")).toEqual(said);
});

test("C4, P3: a joiner that dies at any effect of accepting still joins, once", { timeout: 240_000 }, async () => {
	const bob = await (await world.start("Bob")).create();
	const link = (await bob.ready()).me.link;
	let asking = await (await world.start("Ada")).create();
	let people = 0;
	await dieEverywhere(
		bob,
		async () => {
			asking = await (await world.start(`Ada${people++}`)).create();
			expectOk(await asking.client.addContact(link, "hi"));
		},
		async (mortal) => {
			const { name } = asking;
			const request = await until("a request", async () =>
				(await mortal.ready()).requests.find(({ person }) => person.name === name),
			);
			expectOk(await mortal.client.acceptRequest(request.id));
			await until("accepted", async () => (await asking.with("Bob")).phase === "active");
			await until("no ring is left", async () => mortal.store.keysLike("outbox/").length === 0);
		},
		async (survivor) => {
			const { name } = asking;
			const { requests, conversations } = await until("the request or its conversation", async () => {
				expectOk(await survivor.client.sync());
				const view = await survivor.ready();
				const isThere = view.requests.some(({ person }) => person.name === name);
				return (isThere || view.conversations.some(({ title }) => title === name)) && view;
			});
			const request = requests.find(({ person }) => person.name === name);
			if (request !== undefined) expectOk(await survivor.client.acceptRequest(request.id));
			else expect(conversations.filter(({ title }) => title === name)).toHaveLength(1);
			await until("accepted", async () => (await asking.with("Bob")).phase === "active");
			await survivor.say(name, "here I am");
			await until("it arrives", async () => (await asking.texts("Bob")).includes("here I am"));
			expect(await survivor.texts(name)).toEqual(["hi", "> here I am"]);
			await asking.client.close();
		},
	);
});

test("C1, P3: a requester that dies at any effect of asking is asked for once, or not at all", {
	timeout: 240_000,
}, async () => {
	let round = 0;
	for (const moment of moments) {
		for (let dieAt = 1; ; dieAt++) {
			const [ada, bob] = [
				await (await world.start(`Ada${round}`)).create(),
				await (await world.start(`Bob${round++}`)).create(),
			];
			const link = (await bob.ready()).me.link;
			await ada.client.close();
			const life = new Life(dieAt, moment);
			const mortal = await world.start(ada.name, ada.store, {}, life);
			const work = async () => {
				expectOk(await mortal.client.addContact(link));
				await mortal.say(bob.name, "before you accept");
				await until("it is sent", async () => (await mortal.texts(bob.name)).includes("> before you accept"));
				await until("asked", async () => (await bob.ready()).requests.length === 1);
				await until("no invite is left", async () => mortal.store.keysLike("invite/").length === 0);
				return "lived" as const;
			};
			const fate = await Promise.race([life.died, work()]);
			life.die();
			const survivor = await world.start(ada.name, ada.store);
			const asked = await survivor.client.addContact(link);
			expect(asked.ok ? "alreadyContact" : asked.error.kind).toBe("alreadyContact");
			const request = await until("asked", async () => {
				await bob.client.sync();
				return (await bob.ready()).requests[0];
			});
			expectOk(await bob.client.acceptRequest(request.id));
			await until("accepted", async () => (await survivor.with(bob.name)).phase === "active");
			await survivor.say(bob.name, "now");
			await until("it arrives", async () => (await bob.texts(ada.name)).includes("now"));
			expect(new Set(await bob.texts(ada.name)).size).toBe((await bob.texts(ada.name)).length);
			for (const person of [survivor, bob]) await person.client.close();
			if (fate === "lived") break;
		}
	}
});
