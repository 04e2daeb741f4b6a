import { afterEach, beforeEach, expect, test } from "vitest";
import { befriend, connect, expectOk, homeUrl, openWorld, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const newPerson = async (name: string) => (await world.start(name)).create();

test("P1, P3: two people come together by a link, and write to each other through the real home", async () => {
	const [ada, bob] = [await newPerson("Ada"), await newPerson("Bob")];
	expectOk(await ada.client.addContact((await bob.ready()).me.link, "It is Ada."));
	await ada.say("Bob", "Waiting for you.");
	const request = await until("Bob is asked", async () => (await bob.ready()).requests[0]);
	expect(request.person.name).toBe("Ada");
	expect(request.greeting).toBe("It is Ada.");
	expect((await ada.with("Bob")).phase).toBe("asked");
	expectOk(await bob.client.acceptRequest(request.id));
	await bob.say("Ada", "Hello, Ada.");
	await until("Ada reads", async () => (await ada.texts("Bob")).includes("Hello, Ada."));
	await until("all is sent", async () => !(await bob.texts("Ada")).some((text) => text.includes("(sending)")));
	expect(await bob.texts("Ada")).toEqual(["It is Ada.", "Waiting for you.", "> Hello, Ada."]);
	expect(await ada.texts("Bob")).toEqual(["> It is Ada.", "> Waiting for you.", "Hello, Ada."]);
	expect((await ada.with("Bob")).phase).toBe("active");
	expect((await bob.with("Ada")).unread).toBe(2);
	expect((await ada.items("Bob")).some((item) => item.kind === "event" && item.event === "contactAccepted")).toBe(true);
	expect((await bob.items("Ada")).some((item) => item.kind === "event" && item.event === "contactAdded")).toBe(true);
});

test("P1: a link is refused in so many words: damaged, one's own, of nobody, of somebody known", async () => {
	const [ada, bob] = await befriend(world);
	const link = (await bob.ready()).me.link;
	const ask = async (text: string) => {
		const asked = await ada.client.addContact(text);
		return asked.ok ? "ok" : asked.error.kind;
	};
	expect(await ask("hello")).toBe("badLink");
	expect(await ask(link.slice(0, -4))).toBe("badLink");
	expect(await ask((await ada.ready()).me.link)).toBe("ownLink");
	expect(await ask(link)).toBe("alreadyContact");
	const code = link.slice(link.indexOf("#") + 1);
	const nobody = `${homeUrl}/#AQ${"A".repeat(code.length - 2)}`;
	expect(await ask(nobody)).toBe("linkLapsed");
	expect(await ask(nobody.replace(homeUrl, "https://elsewhere.test"))).toBe("otherServer");
	world.network("Ada").offline = true;
	expect(await ask(nobody)).toBe("unreachable");
});

test("P3: an ignored request goes without a word, a blocked person cannot ask again", async () => {
	const [ada, bob, eve] = [await newPerson("Ada"), await newPerson("Bob"), await newPerson("Eve")];
	const link = (await bob.ready()).me.link;
	expectOk(await ada.client.addContact(link));
	expectOk(await eve.client.addContact(link));
	await until("both ask", async () => (await bob.ready()).requests.length === 2);
	for (const { id, person } of (await bob.ready()).requests)
		expectOk(await (person.name === "Eve" ? bob.client.blockRequest(id) : bob.client.ignoreRequest(id)));
	expect((await bob.ready()).requests).toEqual([]);
	expect((await ada.with("Bob")).phase).toBe("asked");
	const blocked = await bob.client.addContact((await eve.ready()).me.link);
	expect(blocked.ok ? "ok" : blocked.error.kind).toBe("blocked");
	// After a restart from the store the decisions stand.
	await bob.client.close();
	const again = await world.start("Bob", bob.store);
	expectOk(await again.client.sync());
	expect((await again.ready()).requests).toEqual([]);
});

test("C10: two people who add each other at once end in one conversation, with everything that both wrote", async () => {
	for (let round = 0; round < 3; round++) {
		const [ada, bob] = [await newPerson(`Ada${round}`), await newPerson(`Bob${round}`)];
		world.network(ada.name).offline = false;
		const links = [(await ada.ready()).me.link, (await bob.ready()).me.link] as const;
		const asked = await Promise.all([
			ada.client.addContact(links[1], "from A"),
			bob.client.addContact(links[0], "from B"),
		]);
		for (const each of asked) expectOk(each);
		await ada.say(bob.name, "A two");
		await bob.say(ada.name, "B two");
		await until("both are in contact", async () => {
			await Promise.all([ada.client.sync(), bob.client.sync()]);
			const [one, other] = [await ada.with(bob.name), await bob.with(ada.name)];
			return one.phase === "active" && other.phase === "active";
		});
		await until("everything arrived once", async () => {
			const [one, other] = [await ada.texts(bob.name), await bob.texts(ada.name)];
			const plain = (texts: readonly string[]) => texts.map((text) => text.replace(/^> /, "")).toSorted();
			const all = ["A two", "B two", "from A", "from B"];
			return JSON.stringify(plain(one)) === JSON.stringify(all) && JSON.stringify(plain(other)) === JSON.stringify(all);
		});
		expect((await ada.ready()).conversations).toHaveLength(1);
		expect((await bob.ready()).conversations).toHaveLength(1);
		expect((await bob.ready()).requests).toEqual([]);
	}
});

test("P3: adding somebody who has asked already accepts the request", async () => {
	const [ada, bob] = [await newPerson("Ada"), await newPerson("Bob")];
	expectOk(await ada.client.addContact((await bob.ready()).me.link));
	await until("Bob is asked", async () => (await bob.ready()).requests[0]);
	expectOk(await bob.client.addContact((await ada.ready()).me.link));
	await until("both are in contact", async () => (await ada.with("Bob")).phase === "active");
	expect((await bob.ready()).requests).toEqual([]);
});

test("P2: a new name stands under the same link, and survives a restart", async () => {
	const [ada, bob] = await befriend(world);
	expectOk(await bob.client.rename("Robert"));
	expect((await bob.ready()).me.name).toBe("Robert");
	const carol = await newPerson("Carol");
	await until("the profile is published", async () => {
		const asked = await carol.client.addContact((await bob.ready()).me.link);
		return asked.ok && (await carol.ready()).conversations[0]?.title === "Robert";
	});
	await bob.client.close();
	expect((await (await world.start("Bob", bob.store)).ready()).me.name).toBe("Robert");
	expect((await ada.ready()).conversations).toHaveLength(1);
});

test("the safety number is the same on both sides, in 12 groups of 5 digits, and its code verifies", async () => {
	const [ada, bob] = await befriend(world);
	const [mine, theirs] = [await ada.with("Bob"), await bob.with("Ada")];
	const one = expectOk(await ada.client.safetyNumber(mine.id));
	const other = expectOk(await bob.client.safetyNumber(theirs.id));
	expect(one.groups).toEqual(other.groups);
	expect(one.groups).toHaveLength(12);
	for (const group of one.groups) expect(group).toMatch(/^\d{5}$/);
	const mismatch = await ada.client.compareSafetyNumber(mine.id, other.qr.slice(0, -2));
	expect(mismatch.ok ? "ok" : mismatch.error.kind).toBe("mismatch");
	expectOk(await ada.client.compareSafetyNumber(mine.id, other.qr));
	expect((await ada.with("Bob")).people[0]?.verified).toBe(true);
	const carol = await newPerson("Carol");
	await connect(ada, carol);
	const third = expectOk(await ada.client.safetyNumber((await ada.with("Carol")).id));
	expect(third.groups).not.toEqual(one.groups);
});

test("P1: an account is created only where a server of ours answers, and a name is needed", async () => {
	const person = await world.start("Dan");
	const create = async (name: string, home: string) => {
		const created = await person.client.createAccount({ name, home });
		return created.ok ? "ok" : created.error.kind;
	};
	expect(await create("  ", homeUrl)).toBe("badName");
	expect(await create("x".repeat(65), homeUrl)).toBe("badName");
	expect(await create("Dan", "not a url")).toBe("unreachable");
	world.network("Dan").offline = true;
	expect(await create("Dan", homeUrl)).toBe("unreachable");
	expect((await person.client.view()).phase).toBe("noAccount");
	world.network("Dan").offline = false;
	expect(await create(" Dan  the man ", `${homeUrl}/`)).toBe("ok");
	expect((await person.ready()).me.name).toBe("Dan the man");
	expect(await create("Dan", homeUrl)).toBe("notReady");
});
