/**
 * A SottoClient that keeps everything in memory and talks to nobody: a fixture for component tests and for screens that are
 * hard to reach. Never part of the product.
 */
import { ok } from "@sotto/bytes";
import type {
	AccountId,
	ClientEvent,
	ClientView,
	CommandResult,
	ConversationId,
	ConversationView,
	LedgerEntry,
	MessageItem,
	RequestView,
	SottoClient,
} from "@sotto/client";
import { readyView } from "./memory-core.ts";
import { MemoryDevices } from "./memory-devices.ts";
import { me as defaultMe, myLink } from "./people.ts";

export { readyView } from "./memory-core.ts";

type Needed = Pick<
	SottoClient,
	| "view"
	| "onEvent"
	| "close"
	| "createAccount"
	| "rename"
	| "addContact"
	| "acceptRequest"
	| "ignoreRequest"
	| "blockRequest"
	| "sendMessage"
	| "retryMessage"
	| "discardMessage"
	| "markRead"
	| "history"
	| "sync"
	| "safetyNumber"
	| "compareSafetyNumber"
	| "setVerified"
	| "startCall"
	| "answerCall"
	| "declineCall"
	| "hangUp"
	| "ledger"
	| "ledgerOf"
>;

export class MemoryClient extends MemoryDevices implements Needed {
	async view(): Promise<ClientView> {
		return this.state.view;
	}

	onEvent(listener: (event: ClientEvent) => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	async close(): Promise<void> {
		this.listeners.clear();
	}

	async createAccount(input: { readonly name: string; readonly home: string }): Promise<CommandResult> {
		return this.do("createAccount", [input], () => {
			this.show(readyView({ me: { ...defaultMe, name: input.name, link: myLink } }));
		});
	}

	async rename(name: string): Promise<CommandResult> {
		return this.do("rename", [name], () => {
			if (this.state.view.phase === "ready") this.change({ me: { ...this.state.view.me, name } });
		});
	}

	async addContact(link: string): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.do("addContact", [link], () => {
			const conversation = `asked ${this.next()}`;
			this.#addConversation({ id: conversation, title: "Ada Lovelace", phase: "asked" }, "ada", 22);
			return { conversation };
		});
	}

