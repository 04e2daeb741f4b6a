import { putBlobChunkRoute } from "@sotto/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { link } from "./devices.test-kit.ts";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const jobOf = async (person: Person, kind: string) => (await person.ready()).jobs.find((job) => job.kind === kind);
const isOver = (person: Person, kind: string) =>
	until(`${kind} is over`, async () => (await jobOf(person, kind))?.state === "done", 30_000);

test("D2: what was said before reaches a linked device as a sealed archive, once and in order", {
	timeout: 90_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	for (let n = 0; n < 5; n++) {
		await phone.say("Bob", `mine ${n}`);
		await until("Bob has it", async () => (await bob.texts("Ada")).includes(`mine ${n}`));
		await bob.say("Ada", `his ${n}`);
		await until("it came", async () => (await phone.texts("Bob")).includes(`his ${n}`));
	}
	const before = await phone.texts("Bob");
	const uploaded: Uint8Array[] = [];
	world.network("Ada").onPost = (path, body) => {
		if (path === putBlobChunkRoute.path) uploaded.push(body);
		return undefined;
	};
	const laptop = await link(world, phone, "Laptop");
	await isOver(phone, "sendHistory");
	await isOver(laptop, "receiveHistory");
	await until("the laptop is in the conversation", async () => (await laptop.with("Bob")).phase === "active");
	expect(await laptop.texts("Bob")).toEqual(before);
	await bob.say("Ada", "after");
	for (const device of [phone, laptop])
		await until("it came", async () => (await device.texts("Bob")).includes("after"));
	expect(await laptop.texts("Bob")).toEqual([...before, "after"]);
	// The home has bytes, and none of the words.
	expect(uploaded.length).toBeGreaterThan(0);
	for (const body of uploaded) expect(Buffer.from(body).includes("mine 0")).toBe(false);
	expect(phone.store.keysLike("importing")).toEqual([]);
	expect(laptop.store.keysLike("importing")).toEqual([]);
	expectOk(await laptop.client.dismissJob((await jobOf(laptop, "receiveHistory"))?.id ?? ""));
	// The same device after a restart.
	await laptop.client.close();
	const again = await world.start("Laptop", laptop.store);
	expect(await again.texts("Bob")).toEqual([...before, "after"]);
	expect(await jobOf(again, "receiveHistory")).toBeUndefined();
});
