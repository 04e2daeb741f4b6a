import { copyBytes } from "@sotto/bytes";
import {
	createKeyPackage,
	generateLeafSignatureKey,
	members,
	openRecord,
	randomBytes,
	sealCommit,
} from "@sotto/crypto";
import { encodePolicy, encodeStatedPosition, parsePolicy, positionToState, secretsOf } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeOwnPackage } from "../../packages/client/src/account/record.ts";
import {
	add,
	extensions,
	forgePath,
	inline,
	libraryState,
	remove,
	sealAgain,
	strandSibling,
} from "../../packages/crypto/src/mls/attacker.test-kit.ts";
import { decodePackage } from "../../packages/crypto/src/mls/key-package.ts";
import { policyExtensionType } from "../../packages/crypto/src/mls/state.ts";
import { crewWithEve, signed, statedBy, type WithEve } from "./eve.test-kit.ts";
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

/** A leaf under somebody else's name: its credential, another's keys (D1). */
async function swappedLeaf(eve: Puppet, victim: number) {
	const credential = members(eve.group).find(({ leaf }) => leaf === victim)?.credential as Uint8Array;
	const signatureKey = await generateLeafSignatureKey();
	const now = Date.now();
	const own = await createKeyPackage({ credential: copyBytes(credential), signatureKey, now, lifetimeMs: 86_400_000 });
	const decoded = decodePackage(own.publicBytes);
	if (!decoded.ok) throw new Error("it was just made");
	return add(decoded.value);
}

function policyOf(eve: Puppet) {
	const bytes = libraryState(eve.group).groupContext.extensions.find(
		({ extensionType }) => extensionType === policyExtensionType,
	)?.extensionData;
	const policy = parsePolicy(bytes ?? new Uint8Array());
	if (!policy.ok) throw new Error("the group has a policy");
	return policy.value;
}

const policyProposal = (policy: Parameters<typeof encodePolicy>[0]) =>
	extensions({ extensionType: policyExtensionType, extensionData: encodePolicy(policy) });

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

/** What a stranger's device would come in by. */
async function strangersPackage() {
	const stranger = await (await world.start("Stranger")).create();
	const [key] = stranger.store.keysLike("package/");
	const own = decodeOwnPackage(stranger.store.rows.get(key as string) as Uint8Array);
	const decoded = decodePackage(own.ok ? own.value.publicBytes : new Uint8Array());
	if (!decoded.ok) throw new Error("an account has a package");
	return decoded.value;
}

test("C2, C9: a member's forbidden commits change nothing, and everybody is told once who signed them", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"]);
	const { ada, others, eve } = crew;
	const people = policyOf(eve).people.map((person) => ({ ...person, role: "admin" as const }));
	await expectNothingCame(crew, {
		"removes Bob": async () =>
			void (await eve.append(await signed(eve, { proposals: inline(remove(1)), path: "forged" }))),
		"makes herself admin": async () =>
			void (await eve.append(
				await signed(eve, { proposals: inline(policyProposal({ ...policyOf(eve), people })), path: "forged" }),
			)),
		"removes Ada without a path": async () =>
			void (await eve.append(await signed(eve, { proposals: inline(remove(0)) }))),
		"leaves out half of a path": async () => {
			const path = await forgePath(eve.group, libraryState(eve.group).ratchetTree);
			await eve.append(await signed(eve, { proposals: [], path: { ...path, nodes: path.nodes.slice(1) } }));
		},
		"a key that breaks every later commit": async () => {
			const tree = libraryState(eve.group).ratchetTree;
			const path = await forgePath(eve.group, tree, { nodeKey: () => new Uint8Array(1216).fill(0xff) });
			await eve.append(await signed(eve, { proposals: [], path }));
		},
	});
	for (const person of [ada, ...others]) expect(await named(person)).toEqual(["Eve"]);
}, 60_000);

