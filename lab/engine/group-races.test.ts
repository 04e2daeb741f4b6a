import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const accountOf = async (person: Person) => (await person.ready()).me.account;

type Crew = { readonly id: string; readonly ada: Person; readonly bob: Person; readonly cyd: Person };

/** Ada and Bob, both admins, and Cyd; both know Cyd. Everybody has read everything. */
async function crew(): Promise<Crew> {
	const [ada, bob, cyd] = await Promise.all(
		["Ada", "Bob", "Cyd"].map(async (name) => (await world.start(name)).create()),
	);
	if (ada === undefined || bob === undefined || cyd === undefined) throw new Error("three people");
	await connect(ada, bob);
	await connect(ada, cyd);
	await connect(bob, cyd);
	const people = [await accountOf(bob), await accountOf(cyd)];
	const { conversation: id } = expectOk(await ada.client.createGroup({ name: "Crew", people }));
	expectOk(await ada.client.setRole(id, await accountOf(bob), "admin"));
	for (const person of [bob, cyd]) await person.say("Crew", `${person.name} here`);
	await until("Bob is admin", async () => (await bob.with("Crew")).myRole === "admin");
	for (const person of [ada, bob, cyd])
		await until("all read all", async () => (await person.texts("Crew")).length === 2);
	await settled(ada, bob, cyd);
	return { id, ada, bob, cyd };
}

/** Nothing is on its way or wished for at any of them. */
async function settled(...people: readonly Person[]): Promise<void> {
	await until(
		"nothing is open",
		async () => {
			for (const person of people) expectOk(await person.client.sync());
			return people.every(({ store }) => ["outbox/", "wish/"].every((table) => store.keysLike(table).length === 0));
		},
		180_000,
	);
}

/** Each acts while cut off from the others; then all come back at once. */
async function atOnce(acts: readonly (readonly [Person, () => Promise<unknown>])[]): Promise<void> {
	for (const [person] of acts) world.network(person.name).offline = true;
	for (const [, act] of acts) expectOk((await act()) as Parameters<typeof expectOk>[0]);
	for (const [person] of acts) world.network(person.name).offline = false;
	await Promise.all(acts.map(([person]) => person.client.sync()));
}

async function rolesIn(person: Person, id: string): Promise<readonly string[] | undefined> {
	const found = (await person.ready()).conversations.find((one) => one.id === id);
	if (found === undefined || found.phase !== "active") return undefined;
	return found.members.map(({ name, role, isMe }) => `${isMe ? person.name : name} ${role}`).toSorted();
}

/** Those who are in agree on who is, and talk. */
async function agree({ id }: Crew, people: readonly Person[]): Promise<readonly string[]> {
	await settled(...people);
	const [first] = people as [Person];
	const roles = (await rolesIn(first, id)) ?? [];
	for (const person of people) expect(await rolesIn(person, id)).toEqual(roles);
	for (const person of people) {
		const text = `${person.name} after it`;
		expectOk(await person.client.sendMessage(id, text));
		for (const reader of people)
			await until(`${reader.name} reads ${text}`, async () =>
				(await reader.client.history(id)).items.some((item) => item.kind === "message" && item.text === text),
			);
	}
	for (const person of people)
		expect((await person.ready()).conversations.find((one) => one.id === id)?.alarm).toBeUndefined();
	return roles;
}

test("C2, C4: two admins add the same person at once: it comes in once, and both are content", async () => {
	const group = await crew();
	const { id, ada, bob, cyd } = group;
	expectOk(await ada.client.removePerson(id, await accountOf(cyd)));
	await until("Cyd is out", async () => (await cyd.with("Crew")).phase === "left");
	await settled(ada, bob);
	const add = async (by: Person) => by.client.addPeople(id, [await accountOf(cyd)]);
	// Profiles are read before the wish is stored: what is held back is the commit alone.
	let held = true;
	for (const { name } of [ada, bob])
		world.network(name).onPost = (path) => (held && path === "/v1/log/append" ? "lost" : undefined);
	expectOk(await add(ada));
	expectOk(await add(bob));
	await until("both have sealed", async () =>
		[ada, bob].every(({ store }) => store.keysLike("outbox/").some((key) => key.includes(id))),
	);
	held = false;
	await Promise.all([ada, bob].map(({ client }) => client.sync()));
	await until("Cyd is back", async () => (await cyd.with("Crew")).phase === "active");
	expect(await agree(group, [ada, bob, cyd])).toEqual(["Ada admin", "Bob admin", "Cyd member"]);
	const came = (await bob.items("Crew")).filter((item) => item.kind === "event" && item.event === "personAdded");
	// When it was founded Bob was not in yet: he saw Cyd come once.
	expect(came).toHaveLength(1);
}, 90_000);

