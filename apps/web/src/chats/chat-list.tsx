import type { AccountId, ConversationView } from "@sotto/client";
import { itemTime } from "../engine/history.ts";
import { useReady } from "../engine/client.tsx";
import { draftOf } from "../state/drafts.ts";
import { useNavigation } from "../state/route.tsx";
import { useNow, useWide } from "../state/screen.ts";
import { ConversationAvatar } from "../ui/conversation-avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { Verified } from "../ui/verified.tsx";
import { listTime } from "../words/format.ts";
import { words } from "../words/index.ts";
import { isMissed, previewText } from "./preview.ts";
import "./chat-list.css";

/** Whether a conversation answers to what is typed into the search field. */
export function answersTo(conversation: ConversationView, search: string, me: AccountId): boolean {
	const wanted = search.trim().toLocaleLowerCase();
	if (wanted === "") return true;
	const names = [conversation.title, ...conversation.people.map((person) => person.name)];
	return [...names, previewText(conversation, me)].some((text) => text.toLocaleLowerCase().includes(wanted));
}

export function ChatList({ search }: { readonly search: string }) {
	const { conversations, me } = useReady();
	const { route } = useNavigation();
	const now = useNow(60_000);
	const shown = conversations.filter((conversation) => answersTo(conversation, search, me.account));
	if (shown.length === 0 && search.trim() !== "")
		return <p className="list-empty quiet">{words.chats.nothingFound(search.trim())}</p>;
	return (
		<ul className="chat-list" aria-label={words.chats.list}>
			{shown.map((conversation) => (
				<li key={conversation.id}>
					<ChatRow
						conversation={conversation}
						now={now}
						isOpen={!route.ledger && route.conversation === conversation.id}
					/>
				</li>
			))}
		</ul>
	);
}

type RowProps = { readonly conversation: ConversationView; readonly now: number; readonly isOpen: boolean };

function ChatRow({ conversation, now, isOpen }: RowProps) {
	const { go, replace, route } = useNavigation();
	const wide = useWide();
	const person = conversation.people[0];
	const { last, unread, mentioned } = conversation;
	const open = (event: React.MouseEvent) => {
		event.preventDefault();
		const to = { conversation: conversation.id, ledger: false, drawer: undefined };
		// On a wide screen conversations take each other's place; a phone goes in and comes back.
		if (wide && route.conversation !== undefined) replace(to);
		else go(to);
	};
	return (
		<a
			href="/"
			className="chat-row"
			aria-current={isOpen ? "page" : undefined}
			data-unread={unread > 0 ? "" : undefined}
			onClick={open}
			draggable={false}
		>
			<ConversationAvatar conversation={conversation} size={48} />
			<span className="chat-row-text">
				<span className="chat-row-line">
					<span className="chat-row-name">
						<bdi className="cut">{conversation.title}</bdi>
						{person?.verified === true && conversation.kind === "direct" ? <Verified /> : null}
					</span>
					{last === undefined ? null : <time className="chat-row-time numbers">{listTime(itemTime(last), now)}</time>}
				</span>
				<span className="chat-row-line">
					<Preview conversation={conversation} isOpen={isOpen} />
					{mentioned ? (
						<span className="unread mentioned">
							<span aria-hidden="true">@</span>
							<span className="only-heard">{words.groups.mentioned}</span>
						</span>
					) : null}
					{unread > 0 ? (
						<span className="unread numbers">
							<span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
							<span className="only-heard">{words.chats.unread(unread)}</span>
						</span>
					) : null}
				</span>
			</span>
		</a>
	);
}

function Preview({ conversation, isOpen }: { readonly conversation: ConversationView; readonly isOpen: boolean }) {
	const { last } = conversation;
	const { me } = useReady();
	const draft = isOpen ? "" : draftOf(conversation.id).trim();
	if (conversation.ongoingCall !== undefined)
		return (
			<span className="chat-row-preview live">
				<Icon name="phone" size={16} />
				<span className="cut">{words.chats.inCall}</span>
			</span>
		);
	if (conversation.phase === "stopped")
		return (
			<span className="chat-row-preview attention">
				<Icon name="warning" size={16} />
				<span className="cut">{words.chats.stopped}</span>
			</span>
		);
	if (draft !== "")
		return (
			<span className="chat-row-preview">
				<span className="draft">{words.chats.draft}</span>
				<bdi className="cut">{draft}</bdi>
			</span>
		);
	if (conversation.phase === "left") return <span className="chat-row-preview cut">{words.chats.left}</span>;
	const missed = last?.kind === "call" && isMissed(last);
	const failed = last?.kind === "message" && last.state === "failed";
	return (
		<span className={`chat-row-preview ${missed || failed ? "attention" : ""}`}>
			{missed ? <Icon name="callMissed" size={16} /> : null}
			{failed ? <Icon name="warning" size={16} /> : null}
			{last?.kind === "message" && last.mine && last.state === "sending" ? <Icon name="clock" size={15} /> : null}
			<bdi className="cut">{previewText(conversation, me.account)}</bdi>
		</span>
	);
}