test("D1: an admin puts no leaf of her own under another's name, and is named for trying", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"], { eveIsAdmin: true });
	const { ada, others, eve } = crew;
	await expectNothingCame(crew, {
		"swaps Bob's leaf": async () => {
			const proposals = inline(remove(1), await swappedLeaf(eve, 1));
			await eve.append(await signed(eve, { proposals, path: "forged" }));
		},
		"adds a leaf as Ada": async () =>
			void (await eve.append(await signed(eve, { proposals: inline(await swappedLeaf(eve, 0)) }))),
		"leaves nobody admin": async () => {
			const people = policyOf(eve).people.map((person) => ({ ...person, role: "member" as const }));
			const policy = { ...policyOf(eve), people };
			await eve.append(await signed(eve, { proposals: inline(policyProposal(policy)), path: "forged" }));
		},
		"adds a device of nobody in the policy": async () =>
			void (await eve.append(await signed(eve, { proposals: inline(add(await strangersPackage())) }))),
	});
	for (const person of [ada, ...others]) expect(await named(person)).toEqual(["Eve"]);
}, 60_000);

test("C2: noise, replays and another's words sealed again leave no trace, and nobody is named for what anybody could have sent", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"]);
	const { ada, others, eve } = crew;
	const bobs = async () => {
		const record = copyBytes((await eve.records()).at(-1) as Uint8Array);
		const mls = await openRecord(secretsOf(eve.state.log).sealKey, record);
		if (!mls.ok) throw new Error("a record of the group opens");
		return { record, mlsBytes: mls.value };
	};
	await expectNothingCame(crew, {
		noise: async () => void (await eve.append(randomBytes(4096))),
		"noise inside": async () => void (await eve.append(await eve.sealMls(randomBytes(900)))),
		"Bob's last record again": async () => void (await eve.append((await bobs()).record)),
		"Bob's words under Bob's next key": async () =>
			void (await eve.append(await eve.sealMls(await sealAgain(eve.group, (await bobs()).mlsBytes, 1)))),
	});
	for (const person of [ada, ...others]) expect(await named(person)).toEqual([]);
}, 60_000);

test("C3: a commit that one member cannot open stops that member, who names its author and is let in again; the others go on and put her out", async () => {
	const { ada, others, eve } = await crewWithEve(world, ["Bob", "Eve", "Cyd"]);
	const [bob, cyd] = others as [Person, Person];
	const authenticatedData = encodeStatedPosition(positionToState(eve.state));
	const honest = await sealCommit(eve.group, { authenticatedData, forcePath: true }, rules);
	if (!honest.ok) throw new Error("an update is allowed");
	const witness = (await inStore(ada)).group;
	const { mlsBytes } = honest.value;
	const forged = await strandSibling(eve.group, witness, { mlsBytes, authenticatedData: statedBy(eve) });
	await eve.append(await eve.sealMls(forged));
	// Ada, whom Cyd asks to be let in again (D3), is not there yet.
	world.network("Ada").offline = true;
	expectOk(await cyd.client.sync());
	await until("Cyd has stopped", async () => (await cyd.with("Crew")).phase === "stopped");
	const { alarm } = await cyd.with("Crew");
	expect(alarm?.kind === "stranded" && alarm.by?.name).toBe("Eve");
	world.network("Ada").offline = false;
	expectOk(await ada.client.sync());
	await until("Cyd is in again", async () => (await cyd.with("Crew")).phase === "active", 20_000);
	await allTalk([ada, bob, cyd], "with Cyd again");
	const { id, people } = await ada.with("Crew");
	const account = people.find(({ name }) => name === "Eve")?.account as string;
	expectOk(await ada.client.removePerson(id, account));
	await until("Eve is out", async () => (await bob.with("Crew")).members.length === 3);
	await allTalk([ada, bob, cyd], "without Eve");
	for (const person of [ada, bob, cyd]) expect((await person.with("Crew")).alarm).toBeUndefined();
}, 60_000);
