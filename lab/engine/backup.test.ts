import { afterEach, beforeEach, expect, test } from "vitest";
import { Life } from "../life.ts";
import { MemoryStore } from "../memory-store.ts";
import { link } from "./devices.test-kit.ts";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

/** As dear as the least that a file may ask for, so that the tests are quick. */
const cheap = { passphraseCost: { memoryKiB: 8192, passes: 1, lanes: 1 } };
const passphrase = "correct horse battery staple";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

async function backupOf(person: Person): Promise<Uint8Array<ArrayBuffer>> {
	return expectOk(await person.client.exportBackup(passphrase)).file;
}

/** The same person on another machine; `lost` is switched off for good. */
async function restore(lost: Person, file: Uint8Array<ArrayBuffer>): Promise<Person> {
	await lost.client.close();
	const restored = await world.start(lost.name, new MemoryStore(), cheap);
	expectOk(await restored.client.restoreBackup({ file, passphrase }));
	return restored;
}

/** Two people in contact. */
async function adaAndBob(): Promise<readonly [Person, Person]> {
	const ada = await (await world.start("Ada", new MemoryStore(), cheap)).create();
	const bob = await (await world.start("Bob")).create();
	await connect(ada, bob);
	return [ada, bob];
}

/** Everything that was said has been read back. */
async function allSent(person: Person, other: string): Promise<void> {
	await until("everything is sent", async () =>
		(await person.items(other)).every((item) => item.kind !== "message" || item.state === "sent"),
	);
}

async function isIn(person: Person, title: string): Promise<void> {
	await until(`${person.name} is in ${title} again`, async () => (await person.with(title)).phase === "active");
}

test("a restored account has its contacts, its history in order, what was unread, and its name", async () => {
	const [ada, bob] = await adaAndBob();
	for (const text of ["one", "two", "three"]) await ada.say("Bob", text);
	await allSent(ada, "Bob");
	await bob.say("Ada", "four");
	await until("Ada has read Bob", async () => (await ada.texts("Bob")).includes("four"));
	await bob.client.close();
	const before = await ada.ready();
	const restored = await restore(ada, await backupOf(ada));
	const after = await restored.ready();
	expect(after.me).toEqual(before.me);
	expect(await restored.texts("Bob")).toEqual(["> one", "> two", "> three", "four"]);
	const waiting = await restored.with("Bob");
	expect(waiting).toMatchObject({ phase: "stopped", alarm: { kind: "waiting" }, unread: 1 });
	expect((await restored.client.sendMessage(waiting.id, "no")).ok).toBe(false);
	expectOk(await restored.client.markRead(waiting.id));
	expect((await restored.with("Bob")).unread).toBe(0);
});

test("D3: who lost the only device writes with everybody again, in the direct conversation and in the group; the lost device is out", async () => {
	const [ada, bob] = await adaAndBob();
	const cyd = await (await world.start("Cyd")).create();
	await connect(ada, cyd);
	const people = await Promise.all([bob, cyd].map(async (person) => (await person.ready()).me.account));
	expectOk(await ada.client.createGroup({ name: "choir", people }));
	await Promise.all([bob, cyd].map((person) => isIn(person, "choir")));
	await ada.say("choir", "before");
	await bob.say("Ada", "hello");
	await until("Bob has it", async () => (await bob.texts("choir")).includes("before"));
	await until("Ada has it", async () => (await ada.texts("Bob")).includes("hello"));
	const file = await backupOf(ada);
	await ada.say("choir", "after the backup");
	await allSent(ada, "choir");

	const restored = await restore(ada, file);
	await Promise.all(["Bob", "Cyd", "choir"].map((title) => isIn(restored, title)));
	await restored.say("Bob", "it is me");
	await bob.say("Ada", "welcome back");
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("it is me"));
	await until("Ada has it", async () => (await restored.texts("Bob")).includes("welcome back"));
	await restored.say("choir", "again");
	await cyd.say("choir", "and I");
	await until("Cyd has it", async () => (await cyd.texts("choir")).includes("again"));
	await until("Ada has it", async () => (await restored.texts("choir")).includes("and I"));
	expect(await restored.texts("choir")).toEqual(["> before", "> again", "and I"]);

	// The lost machine is found and started by somebody.
	const found = await world.start("Ada", ada.store);
	for (const title of ["Bob", "choir"])
		await until(`the lost device is out of ${title}`, async () => (await found.with(title)).phase === "left");
	await restored.say("Bob", "secret");
	await allSent(restored, "Bob");
	await found.client.sync();
	expect(await found.texts("Bob")).not.toContain("> secret");
}, 60_000);

