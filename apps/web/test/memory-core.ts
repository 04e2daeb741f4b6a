/** The ground of {@link MemoryClient}: its state, its listeners, and how a command is noted, refused or done. */
import { err, ok } from "@sotto/bytes";
import type {
	CallView,
	ClientEvent,
	ClientView,
	CommandError,
	CommandResult,
	ConversationId,
	ConversationView,
	HistoryItem,
	LedgerEntry,
	PersonView,
	ReadyView,
	SottoClient,
} from "@sotto/client";
import { me as defaultMe, myLink } from "./people.ts";

export type MemoryState = {
	view: ClientView;
	history: Map<ConversationId, HistoryItem[]>;
	ledger: LedgerEntry[];
	/** What the next commands answer, by name; absent: they work. */
	refuse: Map<string, CommandError["kind"]>;
	/** Whether a message sent becomes "sent" by itself. */
	delivers: boolean;
};

export const readyView = (change: Partial<ReadyView> = {}): ReadyView => ({
	phase: "ready",
	me: { ...defaultMe, link: myLink },
	network: { phase: "online" },
	conversations: [],
	requests: [],
	calls: [],
	call: undefined,
	troubles: [],
	devices: [],
	jobs: [],
	linking: undefined,
	settings: {},
	...change,
});

/** Commands given, newest last, for tests to look at. */
export type Told = { readonly command: string; readonly args: readonly unknown[] };

export class MemoryCore {
	readonly state: MemoryState;
	readonly told: Told[] = [];
	protected readonly listeners = new Set<(event: ClientEvent) => void>();
	#serial = 0;

	constructor(state: Partial<MemoryState> = {}) {
		this.state = {
			view: { phase: "noAccount" },
			history: new Map(),
			ledger: [],
			refuse: new Map(),
			delivers: true,
			...state,
		};
	}

	/** As the app wants it. What a call's media asks of the engine is not here: no media runs in these tests. */
	get client(): SottoClient {
		return this as unknown as SottoClient;
	}

	emit(event: ClientEvent): void {
		for (const listener of this.listeners) listener(event);
	}

	show(view: ClientView): void {
		this.state.view = view;
		this.emit({ kind: "view", view });
	}

	change(change: Partial<ReadyView>): void {
		if (this.state.view.phase === "ready") this.show({ ...this.state.view, ...change });
	}

	changeConversation(id: ConversationId, change: Partial<ConversationView>): void {
		if (this.state.view.phase !== "ready") return;
		const conversations = this.state.view.conversations.map((one) => (one.id === id ? { ...one, ...change } : one));
		this.change({ conversations });
	}

	changeCall(change: Partial<CallView>): void {
		const { view } = this.state;
		if (view.phase === "ready" && view.call !== undefined) this.change({ call: { ...view.call, ...change } });
	}

	/** Puts an item into a conversation, as if it came from the engine. */
	put(conversation: ConversationId, item: HistoryItem): void {
		const items = this.state.history.get(conversation) ?? [];
		const place = items.findIndex((known) => known.id === item.id);
		if (place < 0) items.push(item);
		else items[place] = item;
		this.state.history.set(conversation, items);
		this.emit({ kind: "history", conversation, items: [item], removed: [] });
		this.changeConversation(conversation, { last: item });
	}

	protected do<T>(command: string, args: readonly unknown[], work: () => T): CommandResult<T> {
		this.told.push({ command, args });
		const refused = this.state.refuse.get(command);
		return refused === undefined ? ok(work()) : err({ kind: refused });
	}

	protected peopleOf(id: ConversationId): readonly PersonView[] {
		if (this.state.view.phase !== "ready") return [];
		return this.state.view.conversations.find((one) => one.id === id)?.people ?? [];
	}

	protected next(): number {
		this.#serial += 1;
		return this.#serial;
	}
}
