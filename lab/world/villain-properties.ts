import type { HistoryItem } from "@sotto/client";
import type { Check } from "./properties.ts";
import { messagesOf, type Seen, type Thread } from "./threads.ts";
import type { World } from "./world.ts";

/** How a history says that somebody broke the rules, among its texts. */
export function misbehaviour({ chronicle }: World, item: HistoryItem): string | undefined {
	if (item.kind !== "event" || item.event !== "misbehaved") return undefined;
	return `! ${chronicle.nameOf(item.person?.account ?? "") ?? "somebody"} broke the rules`;
}

/** C2, C3, C8: only those are named who broke the rules, and whoever signed what it did is named by everybody. */
export function checkNaming(world: World, thread: Thread, check: Check): void {
	const { chronicle } = world;
	for (const one of thread.seen) {
		const { device } = one;
		for (const { what, who } of accusations(one))
			if (what === "misbehaved" || !world.witness.wasDeceived(device.name))
				check(
					"only who broke the rules is named",
					isOffender(world, thread.name, who),
					() => `${device.name}, ${thread.name}: ${what} by ${chronicle.nameOf(who ?? "")}`,
				);
	}
	if (thread.isWhole) for (const one of thread.seen) checkNamed(world, thread, one, check);
}

function checkNamed({ chronicle, sums }: World, thread: Thread, one: Seen, check: Check): void {
	const { device, view, items } = one;
	if (chronicle.isOffender(thread.name, device.person)) return;
	const where = () => `${device.name}, ${thread.name}: ${JSON.stringify(view.alarm)}`;
	// What came to a further device as history brings no alarm with it.
	const hasRead = !device.isFurther && messagesOf(one).some(({ text }) => chronicle.lies.has(text));
	if (hasRead) check("who reads of another history is alarmed", view.alarm?.kind === "forked", where);
	const isFounder = chronicle.founded.get(thread.name)?.by === device.name;
	// What a server lost before anybody read it has not been.
	if (!isFounder || sums.restores > 0) return;
	for (const { by, mustBeNamed } of chronicle.offences.filter((offence) => offence.thread === thread.name)) {
		const isNamed = items.some(
			(item) =>
				item.kind === "event" && item.event === "misbehaved" && chronicle.nameOf(item.person?.account ?? "") === by,
		);
		if (mustBeNamed) check("who signs what the rules forbid is named", isNamed, where);
	}
}

/** Whether all alarms are what an evil member brought about, and say so. */
export function isVillainsDoing(world: World, thread: string, seen: Seen): boolean {
	const alarms = accusations(seen).filter(({ what }) => what !== "misbehaved");
	return alarms.length > 0 && alarms.every(({ who }) => isOffender(world, thread, who));
}

function isOffender({ chronicle }: World, thread: string, account: string | undefined): boolean {
	return account !== undefined && chronicle.isOffender(thread, chronicle.nameOf(account) ?? "");
}

/** Whom a device blames for what, undefined for nobody. */
function accusations({ view, items }: Seen) {
	const { alarm } = view;
	const events = items.flatMap((item) =>
		item.kind === "event" && (item.event === "misbehaved" || item.event === "forkAlarm")
			? [{ what: item.event, who: item.person?.account }]
			: [],
	);
	return alarm?.kind === "stranded" ? [...events, { what: alarm.kind, who: alarm.by?.account }] : events;
}
