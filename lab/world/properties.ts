import { bytesToHex, equalBytes } from "@sotto/bytes";
import { keys, orderOf } from "../../packages/client/src/store/keys.ts";
import { groupPrefix, type Said } from "./chronicle.ts";
import type { Who } from "./device.ts";
import { checkDevices } from "./device-properties.ts";
import { checkGroup } from "./group-properties.ts";
import { checkOrder, checkSplit } from "./order-properties.ts";
import { messagesOf, readThreads, type Seen, type Thread } from "./threads.ts";
import { checkNaming, isVillainsDoing } from "./villain-properties.ts";
import type { World } from "./world.ts";

/** How often each property was looked at, where it could have failed. */
export type Looks = Map<string, number>;

/** Holds everything that screens and stores show against what truly happened; faults go to the world's list. */
export async function checkProperties(world: World, looks: Looks): Promise<void> {
	const check = (property: string, holds: boolean, what: () => string) => {
		looks.set(property, (looks.get(property) ?? 0) + 1);
		if (!holds) world.faults.push(`${property}: ${what()}`);
	};
	const threads = await readThreads(world);
	for (const contact of world.chronicle.contacts)
		check(
			"who asked has a conversation",
			threads.some(({ name }) => name === contact),
			() => contact,
		);
	for (const thread of threads) {
		for (const seen of thread.seen) {
			checkAlarm(world, thread, seen, check);
			checkCrossings(world, seen, check);
			checkView(world, thread, seen, check);
		}
		checkOnce(world, thread, check);
		checkOrder(world, thread, check);
		checkNaming(world, thread, check);
		if (!thread.isWhole) checkSplit(thread, check);
		else if (thread.isGroup) checkGroup(world, thread, check);
		else checkDelivery(world, thread, check);
		if (thread.isWhole) checkDevices(world, thread, check);
	}
	checkSecrecy(world, threads, check);
}

export type Check = (property: string, holds: boolean, what: () => string) => void;

/** C8: an alarm means a fork, and who follows another history has one. */
function checkAlarm(world: World, { name }: Thread, seen: Seen, check: Check): void {
	const { witness, chronicle } = world;
	const { device, view, items, follows } = seen;
	if (chronicle.isOffender(name, device.person) || isVillainsDoing(world, name, seen)) return;
	// Whether a further device has come in where it should, is asked elsewhere (device-properties.ts).
	if (device.isFurther && view.alarm?.kind === "waiting") return;
	const alarmed = view.alarm !== undefined || view.phase === "stopped";
	const everAlarmed = alarmed || items.some((item) => item.kind === "event" && item.event === "forkAlarm");
	const where = () => `${device.name}, ${view.title}: ${view.phase} ${JSON.stringify(view.alarm)}`;
	if (!witness.wasDeceived(device.name)) check("no alarm without a fork", !everAlarmed, where);
	// Who is out of a group reads no further.
	if (follows === "another history" && view.phase !== "left")
		check("who follows another history is alarmed", alarmed, where);
	if (follows === "the server" && view.phase === "stopped") check("who follows the server goes on", false, where);
}

/** C8: whoever shows a message that was written in another history is alarmed. */
function checkCrossings({ witness }: World, { device, view, state }: Seen, check: Check): void {
	const { rows } = device.store;
	const { ordinal, index } = state.log;
	const rowAt = (seq: number) => rows.get(keys.raw(view.id, ordinal, seq));
	for (let seq = 1; seq <= state.at.seq; seq++) {
		const row = rowAt(seq);
		const stated = row === undefined ? undefined : witness.statedIn(row.slice(32));
		if (stated === undefined || stated.index !== index || stated.at.seq === 0) continue;
		const counts = [0, 1, 2, 3].some((place) => rows.has(keys.history(view.id, orderOf(ordinal, seq, place))));
		if (!counts) continue;
		const ours = rowAt(stated.at.seq)?.subarray(0, 32);
		const agrees = ours !== undefined && equalBytes(ours, stated.at.head);
		check(
			"a message from another history alarms",
			agrees || view.alarm !== undefined,
			() => `${device.name} at ${seq}`,
		);
	}
}

function checkView({ chronicle }: World, thread: Thread, { device, view, items }: Seen, check: Check): void {
	const where = `${device.name}, ${thread.name}`;
	const last = items.at(-1);
	check("the last item is the last", JSON.stringify(view.last) === JSON.stringify(last), () => where);
	const others = items.filter((item) => item.kind === "message" && !item.mine).length;
	// What was read on one device is read on the others, and so is what came as history.
	const isRight =
		device.isFurther || chronicle.marked.has(`${device.person} ${view.id}`)
			? view.unread <= others
			: view.unread === others;
	check("unread counts what was not read", isRight, () => `${where}: ${view.unread} of ${others}`);
}

