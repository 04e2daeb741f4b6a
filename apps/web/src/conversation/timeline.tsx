import type { ConversationView, HistoryItem, ItemId } from "@sotto/client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient } from "../engine/client.tsx";
import { useHistory } from "../engine/history.ts";
import { useLookedAt, useNow } from "../state/screen.ts";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { MessageMenu } from "./message-menu.tsx";
import { RowView } from "./row-view.tsx";
import { firstNewOf, type Row, rowsOf } from "./rows.ts";

const guessHeights: { readonly [kind in Row["kind"]]: number } = {
	start: 96,
	day: 48,
	new: 36,
	message: 46,
	call: 68,
	event: 44,
};

/** Nearer than this to the end counts as being at the end. */
const endPx = 80;

export type MenuPlace = { readonly item: HistoryItem; readonly anchor: HTMLElement };

/** Everything said, virtualised: ten thousand messages cost as much as thirty. */
export function Timeline({ conversation }: { readonly conversation: ConversationView }) {
	const { phase, items, older, fetchingOlder, loadOlder } = useHistory(conversation.id);
	const now = useNow(60_000);
	const scroller = useRef<HTMLDivElement>(null);
	const [menu, setMenu] = useState<MenuPlace>();
	const [stop, setStop] = useState<ItemId>();
	const firstNew = useFirstNew(conversation, items, phase === "loaded");
	const rows = useMemo(
		() => (phase === "loaded" ? rowsOf(items, firstNew, older === undefined) : []),
		[phase, items, firstNew, older],
	);

	// Nothing below is memoized on what it returns.
	// oxlint-disable-next-line react/incompatible-library
	const virtual = useVirtualizer({
		count: rows.length,
		getScrollElement: () => scroller.current,
		estimateSize: (index) => guessHeights[rows[index]?.kind ?? "message"],
		getItemKey: (index) => rows[index]?.key ?? index,
		overscan: 12,
		anchorTo: "end",
		followOnAppend: true,
		scrollEndThreshold: endPx,
		paddingStart: 12,
		paddingEnd: 12,
	});
	const [atEnd, setAtEnd] = useState(true);
	useOpening(phase === "loaded" && rows.length > 0, rows, virtual.scrollToIndex, virtual.scrollToEnd);
	useReading(conversation, atEnd && phase === "loaded");

	const onScroll = useCallback(() => {
		const element = scroller.current;
		if (element === null) return;
		setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < endPx);
		if (element.scrollTop < 600) loadOlder();
	}, [loadOlder]);
	// One's own words are always followed, wherever one has scrolled to.
	const newest = items.at(-1);
	const newestIsMine = newest?.kind === "message" && newest.mine && newest.state === "sending";
	useEffect(() => {
		if (newestIsMine) virtual.scrollToEnd();
	}, [newestIsMine, newest?.id, virtual]);

	const tabStop = useMemo(() => tabStopOf(rows, stop), [rows, stop]);
	const { scrollToIndex } = virtual;
	// Stable, so that scrolling renders no row again.
	const moveStop = useCallback(
		(from: ItemId, step: 1 | -1) => {
			const place = nextStop(rows, from, step);
			const key = place === undefined ? undefined : rows[place]?.key;
			if (place === undefined || key === undefined) return;
			setStop(key);
			scrollToIndex(place, { align: "auto" });
			focusWhenThere(scroller.current, key);
		},
		[rows, scrollToIndex],
	);

	return (
		<div className="timeline-place">
			<div
				ref={scroller}
				className="timeline scroll"
				onScroll={onScroll}
				role="region"
				aria-label={words.conversation.messagesWith(conversation.title)}
				aria-busy={phase === "loading"}
			>
				{fetchingOlder ? (
					<p className="only-heard" role="status">
						{words.conversation.older}
					</p>
				) : null}
				<ol className="timeline-length" style={{ height: virtual.getTotalSize() }}>
					{virtual.getVirtualItems().map((place) => {
						const row = rows[place.index];
						return row === undefined ? null : (
							<li
								key={row.key}
								ref={virtual.measureElement}
								data-index={place.index}
								className="timeline-row"
								aria-setsize={rows.length}
								aria-posinset={place.index + 1}
								style={{ transform: `translateY(${place.start}px)` }}
							>
								<RowView
									row={row}
									now={now}
									conversation={conversation}
									isTabStop={row.key === tabStop}
									isMenuOpen={menu?.item.id === row.key}
									onMenu={setMenu}
									onMove={moveStop}
								/>
							</li>
						);
					})}
				</ol>
			</div>
			{atEnd ? null : (
				<button type="button" className="to-newest" onClick={() => virtual.scrollToEnd()}>
					<Icon name="down" size={20} />
					<span>
						{conversation.unread > 0 ? words.conversation.newBelow(conversation.unread) : words.conversation.toNewest}
					</span>
				</button>
			)}
			{menu === undefined ? null : (
				<MessageMenu conversation={conversation.id} place={menu} onClose={() => setMenu(undefined)} />
			)}
		</div>
	);
}

