import type { CommandResult, ConversationView } from "@sotto/client";
import { useJoinCall, useStartCall } from "../call/start-call.ts";
import { errorWords, useClient, useReady } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { NetworkLine } from "../shell/network-line.tsx";
import { useNavigation } from "../state/route.tsx";
import { useWide } from "../state/screen.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { ConversationAvatar } from "../ui/conversation-avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { notice } from "../ui/notice.tsx";
import { Verified } from "../ui/verified.tsx";
import { words } from "../words/index.ts";
import { Composer } from "./composer.tsx";
import { Departed } from "./departed.tsx";
import { Timeline } from "./timeline.tsx";
import "./conversation.css";

/** One conversation: who it is, what was said, the field to go on. */
export function ConversationPane({ conversation }: { readonly conversation: ConversationView }) {
	const wide = useWide();
	return (
		<section className="conversation" aria-label={conversation.title}>
			<Head conversation={conversation} />
			{wide ? null : <NetworkLine />}
			<Banners conversation={conversation} />
			<Timeline conversation={conversation} />
			{conversation.phase === "left" ? (
				<Departed conversation={conversation} />
			) : (
				<Composer conversation={conversation} takesFocus={wide} />
			)}
		</section>
	);
}

function Head({ conversation }: { readonly conversation: ConversationView }) {
	const wide = useWide();
	const { route, go, back } = useNavigation();
	const startCall = useStartCall();
	const { call } = useReady();
	const person = conversation.people[0];
	const canCall = conversation.phase === "active" && (call === undefined || call.phase.name === "ended");
	const details = () => (route.drawer === undefined ? go({ drawer: { kind: "details" } }) : back());
	return (
		<header className="conversation-head">
			{wide ? null : <IconButton name={words.common.back} icon="back" onPress={back} />}
			<h1>
				<button type="button" className="conversation-who" onClick={details} aria-expanded={route.drawer !== undefined}>
					<ConversationAvatar conversation={conversation} size={40} />
					{conversation.kind === "group" ? (
						<span className="conversation-group">
							<bdi className="cut">{conversation.title}</bdi>
							<span className="small quiet cut">{words.groups.members(conversation.members.length)}</span>
						</span>
					) : (
						<bdi className="cut">{conversation.title}</bdi>
					)}
					{conversation.kind === "direct" && person?.verified === true ? <Verified size={17} /> : null}
				</button>
			</h1>
			{conversation.phase === "left" ? null : (
				<>
					<IconButton
						name={words.conversation.audioCall}
						icon="phone"
						isDisabled={!canCall}
						onPress={() => void startCall(conversation.id, false)}
					/>
					<IconButton
						name={words.conversation.videoCall}
						icon="camera"
						isDisabled={!canCall}
						onPress={() => void startCall(conversation.id, true)}
					/>
				</>
			)}
			{wide ? (
				<IconButton
					name={words.conversation.details}
					icon="info"
					aria-expanded={route.drawer !== undefined}
					onPress={details}
				/>
			) : null}
		</header>
	);
}

/** What one must know before writing: not accepted yet, an alarm, a call that goes on. */
function Banners({ conversation }: { readonly conversation: ConversationView }) {
	const client = useClient();
	const joinCall = useJoinCall();
	const { call } = useReady();
	const { alarm, ongoingCall } = conversation;
	// Whoever declined or left it can come back; the view tells of their own end for a while.
	const isIn = call !== undefined && call.call === ongoingCall && call.phase.name !== "ended";
	return (
		<div className="banners" role="status">
			{conversation.phase === "asked" ? (
				<p className="banner">
					<Icon name="clock" size={18} />
					<bdi>{words.conversation.asked(conversation.title)}</bdi>
				</p>
			) : null}
			{alarm === undefined ? null : (
				<div className="banner attention">
					<Icon name="warning" size={18} />
					<bdi>{alarmWords(alarm)}</bdi>
					{letsAsk(alarm) ? (
						<WayOut
							label={words.letIn.ask}
							begun={words.letIn.asked}
							take={() => client.askReadmission(conversation.id)}
						/>
					) : null}
					{letsGoOn(conversation) ? (
						<WayOut
							label={words.goOn.begin}
							begun={words.goOn.begun}
							take={() => client.startSuccessor(conversation.id)}
						/>
					) : null}
				</div>
			)}
			{ongoingCall === undefined || isIn ? null : (
				<div className="banner">
					<Icon name="phone" size={18} />
					<span>{words.chats.inCall}</span>
					<Button compact look="primary" onPress={() => void joinCall(conversation.id)}>
						{words.conversation.join}
					</Button>
				</div>
			)}
		</div>
	);
}

/** Where a member's word lets this device in again (D3). */
const letsAsk = ({ kind }: NonNullable<ConversationView["alarm"]>) => kind !== "forked" && kind !== "serverLostRecords";

/** Where no member could let this device in, an admin goes on in a new group (C10). */
const letsGoOn = ({ phase, myRole, alarm }: ConversationView) =>
	phase === "stopped" && myRole === "admin" && (alarm?.kind === "stranded" || alarm?.kind === "forked");

type WayOutProps = {
	readonly label: string;
	/** Said when it is on its way. */
	readonly begun: string;
	readonly take: () => Promise<CommandResult>;
};

/** What one can do where a conversation has stopped. */
function WayOut({ label, begun, take }: WayOutProps) {
	const { busy, run } = useCommand();
	const press = async () => {
		const taken = await run(take());
		notice(taken.ok ? begun : errorWords(taken.error));
	};
	return (
		<Button compact isDisabled={busy} onPress={() => void press()}>
			{label}
		</Button>
	);
}

function alarmWords(alarm: NonNullable<ConversationView["alarm"]>): string {
	switch (alarm.kind) {
		case "forked":
			return words.alarms.forked;
		case "stranded":
			return alarm.by === undefined ? words.alarms.strandedBySomebody : words.alarms.stranded(alarm.by.name);
		case "rolledBack":
			return words.alarms.rolledBack;
		case "damaged":
			return words.alarms.damaged;
		case "waiting":
			return words.alarms.waiting;
		case "evicted":
			return words.alarms.evicted;
		case "serverLostRecords":
			return words.alarms.serverLostRecords;
	}
}
