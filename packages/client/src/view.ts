import type { AccountKeeper } from "./account/keeper.ts";
import type { People } from "./contacts/people.ts";
import type { Conversation } from "./conversations/conversation.ts";
import { itemOfRow } from "./conversations/history-row.ts";
import type { CallEngine } from "./conversation-host.ts";
import { peopleOf, titleOf } from "./host.ts";
import type { AlarmView, ConversationView, HistoryItem, NetworkView, ReadyView, RequestView } from "./sdk.ts";
import { accountIdOf } from "./store/keys.ts";
import type { HistoryRow } from "./conversations/history-row.ts";

export type ViewParts = {
	readonly account: AccountKeeper;
	readonly people: People;
	readonly conversations: readonly Conversation[];
	readonly requests: readonly RequestView[];
	readonly calls: CallEngine;
	readonly network: NetworkView;
};

/** Everything the app shows, out of what is in memory. */
export function readyView(parts: ViewParts): ReadyView {
	const { account, people, calls } = parts;
	const conversations = parts.conversations
		.toSorted((a, b) => b.held.meta.activeAt - a.held.meta.activeAt)
		.map((conversation) => conversationView(conversation, people, calls));
	const { call, calls: records } = calls.view();
	return {
		phase: "ready",
		me: { ...people.personOf(account.keys.id), link: account.link() },
		network: parts.network,
		conversations,
		requests: parts.requests,
		calls: records.slice(0, 100),
		call,
		devices: [],
		jobs: [],
		linking: undefined,
		settings: {},
	};
}

function conversationView(conversation: Conversation, people: People, calls: CallEngine): ConversationView {
	const { meta, state, last } = conversation.held;
	const { id } = conversation;
	const phase = state.stop !== undefined ? "stopped" : state.heard ? "active" : "asked";
	return {
		id,
		kind: meta.kind,
		title: titleOf(conversation, people),
		people: peopleOf(conversation, people),
		members: [],
		myRole: "admin",
		pictureId: undefined,
		phase,
		alarm: alarmOf(conversation, people),
		last: last === undefined ? undefined : itemView(last, id, people),
		unread: meta.unread,
		mentioned: false,
		ongoingCall: calls.ongoing(id),
	};
}

export function itemView(row: HistoryRow, conversation: string, people: People): HistoryItem {
	return itemOfRow(row, conversation, (account) => people.personOfKey(account));
}

/** What stopped a conversation says more than what alarmed it. */
function alarmOf(conversation: Conversation, people: People): AlarmView | undefined {
	const { stop, alarm } = conversation.held.state;
	if (stop?.kind === "stranded")
		return {
			kind: "stranded",
			by: stop.by === undefined ? undefined : people.personOf(accountIdOf(stop.by)),
			recovery: "none",
		};
	if (stop?.kind === "rolledBack") return { kind: "rolledBack", recovery: "none" };
	if (alarm?.kind === "forked") return { kind: "forked", at: alarm.at };
	return alarm?.kind === "serverLostRecords" ? { kind: "serverLostRecords" } : undefined;
}
