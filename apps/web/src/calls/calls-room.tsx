import type { CallRecordView, ConversationView } from "@sotto/client";
import { callTitle, callWords, isMissed } from "../chats/preview.ts";
import { useReady } from "../engine/client.tsx";
import { RoomHead } from "../shell/room-head.tsx";
import { useNavigation } from "../state/route.tsx";
import { useNow } from "../state/screen.ts";
import { Avatar } from "../ui/avatar.tsx";
import { ConversationAvatar } from "../ui/conversation-avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { listTime } from "../words/format.ts";
import { words } from "../words/index.ts";
import { useStartCall } from "../call/start-call.ts";
import "./calls-room.css";

/** The history of calls. */
export function CallsRoom() {
	const { calls, conversations } = useReady();
	const now = useNow(60_000);
	return (
		<>
			<RoomHead title={words.calls.title} />
			<div className="room-scroll scroll">
				{calls.length === 0 ? (
					<p className="room-empty">
						<strong>{words.calls.empty}</strong>
						{words.calls.emptyBody}
					</p>
				) : (
					<ul className="person-list" aria-label={words.calls.list}>
						{calls.map((call) => (
							<li key={call.call}>
								<CallRow
									call={call}
									now={now}
									conversation={conversations.find((one) => one.id === call.conversation)}
								/>
							</li>
						))}
					</ul>
				)}
			</div>
		</>
	);
}

type RowProps = {
	readonly call: CallRecordView;
	readonly now: number;
	readonly conversation: ConversationView | undefined;
};

function CallRow({ call, now, conversation }: RowProps) {
	const { go } = useNavigation();
	const startCall = useStartCall();
	const missed = isMissed(call);
	return (
		<div className="person-row">
			<a
				href="/"
				className="person-link"
				draggable={false}
				onClick={(event) => {
					event.preventDefault();
					go({ conversation: call.conversation, ledger: false, drawer: undefined });
				}}
			>
				{conversation === undefined ? (
					<Avatar name={call.title} hue={195} />
				) : (
					<ConversationAvatar conversation={conversation} />
				)}
				<span className="person-text">
					<bdi className="person-name cut">{call.title}</bdi>
					<span className={`call-line small ${missed ? "attention" : "quiet"}`}>
						<Icon name={missed ? "callMissed" : call.direction === "incoming" ? "callIn" : "callOut"} size={16} />
						<span className="only-heard">{callTitle(call)}</span>
						<span className="cut">{callWords(call)}</span>
					</span>
				</span>
				<time className="small quiet numbers">{listTime(call.startedAt, now)}</time>
			</a>
			<IconButton
				name={words.calls.call(call.title)}
				icon={call.video ? "camera" : "phone"}
				onPress={() => void startCall(call.conversation, call.video)}
			/>
		</div>
	);
}
