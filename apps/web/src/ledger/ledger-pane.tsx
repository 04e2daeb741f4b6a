import { useEffect, useMemo, useState } from "react";
import { useClient, useReady } from "../engine/client.tsx";
import { useLedger } from "../engine/ledger.ts";
import { usePreferences } from "../state/preferences.ts";
import { usePreferEverywhere } from "../state/settings-follow.ts";
import { useNavigation } from "../state/route.tsx";
import { useWide } from "../state/screen.ts";
import { IconButton } from "../ui/button.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { words } from "../words/index.ts";
import { groupLedger, type LedgerGroup } from "./groups.ts";
import { GroupView } from "./group-view.tsx";

/** "What the server sees": the panel that makes the promise checkable. */
export default function LedgerPane() {
	const wide = useWide();
	const { back } = useNavigation();
	const { compareServers } = usePreferences();
	const preferEverywhere = usePreferEverywhere();
	const { phase, entries } = useLedger(undefined);
	const groups = useMemo(() => groupLedger(entries), [entries]);
	const texts = useTexts();
	return (
		<section className="ledger" aria-label={words.server.title}>
			<header className="ledger-head">
				{wide ? null : <IconButton name={words.common.back} icon="back" onPress={back} />}
				<h1>{words.server.title}</h1>
				<p className="ledger-live small">
					<span className="ledger-dot" />
					{words.server.live}
				</p>
			</header>
			<div className="ledger-body scroll">
				<div className="ledger-column">
					<div className="ledger-intro">
						<p>{words.server.body}</p>
						<p className="small">
							<strong>{words.server.never}</strong> <span className="quiet">{words.server.guess}</span>
						</p>
						<ul className="ledger-legend small">
							{(["home", "notifier", "sfu"] as const).map((role) => (
								<li key={role} className="ledger-line" data-role={role}>
									<strong>{words.server.roles[role]}</strong>{" "}
									<span className="quiet">{words.server.roleHints[role]}</span>
								</li>
							))}
						</ul>
						<Toggle
							isOn={compareServers}
							name={words.server.compare}
							hint={words.server.compareHint}
							onChange={(on) => preferEverywhere({ compareServers: on })}
						/>
					</div>
					{groups.length === 0 ? (
						phase === "loaded" ? (
							<p className="room-empty">{words.server.empty}</p>
						) : null
					) : (
						<>
							<div className="ledger-titles small" data-compare={compareServers ? "" : undefined} aria-hidden="true">
								<span>{words.server.youDid}</span>
								<span>{words.server.couldNote}</span>
								{compareServers ? <span>{words.server.conventional}</span> : null}
							</div>
							{groups.map((group) => (
								<GroupView key={group.key} group={group} compare={compareServers} text={textOf(group, texts)} />
							))}
						</>
					)}
				</div>
			</div>
		</section>
	);
}

/** How many conversations are looked through for the words of what was written. */
const lookedThrough = 20;

/** What oneself wrote of late, by item: to show beside a request what it was for. */
function useTexts(): ReadonlyMap<string, string> {
	const client = useClient();
	const { conversations } = useReady();
	const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
	const newest = conversations
		.slice(0, lookedThrough)
		.map(({ id, last }) => `${id}\t${last?.id ?? ""}`)
		.join("\n");
	useEffect(() => {
		let current = true;
		const ids = newest.split("\n").flatMap((line) => line.split("\t")[0] ?? []);
		void Promise.all(ids.map((id) => client.history(id, { limit: 100 }))).then((pages) => {
			const items = pages.flatMap((page) => page.items);
			const mine = items.flatMap((item) =>
				item.kind === "message" && item.mine ? [[item.id, item.text] as const] : [],
			);
			if (current) setTexts(new Map(mine));
		});
		return () => {
			current = false;
		};
	}, [client, newest]);
	return texts;
}

const textOf = (group: LedgerGroup, texts: ReadonlyMap<string, string>) =>
	group.item === undefined ? undefined : texts.get(group.item);
