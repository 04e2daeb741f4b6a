import type { Bytes } from "@sotto/bytes";
import { randomBytes, sealCommit } from "@sotto/crypto";
import { encodeStatedPosition, positionToState } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { strandSibling } from "../../packages/crypto/src/mls/attacker.test-kit.ts";
import { crewWithEve, type WithEve } from "./eve.test-kit.ts";
import { forbiddenCommits, memberCommits, sealedAgain, statedBy } from "./evil-commits.test-kit.ts";
import { packageIn } from "./foreign-welcome.test-kit.ts";
import { Puppet, rules } from "./puppet.test-kit.ts";
import { expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Whom a person was told of as having broken the rules, each line once. */
async function named(person: Person): Promise<readonly (string | undefined)[]> {
	const items = await person.items("Crew");
	return items.flatMap((item) => (item.kind === "event" && item.event === "misbehaved" ? [item.person?.name] : []));
}

/** Each says something, and each of the others reads it. */
async function allTalk(people: readonly Person[], round: string): Promise<void> {
	for (const person of people) {
		const text = `${round}, ${person.name}`;
		await person.say("Crew", text);
		for (const reader of people)
			await until(`${reader.name} reads ${text}`, async () =>
				(await reader.texts("Crew")).some((one) => one === text || one === `> ${text}`),
			);
	}
}

async function expectNothingCame(
	{ ada, others, eve }: WithEve,
	attacks: Readonly<Record<string, () => Promise<void>>>,
) {
	const people = [ada, ...others];
	const before = (await ada.with("Crew")).members;
	for (const [name, attack] of Object.entries(attacks)) {
		await attack();
		await allTalk(people, name);
		for (const person of people) expect((await person.with("Crew")).alarm, name).toBeUndefined();
	}
	expect((await ada.with("Crew")).members).toEqual(before);
	expect((await inStore(ada)).state.epoch).toBe(eve.state.epoch);
}

/** The group as it stands in a person's store. */
async function inStore(person: Person): Promise<Puppet> {
	return Puppet.of(world, person.store, (await person.with("Crew")).id);
}

/** The attack of every commit in a list, one after the other. */
function attacks(
	eve: Puppet,
	commits: Readonly<Record<string, (eve: Puppet, victim: number, stranger: Bytes) => Promise<Bytes>>>,
	{ victim, stranger }: { readonly victim: number; readonly stranger: Bytes },
) {
	const all = Object.entries(commits).map(([name, build]) => {
		const attack = async () => void (await eve.append(await build(eve, victim, stranger)));
		return [name, attack] as const;
	});
	return Object.fromEntries(all);
}

const newcomersPackage = async () => packageIn((await (await world.start("Stranger")).create()).store);

test("C2, C9: a member's forbidden commits change nothing, and everybody is told once who signed them", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"]);
	const { ada, others, eve } = crew;
	const about = { victim: 1, stranger: await newcomersPackage() };
	await expectNothingCame(crew, attacks(eve, { ...memberCommits, ...forbiddenCommits }, about));
	for (const person of [ada, ...others]) expect(await named(person)).toEqual(["Eve"]);
}, 60_000);

test("D1: an admin puts no leaf of her own under another's name, and is named for trying", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"], { eveIsAdmin: true });
	const { ada, others, eve } = crew;
	const adminToo = ["swaps a leaf", "adds a leaf under another's name", "leaves nobody admin"] as const;
	const commits = Object.fromEntries(adminToo.map((name) => [name, forbiddenCommits[name]]));
	await expectNothingCame(crew, attacks(eve, commits, { victim: 0, stranger: new Uint8Array() }));
	for (const person of [ada, ...others]) expect(await named(person)).toEqual(["Eve"]);
}, 60_000);

test("C2: noise, replays and another's words sealed again leave no trace, and nobody is named for what anybody could have sent", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"]);
	const { ada, others, eve } = crew;
	const bobs = async () => (await eve.records()).at(-1) as Bytes;
	await expectNothingCame(crew, {
		noise: async () => void (await eve.append(randomBytes(4096))),
		"noise inside": async () => void (await eve.append(await eve.sealMls(randomBytes(900)))),
		"Bob's last record again": async () => void (await eve.append(await bobs())),
		"Bob's words under Bob's next key": async () => void (await eve.append(await sealedAgain(eve, await bobs(), 1))),
	});
	for (const person of [ada, ...others]) expect(await named(person)).toEqual([]);
}, 60_000);

/** A commit whose path everybody can open but Cyd, who stands beside Eve in the tree. */
async function strandCyd(eve: Puppet, ada: Person): Promise<void> {
	const authenticatedData = encodeStatedPosition(positionToState(eve.state));
	const honest = await sealCommit(eve.group, { authenticatedData, forcePath: true }, rules);
	if (!honest.ok) throw new Error("an update is allowed");
	const witness = (await inStore(ada)).group;
	const { mlsBytes } = honest.value;
	const forged = await strandSibling(eve.group, witness, { mlsBytes, authenticatedData: statedBy(eve) });
	await eve.append(await eve.sealMls(forged));
}

test("C3: a commit that one member cannot open stops that member, who names its author and is let in again; the others go on and put her out", async () => {
	const { ada, others, eve } = await crewWithEve(world, ["Bob", "Eve", "Cyd"]);
	const [bob, cyd] = others as [Person, Person];
	await strandCyd(eve, ada);
	// Ada, whom Cyd asks to be let in again (D3), is not there yet.
	world.network("Ada").offline = true;
	expectOk(await cyd.client.sync());
	await until("Cyd has stopped", async () => (await cyd.with("Crew")).phase === "stopped");
	const { alarm } = await cyd.with("Crew");
	expect(alarm?.kind === "stranded" && alarm.by?.name).toBe("Eve");
	world.network("Ada").offline = false;
	expectOk(await ada.client.sync());
	await until("Cyd is in again", async () => (await cyd.with("Crew")).phase === "active");
	await allTalk([ada, bob, cyd], "with Cyd again");
	const { id, people } = await ada.with("Crew");
	const account = people.find(({ name }) => name === "Eve")?.account as string;
	expectOk(await ada.client.removePerson(id, account));
	await until("Eve is out", async () => (await bob.with("Crew")).members.length === 3);
	await allTalk([ada, bob, cyd], "without Eve");
	for (const person of [ada, bob, cyd]) expect((await person.with("Crew")).alarm).toBeUndefined();
}, 60_000);

test("C8, D3: the alarm that a member signed stays when the device is let in again", async () => {
	const { ada, others, eve } = await crewWithEve(world, ["Bob", "Eve", "Cyd"]);
	const [bob, cyd] = others as [Person, Person];
	const stated = positionToState(eve.state);
	const forked = { ...stated, at: { seq: stated.at.seq, head: randomBytes(32) } };
	await eve.append(await eve.sealText("from another history", forked));
	for (const person of [ada, bob, cyd]) expectOk(await person.client.sync());
	for (const person of [ada, bob, cyd])
		await until("all are alarmed", async () => (await person.with("Crew")).alarm?.kind === "forked");
	await strandCyd(eve, ada);
	expectOk(await cyd.client.sync());
	const events = async () => (await cyd.items("Crew")).flatMap((item) => (item.kind === "event" ? [item.event] : []));
	await until("Cyd is in again", async () => (await events()).includes("deviceReadmitted"));
	expect(await cyd.with("Crew")).toMatchObject({ phase: "active", alarm: { kind: "forked" } });
}, 60_000);