test("C5: what had not gone out when the backup was made goes out once, whether the lost device still sent it or not", async () => {
	const [ada, bob] = await adaAndBob();
	await ada.say("Bob", "first");
	await allSent(ada, "Bob");
	world.network("Ada").offline = true;
	await ada.say("Bob", "sent by both");
	const file = await backupOf(ada);
	world.network("Ada").offline = false;
	await ada.client.sync();
	await allSent(ada, "Bob");
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("sent by both"));
	const restored = await restore(ada, file);
	expect(await restored.texts("Bob")).toEqual(["> first", "> sent by both (sending)"]);
	await isIn(restored, "Bob");
	await allSent(restored, "Bob");
	await restored.say("Bob", "last");
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("last"));
	expect(await bob.texts("Ada")).toEqual(["first", "sent by both", "last"]);
});

test("a restoring that dies at any effect goes on with the same file, and another restoring takes the place of the one before", {
	timeout: 120_000,
}, async () => {
	const [ada] = await adaAndBob();
	for (const text of ["one", "two"]) await ada.say("Bob", text);
	await allSent(ada, "Bob");
	const file = await backupOf(ada);
	let survivor = ada;
	let rounds = 0;
	for (let dieAt = 1, isDead = true; isDead; dieAt++) {
		await survivor.client.close();
		const store = new MemoryStore();
		const life = new Life(dieAt);
		const mortal = await world.start("Ada", store, cheap, life);
		const restoring = mortal.client.restoreBackup({ file, passphrase });
		const fate = await Promise.race([life.died, restoring.then(() => "lived" as const)]);
		life.die();
		survivor = await world.start("Ada", store, cheap);
		if ((await survivor.client.view()).phase === "noAccount")
			expectOk(await survivor.client.restoreBackup({ file, passphrase }));
		expect(await survivor.texts("Bob")).toEqual(["> one", "> two"]);
		rounds++;
		isDead = fate === "died";
	}
	expect(rounds).toBeGreaterThan(8);
	expect((await survivor.ready()).devices).toHaveLength(1);
});

test("D1, D2: whoever has lost one of two devices comes back beside the other, which learns of it and lets it in", {
	timeout: 180_000,
}, async () => {
	const [ada, bob] = await adaAndBob();
	const file = await backupOf(ada);
	const laptop = await link(world, ada, "Laptop");
	await until("the laptop is in", async () => (await laptop.ready()).conversations[0]?.phase === "active");
	const restored = await restore(ada, file);
	expect((await restored.ready()).devices).toHaveLength(2);
	await until("the laptop has let it in", async () => {
		await laptop.client.sync();
		await restored.client.sync();
		return (await restored.with("Bob")).phase === "active";
	});
	await restored.say("Bob", "from the new one");
	await until("the laptop has it", async () => (await laptop.texts("Bob")).includes("> from the new one"));
	await laptop.say("Bob", "from the laptop");
	await until("Bob has both", async () => {
		const texts = await bob.texts("Ada");
		return texts.includes("from the new one") && texts.includes("from the laptop");
	});
	const listed = (await restored.ready()).devices.map(({ id }) => id).toSorted();
	await until("the laptop knows the new list", async () => {
		await laptop.client.sync();
		return JSON.stringify((await laptop.ready()).devices.map(({ id }) => id).toSorted()) === JSON.stringify(listed);
	});
});
