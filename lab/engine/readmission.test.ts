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

test("C7, D3: a device whose state went back asks to be let in again, and goes on with the history it has", async () => {
	const [ada, bob] = await befriend(world);
	await talk(ada, bob, "first");
	const old = ada.store.copy();
	await talk(ada, bob, "lost");
	await ada.client.close();
	const again = await world.start("Ada", old);
	const stopped = await until("the device has found out", async () => {
		const found = await again.with("Bob");
		return found.phase === "stopped" ? found : undefined;
	});
	expect(stopped.alarm).toEqual({ kind: "rolledBack" });
	expectOk(await again.client.askReadmission(stopped.id));
	await until("it is in again", async () => (await again.with("Bob")).phase === "active");
	await talk(again, bob, "second");
	expect((await again.client.askReadmission(stopped.id)).ok).toBe(false);
	// Its leaf of before is gone, so that nobody seals for it any more.
	await until("one leaf each", async () => leavesIn(bob) === 2);
});

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
