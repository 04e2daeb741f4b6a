import type { ConversationView } from "@sotto/client";
import { threadOf } from "./chronicle.ts";
import type { Device } from "./device.ts";
import type { Disk } from "./home-store.ts";
import { furtherIn, hasFurther, link, unlink } from "./linking.ts";
import { performInGroup } from "./perform-groups.ts";
import type { Act, Asking, EvilAct } from "./plan.ts";
import { offend } from "./villain.ts";
import type { World } from "./world.ts";

/** How often somebody comes back to asking, while there is nobody to ask. */
const askingTries = 12;

const longText = "a letter, as people used to write them. ".repeat(40);

type Of<Kind extends Act["do"]> = Act & { readonly do: Kind };

/** Does what a plan says: what people do, and what befalls them. */
export class Performer {
	readonly #world: World;
	#backup: Disk | undefined;

	constructor(world: World) {
		this.#world = world;
	}

	async act(act: Act): Promise<void> {
		switch (act.do) {
			case "ask":
				return this.#ask(act);
			case "say":
				return say(this.#world, this.#deviceOf(act.who), act);
			case "found":
			case "add":
			case "remove":
			case "setRole":
			case "leave":
			case "nameGroup":
			case "sayInGroup":
				return performInGroup(this.#world, act);
			case "link":
				return link(this.#world, this.#deviceOf(act.who));
			case "unlink":
				return unlink(this.#world, this.#deviceOf(act.who));
			case "offend":
				return offend(this.#world, act);
			case "markRead":
				return markRead(this.#world, this.#deviceOf(act.who), act.of);
			case "discard":
				return discard(this.#world, this.#deviceOf(act.who));
			case "rename":
				await this.#deviceOf(act.who).client?.rename(`P${act.who}, renamed`);
				return;
			case "sync":
				await this.#deviceOf(act.who).client?.sync();
				return;
			case "crash":
				return this.#deviceOf(act.who).dieAt(act.effects, act.moment, act.downMs);
			case "restart":
				return this.#deviceOf(act.who).restart(act.downMs);
			case "cut":
				return this.#cut(act);
			case "diskFull":
				return this.#diskFull(act);
			case "refuse":
				return this.#refuse(act);
			case "serverCrash":
			case "backup":
			case "restore":
			case "renewNotifier":
				return this.#server(act);
			case "sleep":
				return this.#sleep(act.days);
			case "withhold":
			case "swap":
			case "substitute":
			case "swallow":
			case "replay":
			case "fork":
			case "cross":
				return this.#evil(act);
		}
	}

	#deviceOf(who: number): Device {
		const { devices } = this.#world;
		return devices[who % devices.length] as Device;
	}

	#after(ms: number, work: () => void): void {
		const { time } = this.#world;
		time.plan(time.now + ms, work);
	}

	#cut({ who, how, told, forMs }: Of<"cut">): void {
		const device = this.#deviceOf(who);
		this.#world.sums.cuts++;
		device.wire.cut = how;
		if (told) device.tell("offline");
		this.#after(forMs, () => {
			device.wire.cut = "nothing";
			if (told) device.tell("online");
		});
	}

	#diskFull({ who, forMs }: Of<"diskFull">): void {
		const device = this.#deviceOf(who);
		device.diskIsFull = true;
		this.#after(forMs, () => {
			device.diskIsFull = false;
		});
	}

	#refuse({ who, code, forMs }: Of<"refuse">): void {
		const { wire } = this.#deviceOf(who);
		wire.refusal = code;
		this.#after(forMs, () => {
			wire.refusal = undefined;
		});
	}

	async #server(act: Of<"serverCrash" | "backup" | "restore" | "renewNotifier">): Promise<void> {
		const { server, sums } = this.#world;
		switch (act.do) {
			case "serverCrash":
				sums.serverCrashes++;
				return server.crash(act.batch, act.downMs);
			case "backup":
				this.#backup = server.store().backup();
				return;
			case "restore":
				if (this.#backup === undefined) return;
				sums.restores++;
				sums.lettersAtRisk++;
				server.store().restore(this.#backup);
				return server.crash("lost", 1_000);
			case "renewNotifier":
				return server.renewNotifier();
		}
	}

	#sleep(days: number): void {
		const { devices, time } = this.#world;
		for (const device of devices) device.die();
		time.jump(days * 86_400_000);
		for (const device of devices) void device.start();
	}

	async #ask(act: Asking, tries = 0): Promise<void> {
		const { time } = this.#world;
		const isAsked = await ask(this.#world, this.#deviceOf(act.who), this.#deviceOf(act.whom), act.greets);
		if (!isAsked && act.insists === true && tries < askingTries)
			time.plan(time.now + 3_000, () => void this.#ask(act, tries + 1));
	}

	#evil(act: EvilAct): void {
		if (["fork", "swallow", "substitute"].includes(act.do)) this.#world.sums.lettersAtRisk++;
		this.#world.evil.begin(act);
	}
}

async function markRead({ chronicle }: World, device: Device, of: number): Promise<void> {
	const conversation = pick(await device.conversations(), of);
	if (conversation === undefined) return;
	chronicle.marked.add(`${device.person} ${conversation.id}`);
	await device.client?.markRead(conversation.id);
}

function pick<T>(list: readonly T[], n: number): T | undefined {
	return list[n % Math.max(1, list.length)];
}

/** Whether the client has taken it up. */
async function ask({ chronicle }: World, who: Device, whom: Device, greets: boolean): Promise<boolean> {
	const link = (await whom.view())?.me.link;
	const client = who.client;
	if (link === undefined || client === undefined || who.person === whom.person) return false;
	const thread = threadOf([who.person, whom.person]);
	const greeting = greets ? chronicle.say(who, thread, "hello") : undefined;
	const asked = await client.addContact(link, greeting?.text ?? "");
	if (asked.ok) chronicle.contacts.add(thread);
	if (greeting === undefined) return asked.ok;
	// Who is answered instead of asked hears no greeting.
	const isGone = !asked.ok && asked.error.kind !== "notReady" && asked.error.kind !== "storageFull";
	greeting.outcome = isGone ? "refused" : "unknown";
	return asked.ok;
}

async function say(
	world: World,
	device: Device,
	act: { readonly to: number; readonly count: number; readonly long: boolean },
): Promise<void> {
	const conversation = pick(await device.conversations(), act.to);
	if (conversation !== undefined) return sayIn(world, device, conversation, act);
}

/** Says something, `count` times in a row. */
export async function sayIn(
	world: World,
	device: Device,
	conversation: ConversationView,
	{ count, long }: { readonly count: number; readonly long: boolean },
): Promise<void> {
	const { chronicle } = world;
	const thread = chronicle.threadOf(device, conversation);
	for (let i = 0; i < count; i++) {
		const present = hasFurther(world) ? await furtherIn(world, thread) : [];
		const { client } = device;
		if (client === undefined) return;
		const said = chronicle.say(device, thread, long ? longText : "and then?", present);
		const sent = await client.sendMessage(conversation.id, said.text);
		said.outcome = sent.ok ? "acknowledged" : "refused";
	}
}

/** Takes back whatever has not been sealed yet. */
async function discard({ chronicle }: World, device: Device): Promise<void> {
	for (const { id } of await device.conversations())
		for (const item of await device.items(id)) {
			if (item.kind !== "message" || item.state === "sent" || !item.mine) continue;
			const said = chronicle.find(item.text);
			if (said === undefined) continue;
			const before = said.outcome;
			said.outcome = "unknown";
			const gone = await device.client?.discardMessage(id, item.id);
			said.outcome = gone?.ok ? "withdrawn" : before;
		}
}
