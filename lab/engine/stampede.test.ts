import { appendRoute } from "@sotto/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const options = { suite: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519" } as const;
const start = async (name: string) => (await world.start(name, undefined, options)).create();

test("C11: eight people who are added together do not commit over each other, and are all rung soon after", async () => {
	const ada = await start("Ada");
	const others: Person[] = [];
	for (let n = 1; n <= 8; n++) {
		const other = await start(`Member ${n}`);
		await connect(ada, other);
		others.push(other);
	}
	const people = await Promise.all(others.map(async (person) => (await person.ready()).me.account));
	await until("contacts are settled", async () =>
		[ada, ...others].every(({ store }) => store.keysLike("outbox/").length === 0),
	);
	let appends = 0;
	for (const { name } of others)
		world.network(name).onPost = (path) => {
			if (path === appendRoute.path) appends++;
			return undefined;
		};
	const { conversation } = expectOk(await ada.client.createGroup({ name: "Crew", people }));
	const ringsOf = (person: Person) => person.store.keysLike(`ring/${conversation}/`).length;
	await until(
		"everybody knows where everybody is rung",
		async () => [ada, ...others].every((one) => ringsOf(one) === 9),
		180_000,
	);
	// Each owes a commit and a message: 16 at least. All at once they were 62.
	expect(appends).toBeLessThan(8 * 4);
	await ada.say("Crew", "all here?");
	for (const person of others)
		await until("it is read", async () => (await person.texts("Crew")).includes("all here?"));
}, 90_000);
