import { Puppet } from "./puppet.test-kit.ts";
import { connect, expectOk, type Person, until, type World } from "./world.test-kit.ts";

export type WithEve = {
	readonly ada: Person;
	/** In the order of their leaves, behind Ada's; Eve is not among them. */
	readonly others: readonly Person[];
	readonly eve: Puppet;
};

/**
 * Ada's group "Crew" with `names`, one of whom is Eve: her client is gone, and a puppet acts with her keys. Everybody has read
 * everybody, and nothing is on its way.
 */
export async function crewWithEve(
	world: World,
	names: readonly string[],
	{ eveIsAdmin = false, eveKnowsAll = false } = {},
): Promise<WithEve> {
	const ada = await (await world.start("Ada")).create();
	const others: Person[] = [];
	for (const name of names) others.push(await (await world.start(name)).create());
	for (const person of others) await connect(ada, person);
	const people = await Promise.all(others.map(async (person) => (await person.ready()).me.account));
	const { conversation } = expectOk(await ada.client.createGroup({ name: "Crew", people }));
	const eve = others.find(({ name }) => name === "Eve") as Person;
	if (eveKnowsAll) for (const person of others) if (person !== eve) await connect(eve, person);
	if (eveIsAdmin) expectOk(await ada.client.setRole(conversation, (await eve.ready()).me.account, "admin"));
	await ada.say("Crew", "welcome");
	for (const person of others) {
		await until(`${person.name} reads`, async () => (await person.texts("Crew")).includes("welcome"));
		await person.say("Crew", `${person.name} is here`);
	}
	const all = [ada, ...others];
	for (const person of all) await until("all read all", async () => (await person.texts("Crew")).length === all.length);
	if (eveIsAdmin) await until("Eve is admin", async () => (await eve.with("Crew")).myRole === "admin");
	await until("nothing is on its way", async () =>
		all.every(({ store }) => ["outbox/", "wish/"].every((table) => store.keysLike(table).length === 0)),
	);
	for (const person of all) expectOk(await person.client.sync());
	await eve.client.close();
	return {
		ada,
		others: others.filter((person) => person !== eve),
		eve: await Puppet.of(world, eve.store, conversation),
	};
}
