import { afterEach, beforeEach, expect, test } from "vitest";
import { link } from "./devices.test-kit.ts";
import { befriend, connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Ada with phone and laptop, and Bob, whom both know. */
async function adaAndBob(): Promise<{ readonly phone: Person; readonly laptop: Person; readonly bob: Person }> {
	const [phone, bob] = await befriend(world);
	const laptop = await link(world, phone, "Laptop");
	await laptop.with("Bob");
	await until("all is told", async () => {
		const { conversations, jobs } = await phone.ready();
		return conversations.length === 1 && jobs.every(({ state }) => state === "done");
	});
	return { phone, laptop, bob };
}

const synced = async (what: string, person: Person, look: () => Promise<boolean>) =>
	until(
		what,
		async () => {
			await person.client.sync();
			return look();
		},
		180_000,
	);
const unreadOf = async (person: Person, other: string) => (await person.with(other)).unread;

test("D2: what was read on one device is read on the others, also on one that was away", {
	timeout: 180_000,
}, async () => {
	const { phone, laptop, bob } = await adaAndBob();
	await bob.say("Ada", "one");
	for (const device of [phone, laptop])
		await synced("it is unread", device, async () => (await unreadOf(device, "Bob")) === 1);
	expectOk(await laptop.client.markRead((await laptop.with("Bob")).id));
	await until("it is read on the phone", async () => (await unreadOf(phone, "Bob")) === 0);
	world.network("Laptop").offline = true;
	await bob.say("Ada", "two");
	await synced("two came", phone, async () => (await unreadOf(phone, "Bob")) === 1);
	expectOk(await phone.client.markRead((await phone.with("Bob")).id));
	await bob.say("Ada", "three");
	await synced("three came", phone, async () => (await unreadOf(phone, "Bob")) === 1);
	world.network("Laptop").offline = false;
	await synced("the laptop is in step", laptop, async () => {
		const { unread, last } = await laptop.with("Bob");
		return unread === 1 && last?.kind === "message" && last.text === "three";
	});
	expect(await laptop.texts("Bob")).toEqual(["one", "two", "three"]);
});

test("D2: contacts, answers to requests and what was deleted follow, while a device was away too", {
	timeout: 180_000,
}, async () => {
	const { phone, laptop, bob } = await adaAndBob();
	world.network("Laptop").offline = true;
	const [carol, dave] = [await (await world.start("Carol")).create(), await (await world.start("Dave")).create()];
	await connect(phone, carol);
	expectOk(await dave.client.addContact((await phone.ready()).me.link));
	const request = await until("Dave asks", async () => {
		await phone.client.sync();
		return (await phone.ready()).requests[0];
	});
	expectOk(await phone.client.ignoreRequest(request.id));
	expectOk(await phone.client.setVerified((await phone.with("Bob")).id, true));
	expectOk(await phone.client.changeSetting("theme", "dark"));
	const person = (await bob.with("Ada")).people[0]?.account ?? "";
	expectOk(await bob.client.createGroup({ name: "Chess", people: [person] }));
	const group = await phone.with("Chess");
	expectOk(await phone.client.leaveGroup(group.id));
	world.advance(30_000);
	await until(
		"the phone is out",
		async () => {
			for (const one of [bob, phone]) await one.client.sync();
			return (await phone.with("Chess")).phase === "left";
		},
		180_000,
	);
	expectOk(await phone.client.deleteConversation(group.id));
	world.network("Laptop").offline = false;
	await synced("the laptop is in step", laptop, async () => {
		const { conversations, requests, settings } = await laptop.ready();
		const titles = conversations
			.map(({ title }) => title)
			.toSorted()
			.join();
		const isVerified = conversations.find(({ title }) => title === "Bob")?.people[0]?.verified === true;
		return titles === "Bob,Carol" && requests.length === 0 && settings.theme === "dark" && isVerified;
	});
	await carol.say("Ada", "hello both");
	for (const device of [phone, laptop])
		await synced("it came", device, async () => (await device.texts("Carol")).includes("hello both"));
});

test("P3: a request that reaches both devices is answered on one, and both are in the conversation", {
	timeout: 180_000,
}, async () => {
	const { phone, laptop } = await adaAndBob();
	const carol = await (await world.start("Carol")).create();
	expectOk(await carol.client.addContact((await laptop.ready()).me.link));
	const [onPhone] = await Promise.all(
		[phone, laptop].map((device) =>
			until("Carol asks", async () => {
				await device.client.sync();
				return (await device.ready()).requests[0];
			}),
		),
	);
	expectOk(await phone.client.acceptRequest(onPhone?.id ?? ""));
	await until("the laptop has nothing open", async () => (await laptop.ready()).requests.length === 0);
	await until("Carol is a contact on both", async () => (await laptop.with("Carol")).phase === "active");
	await carol.say("Ada", "hello both");
	for (const device of [phone, laptop])
		await synced("it came", device, async () => (await device.texts("Carol")).includes("hello both"));
	await laptop.say("Carol", "from the laptop");
	await synced("Carol has it", carol, async () => (await carol.texts("Ada")).includes("from the laptop"));
});

const phaseOf = async (person: Person) => (await person.ready()).call?.phase.name;
const outcomes = async (person: Person, other: string) =>
	(await person.items(other)).flatMap((item) => (item.kind === "call" ? [item.outcome] : []));

test("K1: a call rings on all devices, and answering or declining on one stops the others", {
	timeout: 180_000,
}, async () => {
	const { phone, laptop, bob } = await adaAndBob();
	const conversation = (await bob.with("Ada")).id;
	expectOk(await bob.client.startCall(conversation, { video: false }));
	for (const device of [phone, laptop]) await until("it rings", async () => (await phaseOf(device)) === "ringing");
	expectOk(await laptop.client.answerCall((await laptop.ready()).call?.call ?? ""));
	await until("the phone is still", async () => {
		const phase = await phaseOf(phone);
		return phase !== "ringing";
	});
	expect(["joining", "connected"]).toContain(await phaseOf(laptop));
	for (const one of [laptop, bob])
		expectOk(
			await one.client.reportMedia((await one.ready()).call?.call ?? "", { phase: "connected", participants: 1 }),
		);
	await until("they talk", async () => (await phaseOf(bob)) === "connected");
	expectOk(await bob.client.hangUp((await bob.ready()).call?.call ?? ""));
	for (const device of [phone, laptop])
		await until("it was answered, on either", async () => (await outcomes(device, "Bob")).join() === "answered");
	// The laptop is away while the next one is declined, and finds it declined.
	world.network("Laptop").offline = true;
	await until("Bob's call is over", async () => !["connected", "joining"].includes((await phaseOf(bob)) ?? ""));
	expectOk(await bob.client.startCall(conversation, { video: false }));
	await until("it rings", async () => (await phaseOf(phone)) === "ringing");
	expectOk(await phone.client.declineCall((await phone.ready()).call?.call ?? ""));
	await until("Bob knows", async () => (await outcomes(bob, "Ada")).at(-1) === "declined");
	world.network("Laptop").offline = false;
	await synced("the laptop knows", laptop, async () => (await outcomes(laptop, "Bob")).join() === "answered,declined");
	expect(await outcomes(phone, "Bob")).toEqual(["answered", "declined"]);
	expect((await laptop.with("Bob")).unread).toBe(0);
});
