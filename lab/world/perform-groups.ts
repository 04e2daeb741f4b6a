import type { AccountId, ConversationView } from "@sotto/client";
import type { Device } from "./device.ts";
import { sayIn } from "./perform.ts";
import type { GroupAct } from "./plan.ts";
import type { World } from "./world.ts";

/** How often somebody comes back to founding a group with people who are no contacts yet. */
const foundingTries = 14;
/** After so many tries it does without those who are none. */
const patientTries = 5;

/** Does what a plan says of groups. What a command refuses (no admin, no contact, no member) is not done: plans are made blindly. */
export async function performInGroup(world: World, act: GroupAct, tries = 0): Promise<void> {
	const device = deviceOf(world, act.who);
	if (act.do === "found") return found(world, device, act, tries);
	const group = await groupOf(device, act.group);
	const { client } = device;
	if (group === undefined || client === undefined) return;
	switch (act.do) {
		case "add":
		case "remove":
		case "setRole": {
			const person = await accountOf(deviceOf(world, act.whom));
			if (person === undefined || founderOf(world, device, group) === deviceOf(world, act.whom).person) return;
			if (act.do === "add") return note(world, await client.addPeople(group.id, [person]));
			if (act.do === "remove") return note(world, await client.removePerson(group.id, person));
			return note(world, await client.setRole(group.id, person, act.role));
		}
		case "leave":
			if (founderOf(world, device, group) === device.person) return;
			return note(world, await client.leaveGroup(group.id));
		case "nameGroup":
			return note(world, await client.renameGroup(group.id, act.name));
		case "sayInGroup":
			return sayIn(world, device, group, { count: act.count, long: false });
	}
}

function note({ sums }: World, done: { readonly ok: boolean }): void {
	if (done.ok) sums.changes++;
}

async function found(
	world: World,
	device: Device,
	act: GroupAct & { readonly do: "found" },
	tries: number,
): Promise<void> {
	const { time, chronicle } = world;
	const later = () =>
		tries < foundingTries && void time.plan(time.now + 4_000, () => void performInGroup(world, act, tries + 1));
	const accounts = await Promise.all(act.others.map((other) => accountOf(deviceOf(world, other))));
	const wanted = accounts.filter((account): account is AccountId => account !== undefined);
	const contacts = new Set((await device.conversations()).flatMap(({ people }) => people.map((one) => one.account)));
	const people = tries < patientTries ? wanted : wanted.filter((account) => contacts.has(account));
	const { client } = device;
	if (client === undefined) return void later();
	const names = people.map((account) => chronicle.nameOf(account) ?? "");
	const name = chronicle.found({ by: device.person, people: names });
	const founded = await client.createGroup({ name, people });
	if (!founded.ok) return void later();
	note(world, founded);
}

function founderOf({ chronicle }: World, device: Device, group: ConversationView): string | undefined {
	return chronicle.founded.get(chronicle.threadOf(device, group))?.by;
}

function deviceOf({ devices }: World, who: number): Device {
	return devices[who % devices.length] as Device;
}

async function accountOf(device: Device): Promise<AccountId | undefined> {
	return (await device.view())?.me.account;
}

async function groupOf(device: Device, n: number): Promise<ConversationView | undefined> {
	const groups = (await device.conversations()).filter(({ kind }) => kind === "group");
	return groups[n % Math.max(1, groups.length)];
}
