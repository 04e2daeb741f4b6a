import { afterEach, beforeEach, expect, test } from "vitest";
import { crewWithEve } from "./eve.test-kit.ts";
import { strandsEverybody } from "./evil-commits.test-kit.ts";
import { Puppet } from "./puppet.test-kit.ts";
import { expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const crewOf = async (person: Person) => (await person.with("Crew")).id;
const isStopped = (person: Person) =>
	until(`${person.name} has stopped`, async () => (await person.with("Crew")).phase === "stopped", 20_000);
const isIn = (person: Person, people: number) =>
	until(
		`${person.name} is in, of ${people}`,
		async () => {
			await person.client.sync();
			const { phase, members } = await person.with("Crew");
			return phase === "active" && members.length === people;
		},
		30_000,
	);

async function says(person: Person, text: string, readers: readonly Person[]): Promise<void> {
	await person.say("Crew", text);
	for (const reader of readers)
		await until(`${reader.name} reads ${text}`, async () => (await reader.texts("Crew")).includes(text));
}

test("C10: a member that strands everybody is left out of the successor that an admin begins; the others go on, with all that was said", {
	timeout: 60_000,
}, async () => {
	const { ada, others, eve } = await crewWithEve(world, ["Bob", "Eve"]);
	const bob = others[0] as Person;
	expect(await ada.client.startSuccessor(await crewOf(ada))).toMatchObject({ error: { kind: "refused" } });
	await eve.append(await strandsEverybody(eve));
	for (const person of [ada, bob]) {
		await person.client.sync();
		await isStopped(person);
		const { alarm } = await person.with("Crew");
		expect(alarm?.kind === "stranded" && alarm.by?.name).toBe("Eve");
	}
	expect(await bob.client.startSuccessor(await crewOf(bob))).toMatchObject({ error: { kind: "notAdmin" } });
	const [before, id] = [await ada.texts("Crew"), await crewOf(ada)];
	expectOk(await ada.client.startSuccessor(id));
	for (const person of [ada, bob]) await isIn(person, 2);
	expect(await crewOf(bob)).toBe(id);
	await says(ada, "without her", [bob]);
	await says(bob, "with you", [ada]);
	expect(await ada.texts("Crew")).toEqual([...before, "> without her", "with you"]);
	for (const person of [ada, bob]) {
		const items = await person.items("Crew");
		expect(items.filter((item) => item.kind === "event" && item.event === "successor")).toHaveLength(1);
		expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
		expect((await person.with("Crew")).members.map(({ name }) => name).sort()).toEqual(["Ada", "Bob"]);
	}
	// Eve is not in the group in which they talk.
	expect((await Puppet.of(world, bob.store, id)).state.groupId).not.toEqual(eve.state.groupId);
	await bob.client.close();
	const again = await world.start("Bob", bob.store);
	await says(again, "after a restart", [ada]);
});
