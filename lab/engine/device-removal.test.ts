import { encodeRequest, parseRequest, readRoute } from "@sotto/api";
import { type Bytes, equalBytes } from "@sotto/bytes";
import { parseLink } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Life } from "../life.ts";
import { idOf, link, removed } from "./devices.test-kit.ts";
import { befriend, connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const hasText = (person: Person, other: string, text: string) =>
	until(`${person.name} reads "${text}"`, async () => {
		await person.client.sync();
		return (await person.texts(other)).some((line) => line.endsWith(text));
	});

test("D2: a removed device is locked out of every conversation, and of what is begun later", {
	timeout: 180_000,
}, async () => {
	const [phone, bob] = await befriend(world);
	const person = (await phone.with("Bob")).people[0]?.account ?? "";
	expectOk(await phone.client.createGroup({ name: "Chess", people: [person] }));
	await bob.with("Chess");
	const laptop = await link(world, phone, "Laptop");
	const tablet = await link(world, phone, "Tablet");
	for (const device of [laptop, tablet])
		await until("it is in both", async () => (await device.ready()).conversations.length === 2);
	await phone.say("Bob", "while it is in");
	await hasText(laptop, "Bob", "while it is in");
	expect(await laptop.client.removeDevice(await idOf(laptop, "Tablet"))).toMatchObject({
		error: { kind: "notPrimary" },
	});
	expect(await phone.client.removeDevice((await phone.ready()).devices[0]?.id ?? "")).toMatchObject({
		error: { kind: "thisDevice" },
	});
	expectOk(await phone.client.removeDevice(await idOf(phone, "Laptop")));
	expect((await phone.ready()).devices.map(({ name }) => name)).toEqual(["", "Tablet"]);
	await removed(phone, "Laptop", 2);
	// Everybody who stays reads on, on every device; who was removed opens nothing that was sealed since.
	await bob.say("Ada", "after");
	await phone.say("Chess", "after");
	for (const device of [phone, tablet]) for (const name of ["Bob", "Chess"]) await hasText(device, name, "after");
	await laptop.client.sync();
	for (const name of ["Bob", "Chess"]) {
		expect((await laptop.texts(name)).filter((text) => text.endsWith("after"))).toEqual([]);
		expect((await laptop.with(name)).phase).toBe("left");
		expect(await laptop.client.sendMessage((await laptop.with(name)).id, "still here")).toMatchObject({ ok: false });
	}
	expect((await laptop.ready()).troubles).toEqual([{ kind: "deviceRemoved" }]);
	// A stranger who asks now asks in a mailbox that the removed device does not know.
	const carol = await (await world.start("Carol")).create();
	await connect(carol, phone);
	await laptop.client.sync();
	expect((await laptop.ready()).conversations.map(({ title }) => title).toSorted()).toEqual(["Bob", "Chess"]);
	expect((await laptop.ready()).requests).toEqual([]);
	expectOk(await phone.client.dismissJob((await phone.ready()).jobs.at(-1)?.id ?? ""));
});

test("D1: a home that shows an older profile does not bring a removed device back", { timeout: 180_000 }, async () => {
	const [phone, bob] = await befriend(world);
	const laptop = await link(world, phone, "Laptop");
	await laptop.with("Bob");
	// What the home has of Ada's profile while the laptop is in it.
	const profile = parseLink((await phone.ready()).me.link);
	if (!profile.ok) throw new Error("a link");
	const read = (path: string, body: Bytes) => {
		const request = path === readRoute.path ? parseRequest(readRoute, body) : undefined;
		return request?.ok === true && equalBytes(request.value.logId, profile.value.logId);
	};
	const old = await world.home.request(readRoute.path, {
		method: "POST",
		body: encodeRequest(readRoute, {
			logId: profile.value.logId,
			readCap: profile.value.readCap.use((cap) => cap.slice()) as Bytes,
			after: 0,
			limit: 512,
		}),
		headers: { "content-type": "application/cbor" },
	});
	expect(old.status).toBe(200);
	const before = new Uint8Array(await old.arrayBuffer());
	expectOk(await phone.client.removeDevice(await idOf(phone, "Laptop")));
	await removed(phone, "Laptop", 1);
	// Bob has seen the newer profile once.
	world.advance(7 * 3600_000);
	expectOk(await bob.client.sync());
	const person = (await bob.with("Ada")).people[0]?.account ?? "";
	world.network("Bob").answer = async (path, body) => (read(path, body) ? before : undefined);
	expect(await bob.client.createGroup({ name: "After", people: [person] })).toMatchObject({
		error: { kind: "refused", code: "oldProfile" },
	});
	world.network("Bob").answer = undefined;
	expectOk(await bob.client.createGroup({ name: "After", people: [person] }));
	await phone.with("After");
	expect((await laptop.ready()).conversations.some(({ title }) => title === "After")).toBe(false);
});

test("D2: removing goes on after a crash at any moment, until the device is out everywhere", {
	timeout: 240_000,
}, async () => {
	for (let dieAt = 1, isOver = false; !isOver; dieAt += 4) {
		const suffix = ` ${dieAt}`;
		const [phone, bob] = await befriend(world, `Ada${suffix}`, `Bob${suffix}`);
		const person = (await phone.with(bob.name)).people[0]?.account ?? "";
		expectOk(await phone.client.createGroup({ name: "Chess", people: [person] }));
		await bob.with("Chess");
		const laptop = await link(world, phone, `Laptop${suffix}`);
		await until("it is in both", async () => (await laptop.ready()).conversations.length === 2);
		await until("nothing is left to do", async () => (await phone.ready()).jobs[0]?.state === "done");
		await phone.client.close();
		const life = new Life();
		const mortal = await world.start(phone.name, phone.store, {}, life);
		await mortal.client.sync();
		life.dieIn(dieAt);
		const work = (async () => {
			expectOk(await mortal.client.removeDevice(await idOf(mortal, laptop.name)));
			await removed(mortal, laptop.name, 2);
			return "lived" as const;
		})();
		const fate = await Promise.race([life.died, work.catch(() => "stuck" as const)]);
		isOver = fate === "lived";
		life.die();
		const again = await world.start(phone.name, phone.store);
		// Dead before it was durable: asked for again.
		if ((await again.ready()).devices.length === 2)
			expectOk(await again.client.removeDevice(await idOf(again, laptop.name)));
		await removed(again, laptop.name, 2);
		await laptop.client.sync();
		expect((await laptop.ready()).conversations.map(({ phase }) => phase)).toEqual(["left", "left"]);
		for (const one of [again, bob, laptop]) await one.client.close();
	}
});
