import { useReady } from "../engine/client.tsx";
import { Icon } from "../ui/icons.tsx";
import { clockTime, exactTime } from "../words/format.ts";
import { words } from "../words/index.ts";
import type { LedgerGroup, LedgerLine } from "./groups.ts";
import { causeIcon, causeWords, ordinaryFacts, sawWords } from "./ledger-words.ts";
import "./ledger.css";

type GroupProps = {
	readonly group: LedgerGroup;
	readonly compare: boolean;
	/** The message itself, where it is at hand: to show what an ordinary server would have had. */
	readonly text?: string | undefined;
};

/** What you did, and beside it, line by line, all that the server could note of it. */
export function GroupView({ group, compare, text }: GroupProps) {
	const { me } = useReady();
	return (
		<article className="ledger-group" data-compare={compare ? "" : undefined}>
			<header className="ledger-cause">
				<span className="ledger-icon">
					<Icon name={causeIcon(group.cause)} size={19} />
				</span>
				<div>
					<h2>
						<bdi>{causeWords(group, text)}</bdi>
					</h2>
					<p className="small quiet numbers">
						<time>{clockTime(group.at)}</time> · {words.server.lines(group.requests)}
					</p>
				</div>
			</header>
			<ol className="ledger-lines" aria-label={words.server.couldNote}>
				{group.lines.map((line) => (
					<Line key={line.entry.id} line={line} />
				))}
			</ol>
			{compare ? (
				<div className="ordinary">
					<p className="ordinary-title">{words.server.conventional}</p>
					<dl>
						{ordinaryFacts(group, me.name, text).map((fact) => (
							<div key={fact.name}>
								<dt>{fact.name}</dt>
								<dd>
									<bdi>{fact.value}</bdi>
								</dd>
							</div>
						))}
					</dl>
				</div>
			) : null}
		</article>
	);
}

function Line({ line: { entry, count } }: { readonly line: LedgerLine }) {
	return (
		<li className="ledger-line" data-role={entry.role}>
			<p className="ledger-action">
				<span className="ledger-role">{words.server.roles[entry.role]}</span> {words.server.actions[entry.action]}
				{count > 1 ? <span className="quiet"> · {words.server.times(count)}</span> : null}
			</p>
			<p className="ledger-saw numbers">
				{entry.saw
					.filter(({ value }) => value !== "")
					.map((saw) => {
						const { name, value } = sawWords(saw);
						return (
							<span key={saw.field}>
								<span className="ledger-field">{name}</span> {value}
							</span>
						);
					})}
				<time>{exactTime(entry.at)}</time>
			</p>
		</li>
	);
}
