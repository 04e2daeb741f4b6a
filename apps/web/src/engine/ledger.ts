/** The ledger in the page: the newest entries, growing live, or those of one item. */
import type { ItemId, LedgerEntry } from "@sotto/client";
import { useEffect, useState } from "react";
import { useClient } from "./client.tsx";

const shown = 400;

export type LoadedLedger = { readonly phase: "loading" | "loaded"; readonly entries: readonly LedgerEntry[] };

/** In the order they were noted; ids grow, and tell apart what left in one millisecond. */
export function inOrder(a: LedgerEntry, b: LedgerEntry): number {
	return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Newest first; new entries join on top, repeated ones (by id) replace what they repeat. */
export function mergeLedger(entries: readonly LedgerEntry[], more: readonly LedgerEntry[]): readonly LedgerEntry[] {
	const byId = new Map(entries.map((entry) => [entry.id, entry]));
	for (const entry of more) byId.set(entry.id, entry);
	return [...byId.values()].sort((a, b) => -inOrder(a, b)).slice(0, shown);
}

/** Every request of late, or with `item` only those that belong to it. */
export function useLedger(item: ItemId | undefined): LoadedLedger {
	const client = useClient();
	const [ledger, setLedger] = useState<LoadedLedger>({ phase: "loading", entries: [] });
	useEffect(() => {
		let current = true;
		const stop = client.onEvent((event) => {
			if (event.kind !== "ledger") return;
			const more = item === undefined ? event.entries : event.entries.filter((entry) => entry.item === item);
			setLedger((was) => ({ ...was, entries: mergeLedger(was.entries, more) }));
		});
		const first = item === undefined ? client.ledger(shown) : client.ledgerOf(item);
		void first.then((entries) => {
			if (current) setLedger((was) => ({ phase: "loaded", entries: mergeLedger(entries, was.entries) }));
		});
		return () => {
			current = false;
			stop();
			setLedger({ phase: "loading", entries: [] });
		};
	}, [client, item]);
	return ledger;
}
