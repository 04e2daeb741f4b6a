import { afterAll, beforeAll, expect, test } from "vitest";
import { befriend, createWorld, must, type Person, phaseIs, until, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
	world = await createWorld();
}, 60_000);
afterAll(() => world.end());

const accountOf = async (person: Person) => (await person.view()).me.account;

/** What a person's page would report once it is in the room. */
async function isIn(person: Person): Promise<string> {
	const call = (await person.call())?.call ?? "";
	must(await person.client().reportMedia(call, { phase: "connected", participants: 1 }));
	await until(`${person.name} is in the call`, phaseIs(person, "connected"));
	return call;
}

test("K1, K5: a group's call rings all, is joined later by who missed it, and ends at once for who is removed", async () => {
	const [ada, bo, cyd] = [await world.join("Ada"), await world.join("Bo"), await world.join("Cyd")];
	for (const person of [bo, cyd]) await befriend(ada, person);
	const people = await Promise.all([bo, cyd].map(accountOf));
	const { conversation } = must(await ada.client().createGroup({ name: "Crew", people }));
	const crewOf = async (person: Person) => (await person.view()).conversations.find(({ title }) => title === "Crew");
	for (const person of [bo, cyd]) await until("they are in", async () => (await crewOf(person)) !== undefined);

	must(await ada.client().startCall(conversation, { video: false }));
	for (const person of [bo, cyd]) await until(`${person.name}'s side rings`, phaseIs(person, "ringing"));
	// Bo is told who calls whom; who began it is nobody's caller.
	expect(await bo.call()).toMatchObject({ kind: "group", title: "Crew", caller: { name: "Ada" } });
	expect((await ada.call())?.caller).toBeUndefined();
	must(await bo.client().answerCall((await bo.call())?.call ?? ""));
	must(await cyd.client().declineCall((await cyd.call())?.call ?? ""));
	for (const person of [ada, bo]) await isIn(person);
	// What goes on is shown to who declined, and can be joined without ringing anybody.
	await until("Cyd sees that it goes on", async () => (await crewOf(cyd))?.ongoingCall !== undefined);
	must(await cyd.client().joinCall((await crewOf(cyd))?.id ?? "", { video: false }));
	await isIn(cyd);
	const rooms = await Promise.all(
		[ada, bo, cyd].map(async (person) => must(await person.client().callMedia((await person.call())?.call ?? ""))),
	);
	expect(new Set(rooms.map(({ roomId }) => Buffer.from(roomId).toString("hex"))).size).toBe(1);

	must(await ada.client().removePerson(conversation, await accountOf(cyd)));
	await until("Cyd's call is over", phaseIs(cyd, "ended"));
	expect((await cyd.client().callMedia((await cyd.call())?.call ?? "")).ok).toBe(false);
	await until("the others have another room", async () => {
		const media = await ada.client().callMedia((await ada.call())?.call ?? "");
		return (
			media.ok && media.value.m === 1 && Buffer.compare(media.value.roomId, rooms[0]?.roomId ?? new Uint8Array()) !== 0
		);
	});
	for (const person of [ada, bo]) expect((await person.call())?.phase.name).toBe("connected");
}, 90_000);
