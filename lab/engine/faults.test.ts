import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const day = 86_400_000;

const troubles = async (person: Person) => (await person.ready()).troubles;

test("a server without room keeps nothing, says so on screen, and the message goes out once there is room", async () => {
	const [ada, bob] = await befriend(world);
	world.network("Ada").onPost = (path) => (path === "/v1/log/append" ? "storageFull" : undefined);
	await ada.say("Bob", "waits for room");
	await until("Ada is told", async () => (await troubles(ada))[0]?.kind === "serverFull");
	expect(await ada.texts("Bob")).toEqual(["> waits for room (sending)"]);
	world.network("Ada").onPost = undefined;
	expectOk(await ada.client.sync());
	await until("it is there", async () => (await bob.texts("Ada")).includes("waits for room"));
	expect(await ada.texts("Bob")).toEqual(["> waits for room"]);
	expect(await troubles(ada)).toEqual([]);
});

test("a device without room refuses the command, loses nothing that it said was safe, and goes on when there is room", async () => {
	const [ada, bob] = await befriend(world);
	await ada.say("Bob", "before");
	await until("it is sent", async () => (await bob.texts("Ada")).length === 1);
	ada.store.isFull = true;
	const { id } = await ada.with("Bob");
	const refused = await ada.client.sendMessage(id, "no room for this");
	expect(refused).toEqual({ ok: false, error: { kind: "storageFull" } });
	expect((await troubles(ada)).map(({ kind }) => kind)).toEqual(["deviceFull"]);
	// What comes meanwhile is not taken, so it is not lost: the place in the log stays where it was.
	await bob.say("Ada", "meanwhile");
	await until("Bob's is sent", async () => (await bob.texts("Ada")).includes("> meanwhile"));
	await ada.client.sync();
	expect(await ada.texts("Bob")).toEqual(["> before"]);
	ada.store.isFull = false;
	expectOk(await ada.client.sync());
	await ada.say("Bob", "room again");
	await until("both have all of it", async () => (await bob.texts("Ada")).length === 3);
	expect(await ada.texts("Bob")).toEqual(["> before", "meanwhile", "> room again"]);
	expect(await troubles(ada)).toEqual([]);
});

test.each([
	["a day ahead", day],
	["a day behind", -day],
])("a clock that is %s: both read each other, in the log's order, and the device is told", async (_, clockAheadMs) => {
	world.network("Ada").clockAheadMs = clockAheadMs;
	const [ada, bob] = await befriend(world);
	await ada.say("Bob", "what time is it?");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await bob.say("Ada", "not that late");
	await until("Ada has it", async () => (await ada.texts("Bob")).length === 2);
	expect(await ada.texts("Bob")).toEqual(["> what time is it?", "not that late"]);
	const [trouble] = await troubles(ada);
	expect(trouble?.kind === "clockOff" && Math.round(trouble.byMs / 60_000)).toBe(clockAheadMs / 60_000);
	expect(await troubles(bob)).toEqual([]);
	// Nothing that Bob sees lies in his future, whatever its author's clock says.
	const times = (await bob.items("Ada")).flatMap((item) => (item.kind === "message" ? [item.sentAt] : []));
	expect(Math.max(...times)).toBeLessThanOrEqual(world.now());
	world.network("Ada").clockAheadMs = 0;
	expectOk(await ada.client.sync());
	expect(await troubles(ada)).toEqual([]);
});
