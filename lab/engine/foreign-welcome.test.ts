import { randomBytes } from "@sotto/crypto";
import { groupPolicy } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crewWithEve } from "./eve.test-kit.ts";
import { accountKeyIn, forgeries, sendWelcome } from "./foreign-welcome.test-kit.ts";
import { expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

test("a foreign Welcome moves nobody: not into a copy of a group one is in, nor into one that is not what its letter says", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"], { eveKnowsAll: true });
	const { ada, eve } = crew;
	const [bob] = crew.others as [Person];
	const before = (await bob.ready()).conversations.map(({ id }) => id).toSorted();
	for (const [name, forged] of Object.entries(await forgeries(eve, bob.store, ada.store))) {
		await sendWelcome(eve, bob.store, forged);
		expectOk(await bob.client.sync());
		await until(`${name}: the letter is settled`, async () => bob.store.keysLike("request/").length === 0);
		expect((await bob.ready()).conversations.map(({ id }) => id).toSorted(), name).toEqual(before);
		await ada.say("Crew", name);
		await until("Bob reads Ada", async () => (await bob.texts("Crew")).includes(name));
		await bob.say("Crew", `${name}?`);
		await until("Ada reads Bob", async () => (await ada.texts("Crew")).includes(`${name}?`));
	}
	// The same letter, of a group that is what it says, is entered: so each of those above was refused for its own reason.
	const evesOwn = groupPolicy(await accountKeyIn(eve.store), { name: "Honest" });
	const people = [...evesOwn.people, { account: await accountKeyIn(bob.store), role: "member" as const }];
	await sendWelcome(eve, bob.store, { policy: { ...evesOwn, people }, groupId: randomBytes(32) });
	expectOk(await bob.client.sync());
	await until("Bob is in", async () => (await bob.ready()).conversations.some(({ title }) => title === "Honest"));
}, 60_000);
