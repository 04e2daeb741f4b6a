/** Scenes with groups in them. */
import type { CallView, ConversationView, HistoryItem, ReadyView } from "@sotto/client";
import type { MemoryClient } from "./memory-client.ts";
import { groupView, memberOf } from "./memory-groups.ts";
import { ada, days, grace, hours, jun, katherine, long, me, minutes, noor, now, tunde } from "./people.ts";
import { called, happened, says } from "./scene-parts.ts";

const choirMembers = [
	memberOf(me, "admin"),
	memberOf(ada, "admin"),
	memberOf(grace),
	memberOf(tunde),
	memberOf(noor),
	memberOf(long),
];

const withChoir: HistoryItem[] = [
	happened(now - days(2), "groupCreated", ada),
	happened(now - days(2) + 1_000, "personAdded", me, ada),
	happened(now - days(2) + 2_000, "personAdded", grace, ada),
	happened(now - days(2) + 3_000, "personAdded", tunde, ada),
	happened(now - days(2) + minutes(1), "groupRenamed", ada, undefined, "Choir"),
	says(ada, now - days(2) + minutes(2), "Welcome! Rehearsal is Thursday at seven, in the engine house."),
	says(tunde, now - days(2) + minutes(9), "The loud one?"),
	says(ada, now - days(2) + minutes(9) + 9_000, "It is off on Thursdays."),
	happened(now - days(1), "madeAdmin", me, ada),
	happened(now - days(1) + minutes(1), "personAdded", noor, me),
	happened(now - days(1) + minutes(2), "personAdded", long, me),
	called({
		conversation: "choir",
		title: "Choir",
		startedAt: now - hours(3),
		durationMs: 1_934_000,
		direction: "outgoing",
	}),
	says(noor, now - minutes(40), "شكراً! سعيدة بالانضمام."),
	says(grace, now - minutes(22), "I have the scores. Who brings the tuning fork?"),
	says(me, now - minutes(21), "Mine is a whole octave off. @Ada Lovelace?", { mentions: [ada] }),
	says(ada, now - minutes(9), "I do. Second verse is the hard one, we start there."),
	says(ada, now - minutes(9) + 4_000, "@Mira Okafor can you take the low part?", { mentions: [me], mentionsMe: true }),
	says(long, now - minutes(4), "I would gladly take it if Mira has too much on her hands already."),
];

const choir = groupView("choir", "Choir", choirMembers, { last: withChoir.at(-1) });

const trip = groupView(
	"trip",
	"Dunes, the first week of October",
	[memberOf(me), memberOf(tunde, "admin"), memberOf(jun)],
	{
		pictureId: "the dunes",
		last: says(tunde, now - hours(1), "@Mira Okafor bring the tent?", { mentions: [me], mentionsMe: true }),
		unread: 12,
		mentioned: true,
	},
);

const gone = groupView("gone", "Book club", [memberOf(grace, "admin"), memberOf(jun)], {
	phase: "left",
	last: happened(now - days(1), "personRemoved", me, grace),
});

const invitation = {
	id: "invitation",
	person: katherine,
	greeting: "We sing together on Thursdays, Ada said you would come.",
	at: now - minutes(7),
	group: { name: "Trajectory club", people: 12 },
};

const choirCall: CallView = {
	call: "the call",
	conversation: "choir",
	title: "Choir",
	kind: "group",
	people: [ada, grace, tunde],
	caller: undefined,
	direction: "outgoing",
	video: true,
	phase: { name: "connected", since: Date.now() - 252_000 },
};

type Full = (change?: Partial<ReadyView>) => MemoryClient;

/** All of `full`, with groups on top. */
export const groupScenes = (full: Full) => {
	const withGroups = (choirChange: Partial<ConversationView> = {}, change: Partial<ReadyView> = {}): MemoryClient => {
		const client = full(change);
		if (client.state.view.phase === "ready") {
			const { conversations } = client.state.view;
			client.change({ requests: [], conversations: [{ ...choir, ...choirChange }, trip, ...conversations, gone] });
		}
		client.state.history.set("choir", [...withChoir]);
		for (const { id, last } of [trip, gone]) if (last !== undefined) client.state.history.set(id, [last]);
		return client;
	};
	return {
		groups: () => withGroups(),
		groupCall: () => withGroups({ ongoingCall: "the group call" }),
		inGroupCall: () => withGroups({}, { call: choirCall }),
		groupRinging: () => {
			const phase = { name: "ringing", since: Date.now(), giveUpAt: Date.now() + 45_000 } as const;
			return withGroups({}, { call: { ...choirCall, caller: grace, direction: "incoming", video: false, phase } });
		},
		groupInvitation: () => {
			const client = withGroups();
			client.change({ requests: [invitation] });
			return client;
		},
	};
};
