import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Both write, both read. */
async function talk(one: Person, other: Person, text: string): Promise<void> {
	await one.say(other.name, `${text} there`);
	await other.say(one.name, `${text} back`);
	await until("it arrived", async () => (await other.texts(one.name)).includes(`${text} there`));
	await until("the answer arrived", async () => (await one.texts(other.name)).includes(`${text} back`));
}

/** How often this device was let in again, by its history. */
async function readmitted(person: Person, other: string): Promise<number> {
	return (await person.items(other)).filter((item) => item.kind === "event" && item.event === "deviceReadmitted")
		.length;
}

test("C7, D3: a device whose state went back asks to be let in again, and goes on with the history it has; a second time within a day only its user may", async () => {
	const [ada, bob] = await befriend(world);
	await talk(ada, bob, "first");
	const old = ada.store.copy();
	await talk(ada, bob, "lost");
	await ada.client.close();
	const again = await world.start("Ada", old);
	await until("it was let in again", async () => (await readmitted(again, "Bob")) === 1);
	expect((await again.with("Bob")).phase).toBe("active");
	await talk(again, bob, "second");
	const { id } = await again.with("Bob");
	expect((await again.client.askReadmission(id)).ok).toBe(false);
	// Its leaf of before is gone, so that nobody seals for it any more.
	await until("one leaf each", async () => leavesIn(bob) === 2);
	await until("nothing is on its way", async () => again.store.keysLike("outbox/").length === 0);
	const copy = again.store.copy();
	await talk(again, bob, "lost as well");
	await again.client.close();
	const third = await world.start("Ada", copy);
	await until("it has stopped", async () => (await third.with("Bob")).phase === "stopped");
	expect((await third.with("Bob")).alarm).toEqual({ kind: "rolledBack" });
	expect(third.store.keysLike("readmission/")).toEqual([]);
	expectOk(await third.client.askReadmission(id));
	await until("it was let in again", async () => (await readmitted(third, "Bob")) === 2);
	await talk(third, bob, "third");
}, 60_000);

/** Ratchets of leaves that a client's one group stores. */
function leavesIn({ store }: Person): number {
	return store.keysLike("group/").filter((key) => key.includes("/ratchet/")).length;
}

test("D3: a device that lost the group of a conversation comes in by a package that it made for that", async () => {
	const [ada, bob] = await befriend(world);
	await talk(ada, bob, "first");
	await ada.client.close();
	await ada.store.write(ada.store.keysLike("group/").map((key) => ({ op: "delete" as const, key })));
	const again = await world.start("Ada", ada.store);
	const { id } = await again.with("Bob");
	await again.client.sendMessage(id, "unreadable");
	await until("the damage is found", async () => (await again.with("Bob")).alarm?.kind === "damaged");
	expectOk(await again.client.askReadmission(id));
	await until("it is in again", async () => (await again.with("Bob")).phase === "active");
	await talk(again, bob, "second");
	await until("one leaf each", async () => leavesIn(bob) === 2);
});
