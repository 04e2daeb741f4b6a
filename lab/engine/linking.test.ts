import { afterEach, beforeEach, expect, test } from "vitest";
import { digitsOf, link, meet } from "./devices.test-kit.ts";
import { befriend, connect, expectOk, homeUrl, openWorld, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

test("D2: a device is linked by a typed code and the same digits on both screens", async () => {
	const phone = await (await world.start("Ada")).create();
	const laptop = await meet(world, phone, "Laptop");
	expect(await digitsOf(phone)).toBe(await digitsOf(laptop));
	expect(await digitsOf(phone)).toMatch(/^\d{6}$/);
	expectOk(await laptop.client.confirmLinking(true));
	expect((await laptop.client.view()).phase).toBe("linking");
	expectOk(await phone.client.confirmLinking(true));
	await until("the laptop is ready", async () => (await laptop.client.view()).phase === "ready");
	const [there, here] = [await laptop.ready(), await phone.ready()];
	expect(there.me).toEqual(here.me);
	expect(there.devices.map(({ thisDevice, primary }) => [thisDevice, primary])).toEqual([
		[true, false],
		[false, false],
	]);
	await until("the phone is done", async () => (await phone.ready()).linking?.step === "done");
	expect((await phone.ready()).devices[1]).toMatchObject({ name: "Laptop", primary: false, thisDevice: false });
	expectOk(await phone.client.cancelLinking());
	expect((await phone.ready()).linking).toBeUndefined();
	expect(phone.store.keysLike("linking")).toEqual([]);
	expect(laptop.store.keysLike("linking")).toEqual([]);
});

test("D1: a device that is not primary neither renames the account nor links another", async () => {
	const phone = await (await world.start("Ada")).create();
	const laptop = await link(world, phone, "Laptop");
	expect(await laptop.client.rename("Eve")).toMatchObject({ error: { kind: "notPrimary" } });
	expect(await laptop.client.linkDevice("00000-00000")).toMatchObject({ error: { kind: "notPrimary" } });
	// What it was handed holds no account key.
	const seed = phone.store.rows.get("account") as Uint8Array;
	expect(seed.length).toBeGreaterThan((laptop.store.rows.get("account") as Uint8Array).length);
});

test("D2: another string on the screens, a wrong code, a cancelled one: nothing is left behind", async () => {
	const phone = await (await world.start("Ada")).create();
	for (const code of ["nonsense", "00000-00000"])
		expect(await phone.client.linkDevice(code)).toMatchObject({ error: { kind: "badLink" } });
	const laptop = await meet(world, phone, "Laptop");
	expectOk(await laptop.client.confirmLinking(false));
	for (const device of [laptop, phone])
		await until("it ends", async () => {
			const view = await device.client.view();
			const linking = view.phase === "linking" || view.phase === "ready" ? view.linking : undefined;
			return linking?.step === "failed" && linking.reason === "mismatch";
		});
	expectOk(await laptop.client.cancelLinking());
	expect((await laptop.client.view()).phase).toBe("noAccount");
	expect((await phone.ready()).devices).toHaveLength(1);
	expect(laptop.store.keysLike("linking")).toEqual([]);
	// The same device, another try, another code.
	expectOk(await laptop.client.startLinking({ home: homeUrl, deviceName: "Laptop" }));
});

test("D2: six devices at most", { timeout: 180_000 }, async () => {
	const phone = await (await world.start("Ada")).create();
	for (let n = 2; n <= 6; n++) await link(world, phone, `Device ${n}`);
	expect((await phone.ready()).devices).toHaveLength(6);
	expect(await phone.client.linkDevice("00000-00000")).toMatchObject({ ok: false });
	const seventh = await world.start("Device 7");
	expectOk(await seventh.client.startLinking({ home: homeUrl, deviceName: "Device 7" }));
	const view = await seventh.client.view();
	const code = view.phase === "linking" && view.linking.step === "showCode" ? view.linking.code : "";
	expect(await phone.client.linkDevice(code)).toMatchObject({ error: { kind: "tooMany" } });
});

test("D2: a linked device enters every conversation, of two and of many, and writes there as its person", async () => {
	const [phone, bob] = await befriend(world);
	const group = expectOk(
		await phone.client.createGroup({ name: "Chess", people: [(await phone.with("Bob")).people[0]?.account ?? ""] }),
	).conversation;
	await until("Bob is in the group", async () => {
		await bob.client.sync();
		return (await bob.ready()).conversations.some(({ id, phase }) => id === group && phase === "active");
	});
	await bob.say("Ada", "before");
	await until("it came", async () => (await phone.texts("Bob")).includes("before"));
	const laptop = await link(world, phone, "Laptop");
	await until("the laptop is in both", async () => {
		const { conversations } = await laptop.ready();
		return conversations.length === 2 && conversations.every(({ phase }) => phase === "active");
	});
	await until("the phone has brought it in", async () => (await phone.ready()).jobs[0]?.state === "done");
	expect((await phone.ready()).jobs[0]).toMatchObject({ kind: "addDevice", deviceName: "Laptop", done: 2, total: 2 });
	await until("the history is told too", async () => (await phone.ready()).jobs.every(({ state }) => state === "done"));
	for (const { id } of (await phone.ready()).jobs) expectOk(await phone.client.dismissJob(id));
	expect((await phone.ready()).jobs).toEqual([]);
	const kinds = (await laptop.ready()).conversations.map(({ title, kind }) => [title, kind] as const);
	expect(Object.fromEntries(kinds)).toEqual({ Bob: "direct", Chess: "group" });
	// C1: a joiner opens nothing older than itself. What it has of before, the phone has handed it.
	await until("the history is here", async () => (await laptop.texts("Bob")).join() === "before");
	await laptop.say("Bob", "from the laptop");
	await laptop.say("Chess", "to all");
	await bob.say("Ada", "to both");
	for (const [who, name, expected] of [
		[bob, "Ada", ["> before", "from the laptop", "> to both"]],
		[phone, "Bob", ["before", "> from the laptop", "to both"]],
		[laptop, "Bob", ["before", "> from the laptop", "to both"]],
		[phone, "Chess", ["> to all"]],
		[bob, "Chess", ["to all"]],
	] as const)
		await until(`${who.name} reads ${name}`, async () => {
			await who.client.sync();
			return JSON.stringify((await who.texts(name)).toSorted()) === JSON.stringify([...expected].toSorted());
		});
	// The conversation of the own devices is nobody's to see.
	for (const device of [phone, laptop]) expect((await device.ready()).conversations).toHaveLength(2);
});

test("D2: what one device knows of the account's devices and settings, the others know", async () => {
	const phone = await (await world.start("Ada")).create();
	expectOk(await phone.client.changeSetting("theme", "dark"));
	const laptop = await link(world, phone, "Laptop");
	await until("the laptop has the setting", async () => (await laptop.ready()).settings.theme === "dark");
	const [own] = (await laptop.ready()).devices;
	expectOk(await laptop.client.renameDevice(own?.id ?? "", "Thinkpad"));
	expectOk(await laptop.client.changeSetting("theme", "light"));
	await until("the phone has both", async () => {
		const { devices, settings } = await phone.ready();
		return settings.theme === "light" && devices[1]?.name === "Thinkpad";
	});
	expectOk(await phone.client.rename("Ada L."));
	await until("the account's name follows", async () => (await laptop.ready()).me.name === "Ada L.");
	const tablet = await link(world, phone, "Tablet");
	await until("all know all", async () => {
		const lists = [await phone.ready(), await laptop.ready(), await tablet.ready()].map(({ devices }) => devices);
		const names = lists.map((list) =>
			list
				.map(({ name }) => name)
				.toSorted()
				.join(),
		);
		return names.every((list) => list === ",Tablet,Thinkpad");
	});
});

test("C1: a conversation that begins later has all devices of its account in it", async () => {
	const phone = await (await world.start("Ada")).create();
	const laptop = await link(world, phone, "Laptop");
	const bob = await (await world.start("Bob")).create();
	await connect(phone, bob);
	await laptop.with("Bob");
	await bob.say("Ada", "hello both");
	for (const device of [phone, laptop])
		await until("it came", async () => (await device.texts("Bob")).includes("hello both"));
});
