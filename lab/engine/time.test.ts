import { appendRoute, parseRequest, ringRoute } from "@sotto/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const day = 86_400_000;
const restart = async (person: Person): Promise<Person> => {
	await person.client.close();
	const again = await world.start(person.name, person.store);
	expectOk(await again.client.sync());
	await until("everything is published", async () => again.store.keysLike("publish/").length === 0);
	return again;
};

test("P2: a device brings a new package every week, keeps the old one's private parts two weeks, and can still be asked by it", async () => {
	let bob = await (await world.start("Bob")).create();
	const link = (await bob.ready()).me.link;
	const [first] = bob.store.keysLike("package/");
	world.advance(6 * day);
	bob = await restart(bob);
	expect(bob.store.keysLike("package/")).toEqual([first]);
	// Ada asks by the first package; Bob renews before he sees the request.
	await bob.client.close();
	const ada = await (await world.start("Ada")).create();
	expectOk(await ada.client.addContact(link));
	await until("no invite is left", async () => ada.store.keysLike("invite/").length === 0);
	world.advance(2 * day);
	bob = await restart(bob);
	expect(bob.store.keysLike("package/")).toHaveLength(2);
	expectOk(await bob.client.acceptRequest((await bob.ready()).requests[0]?.id ?? ""));
	await until("both are in contact", async () => (await ada.with("Bob")).phase === "active");
	world.advance(15 * day);
	bob = await restart(bob);
	bob = await restart(bob);
	expect(bob.store.keysLike("package/")).not.toContain(first);
	const carol = await (await world.start("Carol")).create();
	await connect(carol, bob);
});

test("P2: the profile is written again after 30 days, so that the link outlives the records' 90", async () => {
	let bob = await (await world.start("Bob")).create();
	let appends = 0;
	world.network("Bob").onPost = (path) => {
		if (path === appendRoute.path) appends++;
		return undefined;
	};
	world.advance(5 * day);
	bob = await restart(bob);
	expect(appends).toBe(0);
	world.advance(26 * day);
	bob = await restart(bob);
	// The version again, and a package that was due.
	expect(appends).toBe(2);
	const ada = await (await world.start("Ada")).create();
	await connect(ada, bob);
});

test("P2: a link whose owner was away for 90 days lapses, and says so", async () => {
	const bob = await (await world.start("Bob")).create();
	const { link } = (await bob.ready()).me;
	await bob.client.close();
	world.advance(91 * day);
	const ada = await (await world.start("Ada")).create();
	const asked = await ada.client.addContact(link);
	expect(asked.ok ? "ok" : asked.error.kind).toBe("linkLapsed");
});

test("R1: when the notifier's key changes, everybody gets new addresses, and rings arrive again", async () => {
	let [ada, bob] = await befriend(world);
	await world.renewNotifier();
	[ada, bob] = [await restart(ada), await restart(bob)];
	await until("the new addresses were exchanged", async () => {
		await Promise.all([ada.client.sync(), bob.client.sync()]);
		return ada.store.keysLike("queue/").length + bob.store.keysLike("queue/").length === 0;
	});
	await Promise.all([ada.client.sync(), bob.client.sync()]);
	await ada.say("Bob", "ring ring");
	// No sync here: the ring alone brings it.
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("ring ring"));
});

test("R2: a ring follows the record that counts, once for each device, and not before", async () => {
	const [ada, bob] = await befriend(world);
	await until(
		"nothing is on its way",
		async () => ada.store.keysLike("outbox/").length + ada.store.keysLike("ringjob/").length === 0,
	);
	const order: string[] = [];
	world.network("Ada").onPost = (path, body) => {
		if (path === appendRoute.path) order.push("append");
		const ring = path === ringRoute.path ? parseRequest(ringRoute, body) : undefined;
		if (ring?.ok) order.push(`ring ${ring.value.urgency}`);
		return undefined;
	};
	await ada.say("Bob", "hello");
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("hello"));
	await until("the ring is done", async () => ada.store.keysLike("ringjob/").length === 0);
	expect(order).toEqual(["append", "ring message"]);
});

test("R3: a notifier that loses rings delays, and nothing is lost", async () => {
	const [ada, bob] = await befriend(world);
	world.network("Ada").onPost = (path) => (path === ringRoute.path ? "lost" : undefined);
	await ada.say("Bob", "silent");
	await until("it is sent", async () => (await ada.texts("Bob")).includes("> silent"));
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["silent"]);
});
