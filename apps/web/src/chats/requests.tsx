import type { CommandResult, ConversationId, RequestId, RequestView } from "@sotto/client";
import { useState } from "react";
import { errorWords, useClient, useReady } from "../engine/client.tsx";
import { useNavigation } from "../state/route.tsx";
import { useNow } from "../state/screen.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/field.tsx";
import { listTime } from "../words/format.ts";
import { words } from "../words/index.ts";
import "./requests.css";

/** People who ask for contact. One card is open at a time, so that each button stands there once. */
export function Requests({ onAccepted }: { readonly onAccepted?: (conversation: ConversationId) => void }) {
	const { requests } = useReady();
	const [chosen, setChosen] = useState<RequestId>();
	if (requests.length === 0) return null;
	const open = requests.find((request) => request.id === chosen) ?? requests[0];
	return (
		<section className="requests" aria-label={words.requests.title(requests.length)}>
			{requests.map((request) =>
				request === open ? (
					<RequestCard key={request.id} request={request} onAccepted={onAccepted} />
				) : (
					<button key={request.id} type="button" className="request-row" onClick={() => setChosen(request.id)}>
						<Avatar name={request.person.name} hue={request.person.hue} size={32} />
						<bdi className="cut">{askWords(request)}</bdi>
					</button>
				),
			)}
		</section>
	);
}

/** For contact, or to be taken into a group. */
export const askWords = ({ person, group }: RequestView) =>
	group === undefined ? words.requests.asks(person.name) : words.requests.invites(person.name, group.name);

type CardProps = {
	readonly request: RequestView;
	readonly onAccepted: ((conversation: ConversationId) => void) | undefined;
};

function RequestCard({ request, onAccepted }: CardProps) {
	const client = useClient();
	const { go } = useNavigation();
	const now = useNow(60_000);
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string>();
	const { person } = request;

	/** Runs a command once at a time; undefined when it was refused. */
	const decide = async <T,>(command: Promise<CommandResult<T>>): Promise<T | undefined> => {
		setBusy(true);
		setProblem(undefined);
		const done = await command;
		setBusy(false);
		if (done.ok) return done.value;
		setProblem(errorWords(done.error));
		return undefined;
	};
	const accept = async () => {
		const accepted = await decide(client.acceptRequest(request.id));
		if (accepted === undefined) return;
		go({ room: "chats", conversation: accepted.conversation, ledger: false, drawer: undefined });
		onAccepted?.(accepted.conversation);
	};

	return (
		<article className="request">
			<div className="request-head">
				<Avatar name={person.name} hue={person.hue} />
				<div className="request-who">
					<h2>
						<bdi>{askWords(request)}</bdi>
					</h2>
					<p className="small quiet numbers">{listTime(request.at, now)}</p>
				</div>
			</div>
			{request.group === undefined ? null : (
				<p className="small quiet">
					<bdi>{words.requests.invitesBody(person.name, words.groups.members(request.group.people))}</bdi>
				</p>
			)}
			<p className="request-greeting">
				{request.greeting === "" ? (
					<span className="quiet">{words.requests.noGreeting}</span>
				) : (
					<bdi>{request.greeting}</bdi>
				)}
			</p>
			<div className="request-row-buttons">
				<Button look="primary" compact isDisabled={busy} onPress={() => void accept()}>
					{request.group === undefined ? words.requests.accept : words.requests.join}
				</Button>
				<Button compact isDisabled={busy} onPress={() => void decide(client.ignoreRequest(request.id))}>
					{words.requests.ignore}
				</Button>
				<Button
					look="danger-plain"
					compact
					isDisabled={busy}
					onPress={() => void decide(client.blockRequest(request.id))}
				>
					{words.requests.block}
				</Button>
			</div>
			<Problem text={problem} />
		</article>
	);
}