/** C5: nothing is shown twice, and nothing that its author took back or was refused. */
function checkOnce({ chronicle }: World, { name, seen }: Thread, check: Check): void {
	for (const one of seen) {
		const texts = messagesOf(one).map(({ text }) => text);
		const where = `${one.device.name}, ${name}`;
		check("nothing is shown twice", new Set(texts).size === texts.length, () => `${where}: ${texts.join(" | ")}`);
		for (const item of messagesOf(one)) {
			const said = chronicle.find(item.text);
			if (said === undefined) continue;
			check("a message is shown where it was said", said.thread === name, () => `${where}: ${item.text}`);
			check("what was taken back is not shown", said.outcome !== "withdrawn", () => `${where}: ${item.text}`);
			const author =
				chronicle.nameOf(item.author.account) === said.person && item.mine === (one.device.person === said.person);
			check("a message has its author's name", author, () => `${where}: ${item.text} by ${item.author.name}`);
		}
	}
}

/** Everything that was said is shown on every device, in one order, and no screen lies about it. */
function checkDelivery({ chronicle, sums, devices }: World, thread: Thread, check: Check): void {
	const { name } = thread;
	const seen = thread.seen.filter(({ device }) => !device.isFurther);
	const isIn = (device: string) => devices.find((one) => one.name === device)?.membership === "in";
	const groups = new Set(seen.map(({ state }) => bytesToHex(state.groupId)));
	const accepted = seen.length === name.split(" and ").length && groups.size === 1;
	// Nobody knows of a request that the server took and lost: it has to be made again.
	if (!accepted && sums.lettersAtRisk > 0) return;
	check("both sides have the conversation", accepted, () => `${name}: ${seen.map(({ device }) => device.name).join()}`);
	const orders = seen.map((one) => messagesOf(one).map(({ text }) => text));
	for (const [index, one] of seen.entries()) {
		const where = `${one.device.name}, ${name}`;
		check("a conversation goes on", one.view.phase === "active", () => `${where} is ${one.view.phase}`);
		check("everybody shows the same order", String(orders[index]) === String(orders[0]), () =>
			[where, ...orders.map((order) => order.map((text) => text.slice(0, 12)).join(" "))].join("\n    "),
		);
		for (const { text, state } of messagesOf(one))
			check("nothing is on its way for ever", state === "sent", () => `${where}: ${text} is ${state}`);
		const shown = new Set(orders[index]);
		for (const said of chronicle.said.filter(({ thread: of }) => of === name)) {
			const what = () => `${where}: ${said.text.slice(0, 30)} of ${said.device} (${said.outcome})`;
			if (said.outcome === "acknowledged" && isIn(said.device))
				check("what was acknowledged arrives", shown.has(said.text), what);
			if (said.outcome === "refused") check("what was refused is not sent", !shown.has(said.text), what);
			// What was written in the own one of two groups is sent again when the other one remains (C10), and may be taken back until then.
			if (said.wasShownSent && said.outcome !== "withdrawn")
				check("sent on screen never lies", shown.has(said.text), what);
		}
	}
}

/** No store of somebody else, and not the server's, holds the words. */
function checkSecrecy({ chronicle, devices, server }: World, threads: readonly Thread[], check: Check): void {
	// In a group who shows it: what it may show is compared exactly.
	const shown = new Map<string, Set<string>>();
	for (const { name, seen } of threads)
		for (const one of seen) shown.set(`${name} ${one.device.name}`, new Set(messagesOf(one).map(({ text }) => text)));
	const knows = ({ name, person }: Who, { thread, text, device: author, out }: Said) =>
		thread.startsWith(groupPrefix)
			? name === author || shown.get(`${thread} ${name}`)?.has(text) === true
			: name === author || (thread.split(" and ").includes(person) && !out.includes(name));
	const found = (bytes: Uint8Array): string[] => {
		const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
		const texts: string[] = [];
		for (let at = buffer.indexOf("«"); at >= 0; at = buffer.indexOf("«", at + 1)) {
			const said = /^«(\d+)» [a-z]/.exec(buffer.subarray(at, at + 24).toString());
			if (said?.[1] !== undefined) texts.push(said[1]);
		}
		return texts;
	};
	for (const device of devices)
		for (const [key, value] of device.store.rows)
			for (const number of found(value)) {
				const said = chronicle.said[Number(number)];
				const mayKnow = said !== undefined && knows(device, said);
				check("nobody else has the words", mayKnow, () => `${device.name} has ${number} in ${key}`);
			}
	for (const { records } of server.store().disk.logs.values())
		for (const { record } of records.values())
			check("the server has no words", found(record).length === 0, () => "a record holds a text");
}
