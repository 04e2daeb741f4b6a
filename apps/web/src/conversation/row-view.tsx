import type { CallItem, ConversationView, EventItem, ItemId, MessageItem } from "@sotto/client";
import { type CSSProperties, memo } from "react";
import { useStartCall } from "../call/start-call.ts";
import { callTitle, callWords, callName, eventWords, isMissed } from "../chats/preview.ts";
import { useClient, useReady } from "../engine/client.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { clockTime, dayName } from "../words/format.ts";
import { words } from "../words/index.ts";
import { MentionedText } from "./mentioned-text.tsx";
import type { Row } from "./rows.ts";
import type { MenuPlace } from "./timeline.tsx";

type RowProps = {
	readonly row: Row;
	readonly now: number;
	readonly conversation: ConversationView;
	readonly isTabStop: boolean;
	readonly isMenuOpen: boolean;
	readonly onMenu: (place: MenuPlace) => void;
	readonly onMove: (from: ItemId, step: 1 | -1) => void;
};

export const RowView = memo(function RowView(props: RowProps) {
	const { row, now } = props;
	switch (row.kind) {
		case "start":
			return (
				<p className="row-start quiet small">
					{props.conversation.kind === "group" ? words.groups.start : words.conversation.start}
				</p>
			);
		case "day":
			return (
				<h2 className="row-day">
					<span>{dayName(row.at, now)}</span>
				</h2>
			);
		case "new":
			return (
				<p className="row-new">
					<span>{words.conversation.newHere}</span>
				</p>
			);
		case "event":
			return <EventLine item={row.item} />;
		case "call":
			return <CallEntry {...props} item={row.item} />;
		case "message":
			return <Bubble {...props} item={row.item} first={row.first} last={row.last} />;
	}
});

function EventLine({ item }: { readonly item: EventItem }) {
	const { me } = useReady();
	const attention = item.event === "misbehaved" || item.event === "forkAlarm";
	return (
		<p className={`row-event small ${attention ? "attention" : "quiet"}`}>
			<bdi>{eventWords(item, me.account)}</bdi>
		</p>
	);
}

type BubbleProps = RowProps & { readonly item: MessageItem; readonly first: boolean; readonly last: boolean };

const onlyEmoji = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

function Bubble({ item, first, last, conversation, ...rest }: BubbleProps) {
	const failed = item.state === "failed";
	const side = item.mine ? "mine" : "theirs";
	const named = conversation.kind === "group" && !item.mine;
	const { me } = useReady();
	return (
		<article
			className={`message ${side} ${first ? "first" : ""} ${last ? "last" : ""} ${named ? "named" : ""}`}
			data-mentions-me={item.mentionsMe ? "" : undefined}
		>
			{named && last ? <Avatar name={item.author.name} hue={item.author.hue} size={30} /> : null}
			<span className="only-heard">
				{item.mine ? words.conversation.youSaid : words.conversation.said(item.author.name)}
			</span>
			{named && first ? (
				<bdi className="author small cut" style={{ "--hue": item.author.hue } as CSSProperties}>
					{item.author.name}
				</bdi>
			) : null}
			<div className="bubble-line">
				<p
					className={`bubble ${onlyEmoji.test(item.text) ? "emoji" : ""}`}
					dir="auto"
					data-state={item.state}
					onClick={(event) => {
						// A finger has no hover to show the button with: it taps the bubble, unless it selects text.
						if (!matchMedia("(hover: none)").matches || getSelection()?.isCollapsed === false) return;
						rest.onMenu({ item, anchor: event.currentTarget });
					}}
				>
					<MentionedText item={item} me={me.account} />
				</p>
				<Actions {...rest} item={item} label={words.conversation.actions(item.text.slice(0, 40))} />
			</div>
			{failed ? (
				<Failed conversation={conversation} item={item} />
			) : last || item.state === "sending" ? (
				<Stamp item={item} />
			) : null}
		</article>
	);
}

function Stamp({ item }: { readonly item: MessageItem }) {
	return (
		<p className="stamp numbers">
			<time>{clockTime(item.sentAt)}</time>
			{item.mine ? (
				<span className="stamp-state">
					<Icon name={item.state === "sending" ? "clock" : "check"} size={14} />
					<span className="only-heard">{words.conversation.state[item.state]}</span>
				</span>
			) : null}
		</p>
	);
}

function Failed({ conversation, item }: { readonly conversation: ConversationView; readonly item: MessageItem }) {
	const client = useClient();
	return (
		<div className="failed">
			<span className="failed-text">
				<Icon name="warning" size={16} />
				{words.conversation.state.failed}
			</span>
			<Button look="plain" compact onPress={() => void client.retryMessage(conversation.id, item.id)}>
				{words.conversation.retry}
			</Button>
			<Button look="danger-plain" compact onPress={() => void client.discardMessage(conversation.id, item.id)}>
				{words.conversation.discard}
			</Button>
		</div>
	);
}

type CallEntryProps = RowProps & { readonly item: CallItem };

function CallEntry({ item, conversation, ...rest }: CallEntryProps) {
	const startCall = useStartCall();
	const { call } = useReady();
	const missed = isMissed(item);
	const free = conversation.phase === "active" && (call === undefined || call.phase.name === "ended");
	return (
		<article className={`call-entry ${missed ? "missed" : ""}`}>
			<span className="call-entry-icon">
				<Icon name={missed ? "callMissed" : item.direction === "incoming" ? "callIn" : "callOut"} size={20} />
			</span>
			<div className="call-entry-text">
				<p>{callName(item)}</p>
				<p className="small quiet numbers">
					<span className="only-heard">{callTitle(item)}. </span>
					{missed ? "" : `${callWords(item)} · `}
					<time>{clockTime(item.startedAt)}</time>
				</p>
			</div>
			{free && item.outcome !== "ongoing" ? (
				<Button
					compact
					icon={item.video ? "camera" : "phone"}
					onPress={() => void startCall(conversation.id, item.video)}
				>
					{words.calls.callBack}
				</Button>
			) : null}
			<Actions {...rest} item={item} label={words.conversation.actions(callTitle(item))} />
		</article>
	);
}

type ActionsProps = Omit<RowProps, "conversation"> & { readonly item: MessageItem | CallItem; readonly label: string };

/** Opens the menu of one item. All of them are one stop for the Tab key; the arrow keys go from one to the next. */
function Actions({ item, label, isTabStop, isMenuOpen, onMenu, onMove }: ActionsProps) {
	return (
		<button
			type="button"
			className="actions"
			aria-label={label}
			aria-haspopup="menu"
			aria-expanded={isMenuOpen}
			data-actions={item.id}
			tabIndex={isTabStop ? 0 : -1}
			onClick={(event) => onMenu({ item, anchor: event.currentTarget })}
			onKeyDown={(event) => {
				if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
				event.preventDefault();
				onMove(item.id, event.key === "ArrowUp" ? -1 : 1);
			}}
		>
			<Icon name="more" size={18} />
		</button>
	);
}