const hasActions = (row: Row | undefined) => row?.kind === "message" || row?.kind === "call";

/** The one row whose actions the Tab key reaches: where one has been, or the last. */
function tabStopOf(rows: readonly Row[], stop: ItemId | undefined): string | undefined {
	if (stop !== undefined && rows.some((row) => row.key === stop)) return stop;
	return rows.findLast(hasActions)?.key;
}

/** The place of the next row with actions, up or down. */
function nextStop(rows: readonly Row[], from: ItemId, step: 1 | -1): number | undefined {
	const here = rows.findIndex((row) => row.key === from);
	for (let place = here + step; place >= 0 && place < rows.length; place += step)
		if (hasActions(rows[place])) return place;
	return undefined;
}

/** The item above which the line of what is new stands: fixed on opening, and again when things come while one looks away. */
function useFirstNew(
	conversation: ConversationView,
	items: readonly HistoryItem[],
	loaded: boolean,
): ItemId | undefined {
	const [unreadOnOpening] = useState(conversation.unread);
	const [line, setLine] = useState<{ readonly above: ItemId | undefined }>();
	const lookedAt = useLookedAt();
	const [count, setCount] = useState(0);
	if (loaded && line === undefined) {
		setLine({ above: firstNewOf(items, unreadOnOpening) });
		setCount(items.length);
	} else if (loaded && count !== items.length) {
		const came = items.at(-1);
		const theirs = came?.kind === "message" && !came.mine;
		if (!lookedAt && theirs && items.length === count + 1 && conversation.unread <= 1) setLine({ above: came.id });
		setCount(items.length);
	}
	return line?.above;
}

type Scroll = (index: number, options: { align: "start" | "end" }) => void;

/** On opening: to the line of what is new if there is one, to the end otherwise. */
function useOpening(ready: boolean, rows: readonly Row[], scrollToIndex: Scroll, scrollToEnd: () => void): void {
	const opened = useRef(false);
	useEffect(() => {
		if (!ready || opened.current) return;
		opened.current = true;
		const line = rows.findIndex((row) => row.kind === "new");
		if (line > 0 && rows.length - line > 6) scrollToIndex(line, { align: "start" });
		else scrollToEnd();
	}, [ready, rows, scrollToIndex, scrollToEnd]);
}

/** Whoever has the newest in front of them has read it. */
function useReading(conversation: ConversationView, seesNewest: boolean): void {
	const client = useClient();
	const lookedAt = useLookedAt();
	const { id, unread } = conversation;
	useEffect(() => {
		if (lookedAt && seesNewest && unread > 0) void client.markRead(id);
	}, [client, id, unread, lookedAt, seesNewest]);
}

/** The row may be rendered only after the scroll: tries for a few frames. */
function focusWhenThere(scroller: HTMLElement | null, key: string, tries = 10): void {
	const button = scroller?.querySelector<HTMLElement>(`[data-actions="${CSS.escape(key)}"]`);
	if (button !== null && button !== undefined) button.focus({ preventScroll: true });
	else if (tries > 0) requestAnimationFrame(() => focusWhenThere(scroller, key, tries - 1));
}
