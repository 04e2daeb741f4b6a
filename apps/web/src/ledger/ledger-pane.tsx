import { useMemo } from "react";
import { useReady } from "../engine/client.tsx";
import { useLedger } from "../engine/ledger.ts";
import { prefer, usePreferences } from "../state/preferences.ts";
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
						<Toggle
							isOn={compareServers}
							name={words.server.compare}
							hint={words.server.compareHint}
							onChange={(on) => prefer({ compareServers: on })}
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

/** The last message of each conversation is at hand without asking. */
function useTexts(): ReadonlyMap<string, string> {
	const { conversations } = useReady();
	return useMemo(
		() =>
			new Map(conversations.flatMap(({ last }) => (last?.kind === "message" ? [[last.id, last.text] as const] : []))),
		[conversations],
	);
}

const textOf = (group: LedgerGroup, texts: ReadonlyMap<string, string>) =>
	group.item === undefined ? undefined : texts.get(group.item);
