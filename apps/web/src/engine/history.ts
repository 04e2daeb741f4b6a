/** One conversation's items in the page: the newest page first, older ones on demand, changes merged by id. */
import type { ConversationId, HistoryItem, ItemId, SottoClient } from "@sotto/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "./client.tsx";

export type LoadedHistory = {
	readonly phase: "loading" | "loaded";
	readonly items: readonly HistoryItem[];
	/** Undefined once the very first item is here. */
	readonly older: string | undefined;
	readonly fetchingOlder: boolean;
};

const empty: LoadedHistory = { phase: "loading", items: [], older: undefined, fetchingOlder: false };
const pageSize = 100;

export const itemTime = (item: HistoryItem): number => {
	switch (item.kind) {
		case "message":
			return item.sentAt;
		case "call":
			return item.startedAt;
		case "event":
			return item.at;
	}
};

/** One's own that does not count yet: it stands below all that does, and takes its place among that when it is sent (C5). */
const waits = (item: HistoryItem) => item.kind === "message" && item.state !== "sent";

/** Changed items keep their place, new ones go to the end of what counts, removed ones go: the order is the same on every device. */
export function mergeItems(
	items: readonly HistoryItem[],
	changed: readonly HistoryItem[],
	removed: readonly ItemId[],
): readonly HistoryItem[] {
	const gone = new Set(removed);
	const next = items.filter((item) => !gone.has(item.id));
	for (const item of changed) {
		const place = next.findLastIndex(({ id }) => id === item.id);
		const known = next[place];
		if (known !== undefined && waits(known) === waits(item)) {
			next[place] = item;
			continue;
		}
		if (known !== undefined) next.splice(place, 1);
		const lastCounted = waits(item) ? next.length - 1 : next.findLastIndex((one) => !waits(one));
		next.splice(lastCounted + 1, 0, item);
	}
	return next;
}

async function firstPage(client: SottoClient, conversation: ConversationId): Promise<LoadedHistory> {
	const page = await client.history(conversation, { limit: pageSize });
	return { phase: "loaded", items: page.items, older: page.older, fetchingOlder: false };
}

export function useHistory(conversation: ConversationId): LoadedHistory & { readonly loadOlder: () => void } {
	const client = useClient();
	const [history, setHistory] = useState(empty);
	const fetching = useRef(false);

	useEffect(() => {
		let current = true;
		const early: { changed: HistoryItem[]; removed: ItemId[] } = { changed: [], removed: [] };
		const load = () => {
			[early.changed, early.removed] = [[], []];
			void firstPage(client, conversation).then((page) => {
				// What came while the page was fetched belongs on top of it.
				if (current) setHistory({ ...page, items: mergeItems(page.items, early.changed, early.removed) });
			});
		};
		const stop = client.onEvent((event) => {
			if (event.kind === "historyCame" && event.conversation === conversation) load();
			if (event.kind !== "history" || event.conversation !== conversation) return;
			early.changed.push(...event.items);
			early.removed.push(...event.removed);
			setHistory((was) =>
				was.phase === "loading" ? was : { ...was, items: mergeItems(was.items, event.items, event.removed) },
			);
		});
		load();
		return () => {
			current = false;
			stop();
			setHistory(empty);
		};
	}, [client, conversation]);

	const { older } = history;
	const loadOlder = useCallback(() => {
		if (older === undefined || fetching.current) return;
		fetching.current = true;
		setHistory((was) => ({ ...was, fetchingOlder: true }));
		void client
			.history(conversation, { before: older, limit: pageSize })
			.then((page) => {
				setHistory((was) => {
					if (was.older !== older) return was;
					const known = new Set(was.items.map((item) => item.id));
					const before = page.items.filter((item) => !known.has(item.id));
					return { phase: "loaded", items: [...before, ...was.items], older: page.older, fetchingOlder: false };
				});
			})
			.finally(() => {
				fetching.current = false;
			});
	}, [client, conversation, older]);

	return { ...history, loadOlder };
}
