import { afterEach, beforeEach, expect, test } from "vitest";
import { Life } from "../life.ts";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

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

/** A fresh pair for every effect that one of them can die before; until it lives. */
async function pairsThatDie(
	who: "asking" | "asked",
	work: (asking: Person, asked: Person) => Promise<void>,
	afterwards: (asking: Person, asked: Person) => Promise<void>,
): Promise<void> {
	for (let dieAt = 1; ; dieAt++) {
		const start = async (name: string) => (await world.start(name)).create();
		const pair = { asking: await start(`Ada${dieAt}`), asked: await start(`Bob${dieAt}`) };
		const mortal = pair[who];
		await mortal.client.close();
		const life = new Life(dieAt);
		pair[who] = await world.start(mortal.name, mortal.store, {}, life);
		const fate = await Promise.race([life.died, work(pair.asking, pair.asked).then(() => "lived" as const)]);
		life.die();
		pair[who] = await world.start(mortal.name, mortal.store);
		await afterwards(pair.asking, pair.asked);
		for (const person of [pair.asking, pair.asked]) await person.client.close();
		if (fate === "lived") return;
	}
}

const isActive = async (person: Person, other: Person) => (await person.with(other.name)).phase === "active";

test("C4, P3: a joiner that dies before any effect of accepting still joins, once", { timeout: 240_000 }, async () => {
	await pairsThatDie(
		"asked",
		async (asking, asked) => {
			expectOk(await asking.client.addContact((await asked.ready()).me.link, "hi"));
			const request = await until("a request", async () => (await asked.ready()).requests[0]);
			expectOk(await asked.client.acceptRequest(request.id));
			await until("accepted", () => isActive(asking, asked));
			await until("nothing is on its way", async () => asked.store.keysLike("outbox/").length === 0);
		},
		async (asking, asked) => {
			const link = (await asked.ready()).me.link;
			const asks = await asking.client.addContact(link, "hi");
			if (!asks.ok) expect(asks.error.kind).toBe("alreadyContact");
			const { requests } = await until("the request or its conversation", async () => {
				expectOk(await asked.client.sync());
				const view = await asked.ready();
				return view.requests.length + view.conversations.length === 1 && view;
			});
			if (requests[0] !== undefined) expectOk(await asked.client.acceptRequest(requests[0].id));
			await until("accepted", () => isActive(asking, asked));
			await asked.say(asking.name, "here I am");
			await until("it arrives", async () => (await asking.texts(asked.name)).includes("here I am"));
			expect(await asked.texts(asking.name)).toEqual(["hi", "> here I am"]);
		},
	);
});

test("C1, P3: a requester that dies before any effect of asking asks once", { timeout: 240_000 }, async () => {
	await pairsThatDie(
		"asking",
		async (asking, asked) => {
			expectOk(await asking.client.addContact((await asked.ready()).me.link));
			await asking.say(asked.name, "before you accept");
			await until("it is sent", async () => (await asking.texts(asked.name)).includes("> before you accept"));
			await until("asked", async () => (await asked.ready()).requests.length === 1);
			await until("no invite is left", async () => asking.store.keysLike("invite/").length === 0);
		},
		async (asking, asked) => {
			const again = await asking.client.addContact((await asked.ready()).me.link);
			if (!again.ok) expect(again.error.kind).toBe("alreadyContact");
			const request = await until("asked", async () => {
				await asked.client.sync();
				return (await asked.ready()).requests[0];
			});
			expectOk(await asked.client.acceptRequest(request.id));
			await until("accepted", () => isActive(asking, asked));
			await asking.say(asked.name, "now");
			await until("it arrives", async () => (await asked.texts(asking.name)).includes("now"));
			expect(new Set(await asked.texts(asking.name)).size).toBe((await asked.texts(asking.name)).length);
		},
	);
});
