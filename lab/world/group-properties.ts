import { bytesToHex } from "@sotto/bytes";
import { secretsOf } from "@sotto/protocol";
import { keys } from "../../packages/client/src/store/keys.ts";
import type { HistoryItem } from "@sotto/client";
import type { Check } from "./properties.ts";
import { messagesOf, type Seen, type Thread } from "./threads.ts";
import { misbehaviour } from "./villain-properties.ts";
import type { World } from "./world.ts";

/** What a group's founder, who is never out, has seen: the truth that everybody else's screen is held against. */
type Truth = {
	readonly texts: readonly string[];
	/** By person: what was said while that person was in. */
	readonly due: ReadonlyMap<string, readonly string[]>;
	/** Who is in at the end, besides the founder. */
	readonly isIn: ReadonlySet<string>;
};

/**
 * C1, C2, C5 for a group: every member shows, once and in one order, exactly what was said while it was in; nobody is stuck; and
 * all who are in agree on place, people and name.
 */
export function checkGroup(world: World, thread: Thread, check: Check): void {
	const { chronicle } = world;
	const { name, seen } = thread;
	const founder = founderOf(world, thread);
	check("who founded a group has it", founder !== undefined, () => name);
	if (founder === undefined) return;
	const truth = truthOf(world, thread.name, founder);
	const isHonest = (person: string) => !chronicle.isOffender(name, person);
	const isStill = (device: string) => world.devices.find((one) => one.name === device)?.membership === "in";
	for (const person of [...truth.isIn].filter(isHonest)) {
		const one = seen.find(({ device }) => device.name === person);
		// Nobody knows of a letter that the server took and lost.
		if (world.sums.lettersAtRisk === 0)
			check("who is added comes in", one?.view.phase === "active", () => `${person}, ${name}: ${one?.view.phase}`);
	}
	for (const one of seen.filter(({ device }) => isHonest(device.person))) {
		const where = `${one.device.name}, ${name}`;
		const { person } = one.device;
		const isFounders = person === founder.device.person;
		const isIn = (isFounders || truth.isIn.has(person)) && one.device.membership === "in";
		const sent = one.items.flatMap((item) => lineOf(world, item) ?? []);
		const due = isFounders ? truth.texts : (truth.due.get(person) ?? []);
		// Whose letter was lost with a server's disk comes in later than it was added; and whom a commit stranded (C3) was out for a while.
		// What a further device has to show is another question (device-properties.ts).
		const mayLack =
			one.device.isFurther || world.sums.lettersAtRisk > 0 || (wasStranded(world, name) && isBack(world, one));
		check(
			"a member shows what was said while it was in, in one order, and nothing else",
			isShown(sent, due, mayLack),
			() => [where, sent, due].map((texts) => (typeof texts === "string" ? texts : brief(texts))).join("\n    "),
		);
		if (!isIn) {
			if (one.device.isFurther) continue;
			check("who is out is told so", one.view.phase === "left", () => `${where} is ${one.view.phase}`);
			continue;
		}
		check("a group goes on", one.view.phase === "active", () => `${where} is ${one.view.phase}`);
		check("all who are in agree", agreement(world, one) === agreement(world, founder), () =>
			[where, agreement(world, one), agreement(world, founder)].join("\n    "),
		);
		for (const { text, state } of messagesOf(one))
			check("nothing is on its way for ever", state === "sent", () => `${where}: ${text} is ${state}`);
	}
	const counted = new Set(truth.texts);
	for (const said of chronicle.said.filter(({ thread, person }) => thread === name && isHonest(person))) {
		const what = () => `${name}: ${said.text.slice(0, 30)} of ${said.device} (${said.outcome})`;
		const isIn = (said.person === founder.device.person || truth.isIn.has(said.person)) && isStill(said.device);
		if (said.outcome === "acknowledged" && isIn) check("what a member said arrives", counted.has(said.text), what);
		if (said.outcome === "refused") check("what was refused is not sent", !counted.has(said.text), what);
		if (said.wasShownSent) check("sent on screen never lies", counted.has(said.text), what);
	}
}

/** Whether all who are in are at the same place, with nothing under way. */
export function isGroupQuiet(world: World, thread: Thread): boolean {
	const founder = founderOf(world, thread);
	if (founder === undefined) return false;
	const { isIn } = truthOf(world, thread.name, founder);
	const honest = [...isIn].filter((person) => !world.chronicle.isOffender(thread.name, person));
	const present = thread.seen.filter(({ device }) => honest.includes(device.name));
	if (present.length < honest.length && world.sums.lettersAtRisk === 0) return false;
	const inside = [founder.device.person, ...honest];
	const further = thread.seen.filter(
		({ device }) => device.isFurther && device.membership === "in" && inside.includes(device.person),
	);
	return [founder, ...present, ...further].every(
		(one) => one.view.phase === "active" && isIdle(one) && agreement(world, one) === agreement(world, founder),
	);
}

function founderOf({ chronicle }: World, { name, seen }: Thread): Seen | undefined {
	return seen.find(({ device }) => device.name === chronicle.founded.get(name)?.by);
}

/** What a history says, as far as all have to say the same. */
function lineOf(world: World, item: HistoryItem): string | undefined {
	if (item.kind === "message") return item.state === "sent" ? item.text : undefined;
	return misbehaviour(world, item);
}

const wasStranded = ({ chronicle }: World, name: string) =>
	chronicle.offences.some(({ thread, how }) => thread === name && how === "strand");

/** Whether this device was let in again after it had stopped. */
function isBack({ chronicle }: World, { device, items }: Seen): boolean {
	return items.some(
		(item) =>
			item.kind === "event" &&
			item.event === "deviceReadmitted" &&
			chronicle.nameOf(item.person?.account ?? "") === device.person,
	);
}

function truthOf(world: World, thread: string, founder: Seen): Truth {
	const { chronicle } = world;
	const texts: string[] = [];
	const due = new Map<string, string[]>();
	const isIn = new Set(chronicle.founded.get(thread)?.people);
	for (const item of founder.items) {
		const line = lineOf(world, item);
		if (line !== undefined) {
			texts.push(line);
			for (const person of isIn) due.set(person, [...(due.get(person) ?? []), line]);
		}
		const person = item.kind === "event" && item.person !== undefined && chronicle.nameOf(item.person.account);
		if (item.kind !== "event" || typeof person !== "string") continue;
		if (item.event === "personAdded") isIn.add(person);
		if (item.event === "personRemoved" || item.event === "personLeft") isIn.delete(person);
	}
	return { texts, due, isIn };
}

function isShown(sent: readonly string[], due: readonly string[], mayLack: boolean): boolean {
	if (!mayLack) return String(sent) === String(due);
	let place = 0;
	return sent.every((text) => {
		const at = due.indexOf(text, place);
		place = at + 1;
		return at >= 0;
	});
}

/** Where a device is in the group's logs, and whom and what it shows. */
function agreement({ chronicle }: World, { state, view }: Seen): string {
	const members = view.members.map(({ account, role }) => `${chronicle.nameOf(account)} ${role}`).toSorted();
	return [bytesToHex(secretsOf(state.log).logId), state.at.seq, state.epoch, view.title, ...members].join(" ");
}

function isIdle({ device, state, view }: Seen): boolean {
	const waits = [keys.queueAll(view.id), keys.wishAll(view.id)].some(
		(prefix) => device.store.keysLike(prefix).length > 0,
	);
	return state.outbox === undefined && !waits;
}

function brief(texts: readonly string[]): string {
	return texts.map((text) => /^«\d+»/.exec(text)?.[0] ?? text).join(" ");
}
