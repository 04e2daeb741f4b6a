import { equalBytes } from "@sotto/bytes";
import { keys, orderOf } from "../../packages/client/src/store/keys.ts";
import type { Check } from "./properties.ts";
import { messagesOf, type Seen, type Thread } from "./threads.ts";
import type { World } from "./world.ts";

/** A message as a screen shows it, and where it stands. */
type Shown = { readonly text: string; readonly order: string };

/**
 * What holds of every screen by itself, whatever a server tells: an author's words keep their order, and an answer stands behind what it
 * answers as long as no alarm says that there is another history (C8).
 */
export function checkOrder({ chronicle }: World, { name, seen }: Thread, check: Check): void {
	for (const one of seen) {
		// What an evil member forged with a device's keys its client has not said in any order.
		const shown = shownOf(one).flatMap(({ text }) => (chronicle.lies.has(text) ? [] : (chronicle.find(text) ?? [])));
		const places = new Map(shown.map(({ text }, place) => [text, place]));
		const last = new Map<string, number>();
		for (const [place, { number, text, device, knew }] of shown.entries()) {
			const where = () => `${one.device.name}, ${name}: ${text.slice(0, 12)}`;
			check("an author's words keep their order", number > (last.get(device) ?? -1), where);
			last.set(device, number);
			if (wasAlarmed(one)) continue;
			const early = knew.filter((known) => (places.get(known) ?? -1) > place);
			check("an answer stands behind what it answers", early.length === 0, where);
		}
	}
}

/**
 * Where two histories were told nobody can have the whole. What two have read in one of them they show alike. Behind the place where
 * they part, what each said without knowing of the other may come to each behind its own: the server said so to each, and C8 has nothing to
 * compare before somebody states a place behind the parting.
 */
export function checkSplit({ name, seen, isGroup }: Thread, check: Check): void {
	for (const [index, one] of seen.entries())
		for (const other of seen.slice(index + 1)) {
			const end = lastCommonPlace(one, other);
			if (end === undefined) continue;
			const [mine, theirs] = [one, other].map((of) =>
				shownOf(of).flatMap(({ text, order }) => (order <= end ? [text] : [])),
			) as [string[], string[]];
			// Who came into a group later, or with a further device, lacks what was before; the rest has to be the same.
			const mayLack = isGroup || one.device.isFurther || other.device.isFurther;
			const alike = (from: string[], of: string[]) => String(mayLack ? from.filter((text) => of.includes(text)) : from);
			check(
				"what two have read in one history they show alike",
				alike(mine, theirs) === alike(theirs, mine),
				() => `${name}: ${one.device.name} and ${other.device.name}, up to ${end}`,
			);
		}
}

/** An alarm that is gone again still stands in the history. */
function wasAlarmed({ view, items }: Seen): boolean {
	return (
		view.alarm !== undefined ||
		view.phase === "stopped" ||
		items.some((item) => item.kind === "event" && item.event === "forkAlarm")
	);
}

function shownOf(one: Seen): readonly Shown[] {
	const { device, view } = one;
	return messagesOf(one).flatMap(({ id, text, state }) => {
		const row = device.store.rows.get(keys.item(view.id, id));
		return state === "sent" && row !== undefined ? [{ text, order: Buffer.from(row).toString() }] : [];
	});
}

type End = Seen["state"]["previous"];

/** Whether two left the same log at different ends. */
function haveParted(one: End, other: End): boolean {
	if (one === undefined || other === undefined || one.log.ordinal !== other.log.ordinal) return false;
	return !equalBytes(one.at.head, other.at.head);
}

/** The order of all that stands up to the last place where both have the same head, of the logs that both still keep. */
function lastCommonPlace(one: Seen, other: Seen): string | undefined {
	const { log, at, previous } = one.state;
	// Equal heads of a log say nothing of the one before.
	const ends = haveParted(previous, other.state.previous) ? [] : [{ log, at }];
	for (const end of [...ends, ...(previous === undefined ? [] : [previous])])
		for (let { seq } = end.at; seq > 0; seq--) {
			const [mine, theirs] = [one, other].map(({ device, view }) =>
				device.store.rows.get(keys.raw(view.id, end.log.ordinal, seq))?.subarray(0, 32),
			);
			if (mine !== undefined && theirs !== undefined && equalBytes(mine, theirs))
				return orderOf(end.log.ordinal, seq, 0xffff);
		}
	return undefined;
}
