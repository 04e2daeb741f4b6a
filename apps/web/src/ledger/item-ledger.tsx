import type { ConversationView, HistoryItem } from "@sotto/client";
import { useMemo } from "react";
import { callTitle } from "../chats/preview.ts";
import { itemTime } from "../engine/history.ts";
import { useLedger } from "../engine/ledger.ts";
import { usePreferences } from "../state/preferences.ts";
import { usePreferEverywhere } from "../state/settings-follow.ts";
import { Toggle } from "../ui/toggle.tsx";
import { clockTime } from "../words/format.ts";
import { words } from "../words/index.ts";
import { groupLedger } from "./groups.ts";
import { GroupView } from "./group-view.tsx";

type ItemLedgerProps = { readonly item: HistoryItem; readonly conversation: ConversationView | undefined };

/** Every request that one message or call caused, and what could be noted of it. */
export function ItemLedger({ item, conversation }: ItemLedgerProps) {
	const { compareServers } = usePreferences();
	const preferEverywhere = usePreferEverywhere();
	const { phase, entries } = useLedger(item.id);
	const groups = useMemo(() => groupLedger(entries), [entries]);
	return (
		<div className="item-ledger">
			<figure className="item-quoted">
				<blockquote dir="auto">
					{item.kind === "message" ? item.text : item.kind === "call" ? callTitle(item) : ""}
				</blockquote>
				<figcaption className="small quiet numbers">
					<bdi>
						{item.kind === "message" ? (item.mine ? words.common.you : item.author.name) : (conversation?.title ?? "")}
					</bdi>
					{" · "}
					<time>{clockTime(itemTime(item))}</time>
				</figcaption>
			</figure>
			{groups.length === 0 ? (
				phase === "loaded" ? (
					<p className="small quiet">{words.server.emptyItem}</p>
				) : null
			) : (
				<>
					<p className="small">
						<strong>{words.server.never}</strong>
					</p>
					<Toggle
						isOn={compareServers}
						name={words.server.compare}
						onChange={(on) => preferEverywhere({ compareServers: on })}
					/>
					{groups.map((group) => (
						<GroupView
							key={group.key}
							group={group}
							compare={compareServers}
							text={item.kind === "message" ? item.text : undefined}
						/>
					))}
				</>
			)}
		</div>
	);
}