test("C9: two admins who remove each other at once: one is out, the other stays, and the group goes on", async () => {
	const group = await crew();
	const { id, ada, bob, cyd } = group;
	const [adas, bobs] = [await accountOf(ada), await accountOf(bob)];
	await atOnce([
		[ada, () => ada.client.removePerson(id, bobs)],
		[bob, () => bob.client.removePerson(id, adas)],
	]);
	const phases = async () =>
		Promise.all([ada, bob].map(async (one) => (await one.ready()).conversations.find((c) => c.id === id)?.phase));
	await until("one is out", async () => (await phases()).includes("left"));
	expect(new Set(await phases())).toEqual(new Set(["active", "left"]));
	const winner = (await phases())[0] === "active" ? ada : bob;
	expect(await agree(group, [winner, cyd])).toEqual(["Cyd member", `${winner.name} admin`].toSorted());
}, 90_000);

test("C9: role changes that cross leave an admin, and a wish of whom another has demoted meanwhile is dropped", async () => {
	const group = await crew();
	const { id, ada, bob, cyd } = group;
	const [adas, bobs, cyds] = [await accountOf(ada), await accountOf(bob), await accountOf(cyd)];
	await atOnce([
		[ada, () => ada.client.setRole(id, bobs, "member")],
		[bob, () => bob.client.setRole(id, adas, "member")],
	]);
	const roles = await agree(group, [ada, bob, cyd]);
	expect(roles.filter((role) => role.endsWith("admin"))).toHaveLength(1);
	const [admin, other] = roles.includes("Ada admin") ? [ada, bob] : [bob, ada];
	expectOk(await admin.client.setRole(id, await accountOf(other), "admin"));
	await until("admin again", async () => (await other.with("Crew")).myRole === "admin");
	// One is demoted while it removes Cyd: which of the two counts first, decides.
	await atOnce([
		[admin, () => admin.client.setRole(id, other === bob ? bobs : adas, "member")],
		[other, () => other.client.removePerson(id, cyds)],
	]);
	const isIn = async () => (await cyd.with("Crew")).phase === "active";
	await settled(admin, other);
	expectOk(await cyd.client.sync());
	await agree(group, (await isIn()) ? [ada, bob, cyd] : [ada, bob]);
}, 90_000);

test("C2: one admin removes a person while the other makes it admin: whichever counts first, all agree, and nobody is half in", async () => {
	const group = await crew();
	const { id, ada, bob, cyd } = group;
	const cyds = await accountOf(cyd);
	await atOnce([
		[ada, () => ada.client.removePerson(id, cyds)],
		[bob, () => bob.client.setRole(id, cyds, "admin")],
	]);
	await settled(ada, bob);
	await until("Cyd is out", async () => (await cyd.with("Crew")).phase === "left");
	expect(await agree(group, [ada, bob])).toEqual(["Ada admin", "Bob admin"]);
	// Out and in again, by the other admin: with the history that Cyd had.
	expectOk(await bob.client.addPeople(id, [cyds]));
	await until("Cyd is back", async () => (await cyd.with("Crew")).phase === "active");
	expect(await agree(group, [ada, bob, cyd])).toEqual(["Ada admin", "Bob admin", "Cyd member"]);
	expect(await cyd.texts("Crew")).toContain("Bob here");
}, 90_000);

test("C9: who leaves while an admin removes it is out once, and an admin may leave when another is left", async () => {
	const group = await crew();
	const { id, ada, bob, cyd } = group;
	const cyds = await accountOf(cyd);
	await atOnce([
		[cyd, () => cyd.client.leaveGroup(id)],
		[ada, () => ada.client.removePerson(id, cyds)],
	]);
	await until("Cyd is out", async () => (await cyd.with("Crew")).phase === "left");
	expect(await agree(group, [ada, bob])).toEqual(["Ada admin", "Bob admin"]);
	expectOk(await ada.client.leaveGroup(id));
	await settledAfter(600_000, [bob, ada]);
	await until("Ada is out", async () => (await ada.with("Crew")).phase === "left");
	expect(await agree(group, [bob])).toEqual(["Bob admin"]);
	expect(await bob.client.leaveGroup(id)).toEqual({ ok: false, error: { kind: "lastAdmin" } });
}, 90_000);

/** What waits for its random time (C11) is due. */
async function settledAfter(ms: number, people: readonly Person[]): Promise<void> {
	await until("the leave was read", async () => people[0]?.store.keysLike("wish/").length !== 0);
	world.advance(ms);
	for (const person of people) expectOk(await person.client.sync());
}
