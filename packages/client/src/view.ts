import { bytesToBase64url, equalBytes } from "@sotto/bytes";
import type { AccountKeeper } from "./account/keeper.ts";
import type { People } from "./contacts/people.ts";
import type { Conversation } from "./conversations/conversation.ts";
import { itemOfRow } from "./conversations/history-row.ts";
import type { Devices } from "./devices/devices.ts";
import type { CallEngine } from "./conversation-host.ts";
import { kindOf, peopleOf, titleOf } from "./host.ts";
import type {
	AlarmView,
	ConversationView,
	GroupRole,
	HistoryItem,
	NetworkView,
	ReadyView,
	RequestView,
	TroubleView,
} from "./sdk.ts";
import { accountIdOf } from "./store/keys.ts";
import type { HistoryRow } from "./conversations/history-row.ts";

export type ViewParts = {
	readonly account: AccountKeeper;
	readonly people: People;
	readonly conversations: readonly Conversation[];
	readonly requests: readonly RequestView[];
	readonly calls: CallEngine;
	readonly devices: Devices;
	readonly network: NetworkView;
	readonly troubles: readonly TroubleView[];
};

/** Everything the app shows, out of what is in memory. */
export function readyView(parts: ViewParts): ReadyView {
	const { account, people, calls } = parts;
	const conversations = parts.conversations
		.filter(({ held }) => held.meta.kind !== "own")
		.toSorted((a, b) => b.held.meta.activeAt - a.held.meta.activeAt)
		.map((conversation) => conversationView(conversation, account, people, calls));
	const { call, calls: records } = calls.view();
	return {
		phase: "ready",
		me: { ...people.personOf(account.keys.id), link: account.link() },
		network: parts.network,
		conversations,
		requests: parts.requests,
		calls: records.slice(0, 100),
		call,
		troubles: parts.troubles,
		devices: parts.devices.views(),
		jobs: parts.devices.jobs(),
		linking: parts.devices.linking.view(),
		settings: parts.devices.settings(),
	};
}

function conversationView(
	conversation: Conversation,
	account: AccountKeeper,
	people: People,
	calls: CallEngine,
): ConversationView {
	const { meta, state, last } = conversation.held;
	const { id } = conversation;
	const own = account.keys.key;
	return {
		id,
		kind: kindOf(meta.kind),
		title: titleOf(conversation, people),
		people: peopleOf(conversation, people),
		members: [own, ...meta.people].map((person, index) => ({
			...people.personOfKey(person),
			role: roleIn(meta, person),
			isMe: index === 0,
		})),
		myRole: roleIn(meta, own),
		pictureId: meta.pictureId && bytesToBase64url(meta.pictureId),
		phase: phaseOf(state),
		alarm: alarmOf(conversation, people),
		last: last === undefined ? undefined : itemView(last, id, people),
		unread: meta.unread,
		mentioned: meta.mentioned === true,
		ongoingCall: calls.ongoing(id),
	};
}

function phaseOf({ stop, heard }: Conversation["held"]["state"]): ConversationView["phase"] {
	if (stop !== undefined) return stop.kind === "removed" && stop.stays !== true ? "left" : "stopped";
	return heard ? "active" : "asked";
}

/** Both sides of a conversation of two are admins. */
function roleIn({ admins }: Conversation["held"]["meta"], account: Uint8Array): GroupRole {
	return admins === undefined || admins.some((admin) => equalBytes(admin, account)) ? "admin" : "member";
}

export function itemView(row: HistoryRow, conversation: string, people: People): HistoryItem {
	return itemOfRow(row, conversation, (account) => people.personOfKey(account), people.ownKey);
}

/** What stopped a conversation says more than what alarmed it. */
function alarmOf(conversation: Conversation, people: People): AlarmView | undefined {
	const { stop, alarm } = conversation.held.state;
	if (stop?.kind === "stranded")
		return {
			kind: "stranded",
			by: stop.by === undefined ? undefined : people.personOf(accountIdOf(stop.by)),
		};
	if (stop?.kind === "rolledBack" || stop?.kind === "damaged" || stop?.kind === "waiting") return { kind: stop.kind };
	if (stop?.kind === "removed" && stop.stays === true) return { kind: "evicted" };
	if (alarm?.kind === "forked") return { kind: "forked", at: alarm.at };
	return alarm?.kind === "serverLostRecords" ? { kind: "serverLostRecords" } : undefined;
}
