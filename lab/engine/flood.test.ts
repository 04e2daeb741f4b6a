import { setTimeout as sleep } from "node:timers/promises";
import { randomBytes } from "@sotto/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crewWithEve } from "./eve.test-kit.ts";
import { openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Ada's group of three, in which Eve's client is gone and a puppet acts with her keys. */
async function withEve() {
	const { ada, others, eve } = await crewWithEve(world, ["Bob", "Eve"]);
	return { ada, bob: others[0] as Person, eve };
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
