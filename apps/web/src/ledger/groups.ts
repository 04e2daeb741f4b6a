/** The ledger as a person reads it: requests gathered under what they were made for. */
import type { LedgerEntry } from "@sotto/client";
import { inOrder } from "../engine/ledger.ts";

/** Equal requests one after the other, told once. */
export type LedgerLine = { readonly entry: LedgerEntry; readonly count: number };

export type LedgerGroup = {
	readonly key: string;
	/** When the first of its requests left. */
	readonly at: number;
	readonly cause: LedgerEntry["cause"];
	readonly item: LedgerEntry["item"];
	/** In the order they left. */
	readonly lines: readonly LedgerLine[];
	readonly requests: number;
};

/** Requests for the same purpose that follow each other sooner belong together. */
const togetherMs = 60_000;

const purposeOf = ({ cause, item }: LedgerEntry) => item ?? `${cause?.kind ?? ""} ${cause?.title ?? ""}`;

const fieldsOf = (entry: LedgerEntry) => JSON.stringify([entry.role, entry.action, entry.saw]);

function linesOf(entries: readonly LedgerEntry[]): readonly LedgerLine[] {
	const lines: { entry: LedgerEntry; count: number }[] = [];
	for (const entry of entries) {
		const last = lines.at(-1);
		if (last !== undefined && fieldsOf(last.entry) === fieldsOf(entry)) last.count += 1;
		else lines.push({ entry, count: 1 });
	}
	return lines;
}

/** Groups, the newest first. What belongs to one message or call stays together however long it took. */
export function groupLedger(entries: readonly LedgerEntry[]): readonly LedgerGroup[] {
	const groups: { purpose: string; entries: LedgerEntry[] }[] = [];
	const open = new Map<string, { purpose: string; entries: LedgerEntry[] }>();
	for (const entry of entries.toSorted(inOrder)) {
		const purpose = purposeOf(entry);
		const group = open.get(purpose);
		const last = group?.entries.at(-1);
		if (group !== undefined && last !== undefined && (entry.item !== undefined || entry.at - last.at < togetherMs)) {
			group.entries.push(entry);
			continue;
		}
		const fresh = { purpose, entries: [entry] };
		open.set(purpose, fresh);
		groups.push(fresh);
	}
	return groups.toReversed().map(({ entries: members }) => {
		const first = members[0] as LedgerEntry;
		return {
			key: first.id,
			at: first.at,
			cause: first.cause,
			item: first.item,
			lines: linesOf(members),
			requests: members.length,
		};
	});
}
