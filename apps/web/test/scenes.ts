/** States of the app for pictures of screens, each a filled MemoryClient. */
import type { CallRecordView, CallView, ConversationView, HistoryItem, RequestView } from "@sotto/client";
import { MemoryClient, readyView } from "./memory-client.ts";
import { ada, days, grace, hours, jun, katherine, long, me, minutes, noor, now, tunde } from "./people.ts";
import { deviceScenes } from "./scene-devices.ts";
import { groupScenes } from "./scene-groups.ts";
import { ledgerOf } from "./scene-ledger.ts";
import { called, conversation, happened, record, says } from "./scene-parts.ts";

const withAda: HistoryItem[] = [
	happened(now - days(3), "contactAccepted", ada),
	says(ada, now - days(3) + minutes(2), "It worked! No number, no e-mail, just your link."),
	says(me, now - days(3) + minutes(4), "I printed it on the fridge. Grandmother scanned it before I could."),
	called({ startedAt: now - days(1) - hours(3), durationMs: 1_934_000, video: true }),
	says(me, now - days(1) - hours(2), "The engine house is loud, I heard every gear behind you. Lovely."),
	says(ada, now - days(1) - hours(1), "Sorry! I’ll take the next one outside."),
	called({ startedAt: now - hours(2), outcome: "missed", durationMs: 0 }),
	says(ada, now - minutes(34), "Missed you. Are you on the train?"),
	says(ada, now - minutes(34) + 9_000, "No hurry, I only wanted to hear about the interview."),
	says(me, now - minutes(31), "In the tunnel, one bar."),
	says(
		me,
		now - minutes(31) + 12_000,
		"It went well, I think. They asked about https://example.org/analytical-engine and I had opinions.",
	),
	says(me, now - minutes(31) + 30_000, "Twenty minutes of opinions."),
	says(ada, now - minutes(4), "😄"),
	says(ada, now - minutes(3), "Then you will get it. Call me when you’re above ground?"),
	says(me, now - minutes(1), "At six. I’ll bring the wine."),
];

const conversations: readonly ConversationView[] = [
	conversation(ada, { last: withAda.at(-1) }),
	conversation(grace, {
		last: says(grace, now - minutes(12), "Found the moth. It was in the relay all along, I taped it into the logbook."),
		unread: 3,
	}),
	conversation(tunde, {
		last: called({
			conversation: "tunde",
			title: tunde.name,
			outcome: "missed",
			startedAt: now - hours(1),
			video: true,
		}),
		unread: 1,
	}),
	conversation(noor, { last: says(noor, now - hours(20), "تمام، أراك غداً في المكتبة.") }),
	conversation(jun, { last: says(me, now - days(2), "Thank you for the tea."), phase: "active" }),
	conversation(long, { phase: "asked" }),
];

const requests: readonly RequestView[] = [
	{
		id: "request",
		person: katherine,
		greeting: "Mira, it’s Katherine from the choir. Your sister gave me the link.",
		at: now - minutes(7),
	},
];

const calls: readonly CallRecordView[] = [
	record({
		conversation: "tunde",
		title: tunde.name,
		outcome: "missed",
		startedAt: now - hours(1),
		video: true,
		durationMs: 0,
	}),
	record({ outcome: "missed", startedAt: now - hours(2), durationMs: 0 }),
	record({ startedAt: now - days(1) - hours(3), durationMs: 1_934_000, video: true }),
	record({
		conversation: "grace",
		title: grace.name,
		direction: "outgoing",
		startedAt: now - days(2),
		durationMs: 241_000,
	}),
	record({
		conversation: "long",
		title: long.name,
		direction: "outgoing",
		outcome: "noAnswer",
		startedAt: now - days(3),
		durationMs: 0,
	}),
	record({ conversation: "noor", title: noor.name, outcome: "declined", startedAt: now - days(5), durationMs: 0 }),
];

const fullView = readyView({ conversations, requests, calls });

function full(change: Parameters<typeof readyView>[0] = {}): MemoryClient {
	const last = withAda.at(-1)?.id ?? "";
	return new MemoryClient({
		view: { ...fullView, ...change },
		history: new Map([
			["ada", [...withAda]],
			[
				"grace",
				[
					says(grace, now - minutes(14), "Are you there?"),
					says(grace, now - minutes(13), "I have news."),
					...lastOf("grace"),
				],
			],
			["noor", [says(me, now - hours(21), "نلتقي غداً؟"), ...lastOf("noor")]],
		]),
		ledger: ledgerOf(last),
	});
}

const lastOf = (id: string): HistoryItem[] => {
	const last = conversations.find((one) => one.id === id)?.last;
	return last === undefined ? [] : [last];
};

export const adaCall = (change: Partial<CallView> = {}): CallView => ({
	call: "the call",
	conversation: "ada",
	title: ada.name,
	kind: "direct",
	people: [ada],
	caller: ada,
	direction: "incoming",
	video: true,
	phase: { name: "ringing", since: Date.now(), giveUpAt: Date.now() + 45_000 },
	...change,
});

function failing(): MemoryClient {
	const client = full({ network: { phase: "offline", since: now - minutes(3) } });
	client.state.history.set("ada", [
		...withAda.slice(0, -1),
		says(me, now - minutes(2), "Did this arrive?", { state: "failed" }),
		says(me, now - minutes(1), "I’ll try again from the station.", { state: "sending" }),
	]);
	client.changeConversation("ada", { alarm: { kind: "serverLostRecords" } });
	return client;
}

function thousands(): MemoryClient {
	const client = full();
	const items = Array.from({ length: 10_000 }, (_, place) =>
		says(
			place % 3 === 0 ? me : ada,
			now - minutes(10_000 - place),
			`Line ${place}. ${"Gears turn. ".repeat(place % 9)}`,
		),
	);
	client.state.history.set("ada", items);
	client.changeConversation("ada", { last: items.at(-1) });
	return client;
}

export const scenes = {
	firstRun: () => new MemoryClient(),
	loading: () => new MemoryClient({ view: { phase: "loading" } }),
	locked: () => new MemoryClient({ view: { phase: "locked" } }),
	broken: () => new MemoryClient({ view: { phase: "broken", reason: "storageUnavailable" } }),
	storageLost: () => new MemoryClient({ view: { phase: "broken", reason: "storageLost" } }),
	empty: () => new MemoryClient({ view: readyView() }),
	asked: () => new MemoryClient({ view: readyView({ requests }) }),
	full,
	failing,
	thousands,
	offline: () => full({ network: { phase: "offline", since: now - minutes(3) } }),
	stranded: () => {
		const client = full();
		client.changeConversation("ada", { phase: "stopped", alarm: { kind: "stranded", by: ada } });
		return client;
	},
	ringing: () => full({ call: adaCall() }),
	ringingAudio: () => full({ call: adaCall({ video: false }) }),
	outgoing: () => full({ call: adaCall({ direction: "outgoing" }) }),
	inCall: () => full({ call: adaCall({ phase: { name: "connected", since: Date.now() - 252_000 } }) }),
	inAudioCall: () =>
		full({ call: adaCall({ video: false, phase: { name: "connected", since: Date.now() - 252_000 } }) }),
	reconnecting: () =>
		full({ call: adaCall({ phase: { name: "reconnecting", since: Date.now(), connectedAt: Date.now() - 90_000 } }) }),
	...groupScenes(full),
	...deviceScenes(full),
} satisfies Record<string, () => MemoryClient>;

export type SceneName = keyof typeof scenes;