	async acceptRequest(id: string): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.do("acceptRequest", [id], () => {
			const request = this.#dropRequest(id);
			const conversation = `accepted ${this.next()}`;
			const title = request?.person.name ?? "";
			this.#addConversation({ id: conversation, title, phase: "active" }, id, request?.person.hue ?? 0);
			return { conversation };
		});
	}

	async ignoreRequest(id: string): Promise<CommandResult> {
		return this.do("ignoreRequest", [id], () => void this.#dropRequest(id));
	}

	async blockRequest(id: string): Promise<CommandResult> {
		return this.do("blockRequest", [id], () => void this.#dropRequest(id));
	}

	async sendMessage(
		conversation: ConversationId,
		text: string,
		options?: { readonly mentions?: readonly AccountId[] },
	): Promise<CommandResult<{ readonly item: string }>> {
		return this.do("sendMessage", options === undefined ? [conversation, text] : [conversation, text, options], () => {
			const item: MessageItem = {
				kind: "message",
				id: `mine ${this.next()}`,
				author: defaultMe,
				mine: true,
				text,
				mentions: this.peopleOf(conversation).filter(({ account }) => options?.mentions?.includes(account)),
				mentionsMe: false,
				sentAt: Date.now(),
				state: "sending",
			};
			this.put(conversation, item);
			if (this.state.delivers) setTimeout(() => this.put(conversation, { ...item, state: "sent" }), 30);
			return { item: item.id };
		});
	}

	async retryMessage(conversation: ConversationId, id: string): Promise<CommandResult> {
		return this.do("retryMessage", [conversation, id], () => {
			const item = this.state.history.get(conversation)?.find((known) => known.id === id);
			if (item?.kind === "message") this.put(conversation, { ...item, state: "sent" });
		});
	}

	async discardMessage(conversation: ConversationId, id: string): Promise<CommandResult> {
		return this.do("discardMessage", [conversation, id], () => {
			const left = (this.state.history.get(conversation) ?? []).filter((known) => known.id !== id);
			this.state.history.set(conversation, left);
			this.emit({ kind: "history", conversation, items: [], removed: [id] });
		});
	}

	async markRead(conversation: ConversationId): Promise<CommandResult> {
		return this.do("markRead", [conversation], () => this.changeConversation(conversation, { unread: 0 }));
	}

	async history(conversation: ConversationId, options: { readonly before?: string; readonly limit?: number } = {}) {
		const all = this.state.history.get(conversation) ?? [];
		const end = options.before === undefined ? all.length : Number(options.before);
		const start = Math.max(0, end - (options.limit ?? 50));
		return { items: all.slice(start, end), older: start === 0 ? undefined : String(start) };
	}

	async sync(): Promise<CommandResult> {
		return ok();
	}

	async safetyNumber(conversation: ConversationId) {
		const groups = Array.from({ length: 12 }, (_, place) => String((place * 7919 + 30_871) % 100_000).padStart(5, "0"));
		return this.do("safetyNumber", [conversation], () => ({
			groups,
			qr: `sotto-safety:${groups.join("")}`,
			verified: false,
		}));
	}

	async compareSafetyNumber(conversation: ConversationId, qr: string): Promise<CommandResult> {
		return this.do("compareSafetyNumber", [conversation, qr], () => undefined);
	}

	async setVerified(conversation: ConversationId, verified: boolean): Promise<CommandResult> {
		return this.do("setVerified", [conversation, verified], () => {
			if (this.state.view.phase !== "ready") return;
			const found = this.state.view.conversations.find((one) => one.id === conversation);
			const people = found?.people.map((one) => ({ ...one, verified })) ?? [];
			this.changeConversation(conversation, { people });
		});
	}

	async startCall(
		conversation: ConversationId,
		options: { readonly video: boolean },
	): Promise<CommandResult<{ readonly call: string }>> {
		return this.do("startCall", [conversation, options], () => {
			const call = `call ${this.next()}`;
			if (this.state.view.phase === "ready") {
				const found = this.state.view.conversations.find((one) => one.id === conversation);
				const since = Date.now();
				this.change({
					call: {
						call,
						conversation,
						title: found?.title ?? "",
						kind: found?.kind ?? "direct",
						people: found?.people ?? [],
						caller: undefined,
						direction: "outgoing",
						video: options.video,
						phase: { name: "ringing", since, giveUpAt: since + 45_000 },
					},
				});
			}
			return { call };
		});
	}

	async answerCall(call: string): Promise<CommandResult> {
		return this.do("answerCall", [call], () => this.changeCall({ phase: { name: "connected", since: Date.now() } }));
	}

	async declineCall(call: string, message?: string): Promise<CommandResult> {
		return this.do("declineCall", [call, message], () => this.#endCall("declined"));
	}

	async hangUp(call: string): Promise<CommandResult> {
		return this.do("hangUp", [call], () => this.#endCall("hungUp"));
	}

	async ledger(limit: number): Promise<readonly LedgerEntry[]> {
		return this.state.ledger.toSorted((a, b) => b.at - a.at).slice(0, limit);
	}

	async ledgerOf(item: string): Promise<readonly LedgerEntry[]> {
		return this.state.ledger.filter((entry) => entry.item === item);
	}

	#endCall(reason: "declined" | "hungUp"): void {
		this.changeCall({ phase: { name: "ended", at: Date.now(), durationMs: 0, reason } });
	}

	#dropRequest(id: string): RequestView | undefined {
		if (this.state.view.phase !== "ready") return undefined;
		const { requests } = this.state.view;
		this.change({ requests: requests.filter((request) => request.id !== id) });
		return requests.find((request) => request.id === id);
	}

	#addConversation(basics: Pick<ConversationView, "id" | "title" | "phase">, account: string, hue: number): void {
		if (this.state.view.phase !== "ready") return;
		const fresh: ConversationView = {
			...basics,
			kind: "direct",
			people: [{ account, name: basics.title, hue, verified: false }],
			members: [],
			myRole: "admin",
			pictureId: undefined,
			alarm: undefined,
			last: undefined,
			unread: 0,
			mentioned: false,
			ongoingCall: undefined,
		};
		this.change({ conversations: [fresh, ...this.state.view.conversations] });
	}
}
