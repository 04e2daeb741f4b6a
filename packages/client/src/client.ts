import { notifierKeyRoute } from "@sotto/api";
import { err, ok } from "@sotto/bytes";
import {
	type ConversationRules,
	conversationRules,
	judgeCommit,
	matchesSafetyQr,
	maxNameLength,
	openCredential,
	safetyNumber,
	safetyQr,
} from "@sotto/protocol";
import { newAccount } from "./account/create.ts";
import { AccountKeeper } from "./account/keeper.ts";
import { decodeAccount } from "./account/record.ts";
import { People } from "./contacts/people.ts";
import type { EngineContext } from "./context.ts";
import type { Conversation } from "./conversations/conversation.ts";
import { readHistory } from "./conversations/history.ts";
import type { Ports } from "./ports.ts";
import type {
	CallKey,
	ClientEvent,
	ClientView,
	CommandResult,
	ConversationId,
	HistoryPage,
	ItemId,
	LedgerEntry,
	MediaReport,
	RequestId,
	RosterInput,
	SafetyNumber,
	SottoClient,
} from "./sdk.ts";
import { Ledger } from "./services/ledger.ts";
import { commandErrorOf, Services } from "./services/services.ts";
import { Session } from "./session.ts";
import { keys } from "./store/keys.ts";
import { StoreFailure, unwrapStore } from "./store/transaction.ts";

/** A sync does not wait longer than this for what goes out. */
const maxWorkMs = 20_000;

export type ClientOptions = {
	/** The numbers of the rules; only tests change them. */
	readonly rules?: Partial<ConversationRules>;
};

/**
 * Starts the engine on a profile's store. Resolves once everything that the store holds is loaded; the network follows by
 * itself. The store stays its caller's: `close` ends the engine and leaves the ports open.
 */
export async function createClient(ports: Ports, options: ClientOptions = {}): Promise<SottoClient> {
	const client = new Client(ports, { ...conversationRules, ...options.rules });
	await client.load();
	return client;
}

class Client implements SottoClient {
	readonly #engine: EngineContext;
	readonly #people: People;
	readonly #listeners = new Set<(event: ClientEvent) => void>();
	#view: ClientView = { phase: "loading" };
	#session: Session | undefined;
	#isCreating = false;
	#viewIsStale = false;
	#isClosed = false;
	readonly #working = new Set<Promise<unknown>>();

	constructor(ports: Ports, rules: ConversationRules) {
		const emit = (event: ClientEvent) => this.#emit(event);
		const ledger = new Ledger(ports.store, ports.clock, (entries) => emit({ kind: "ledger", entries }));
		this.#engine = {
			...ports,
			services: new Services(ports.transport, ports.clock, ledger, ""),
			ledger,
			rules,
			mlsRules: {
				validateCredential: async (credential, key) => (await openCredential(credential, key)).ok,
				judgeCommit,
			},
			emit,
			changed: () => this.#changed(),
			background: (work) => this.#background(work),
			personOf: (account) => this.#people.personOf(account),
		};
		this.#people = new People(this.#engine, () => {
			const account = this.#session?.account;
			return account && { id: account.keys.id, name: account.record.name };
		});
	}

	async load(): Promise<void> {
		try {
			await this.#engine.ledger.load();
			const row = unwrapStore(await this.#engine.store.get(keys.account));
			if (row === undefined) {
				this.#view = { phase: "noAccount" };
				return;
			}
			const record = decodeAccount(row);
			if (!record.ok) {
				this.#view = { phase: "broken", reason: "storageUnavailable" };
				return;
			}
			this.#engine.services.baseUrl = record.value.home;
			await this.#people.load();
			await this.#startSession(await AccountKeeper.open(this.#engine, record.value));
		} catch (error) {
			this.#onFault(error);
		}
	}

	async view(): Promise<ClientView> {
		return this.#currentView();
	}

	onEvent(listener: (event: ClientEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		this.#session?.close();
		this.#listeners.clear();
		try {
			await this.#engine.ledger.flush();
		} catch (error) {
			this.#onFault(error);
		}
	}

	// ---- oneself

	async createAccount(input: { readonly name: string; readonly home: string }): Promise<CommandResult> {
		const name = cleanName(input.name);
		if (name === undefined) return err({ kind: "badName" });
		if (this.#session !== undefined || this.#isCreating || this.#view.phase !== "noAccount")
			return err({ kind: "notReady" });
		const home = cleanHome(input.home);
		if (home === undefined) return err({ kind: "unreachable" });
		this.#isCreating = true;
		try {
			const { services, random, clock } = this.#engine;
			services.baseUrl = home;
			// Also the proof that a server of ours answers there, before anything is written.
			const purpose = { cause: { kind: "account" as const, title: undefined } };
			const key = await services.call(notifierKeyRoute, {}, purpose);
			if (!key.ok) return err(commandErrorOf(key.error));
			const notifierKey = key.value.publicKey;
			const record = await newAccount({ name, home, notifierKey, random, now: clock.now() });
			const account = await AccountKeeper.create(this.#engine, record);
			await this.#startSession(account);
			// The link is shown next: it should work for whoever gets it.
			await account.published();
			return ok();
		} catch (error) {
			return this.#commandFault(error);
		} finally {
			this.#isCreating = false;
		}
	}

	rename(text: string): Promise<CommandResult> {
		const name = cleanName(text);
		if (name === undefined) return Promise.resolve(err({ kind: "badName" }));
		return this.#run(async ({ account }) => {
			await account.rename(name);
			return ok();
		});
	}

	// ---- contacts

	addContact(link: string, greeting = ""): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#run(({ firstContact }) => firstContact.ask(link, greeting));
	}

	acceptRequest(request: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#run(({ firstContact }) => firstContact.accept(request));
	}

	ignoreRequest(request: RequestId): Promise<CommandResult> {
		return this.#run(({ firstContact }) => firstContact.ignore(request));
	}

	blockRequest(request: RequestId): Promise<CommandResult> {
		return this.#run(({ firstContact }) => firstContact.block(request));
	}

	safetyNumber(id: ConversationId): Promise<CommandResult<SafetyNumber>> {
		return this.#withDirect(id, async ({ account, people }, other) => {
			const groups = safetyNumber(account.keys.key, other);
			const qr = safetyQr(account.keys.key, other);
			return ok({ groups, qr, verified: people.personOfKey(other).verified });
		});
	}

	compareSafetyNumber(id: ConversationId, qr: string): Promise<CommandResult> {
		return this.#withDirect(id, async ({ account, people }, other) => {
			if (!matchesSafetyQr(account.keys.key, other, qr)) return err({ kind: "mismatch" });
			await people.setVerified(people.personOfKey(other).account, true);
			return ok();
		});
	}

	setVerified(id: ConversationId, verified: boolean): Promise<CommandResult> {
		return this.#withDirect(id, async ({ people }, other) => {
			await people.setVerified(people.personOfKey(other).account, verified);
			return ok();
		});
	}

	// ---- messages

	sendMessage(id: ConversationId, text: string): Promise<CommandResult<{ readonly item: ItemId }>> {
		return this.#withConversation(id, async (conversation) => {
			const sent = await conversation.sendText(text);
			return sent.ok ? ok({ item: sent.value.item }) : sent;
		});
	}

	retryMessage(id: ConversationId, item: ItemId): Promise<CommandResult> {
		return this.#withConversation(id, (conversation) => conversation.retry(item));
	}

	discardMessage(id: ConversationId, item: ItemId): Promise<CommandResult> {
		return this.#withConversation(id, async (conversation) =>
			(await conversation.discard(item)) ? ok() : err({ kind: "notFound" }),
		);
	}

	markRead(id: ConversationId): Promise<CommandResult> {
		return this.#withConversation(id, async (conversation) => {
			await conversation.markRead();
			return ok();
		});
	}

	async history(
		id: ConversationId,
		options: { readonly before?: string; readonly limit?: number } = {},
	): Promise<HistoryPage> {
		if (this.#session?.directory.get(id) === undefined) return { items: [], older: undefined };
		return readHistory(this.#engine.store, id, this.#people, options);
	}

	sync(): Promise<CommandResult> {
		return this.#run(async (session) => {
			const read = await session.sync();
			await this.#workDone();
			return read;
		});
	}

	// ---- calls

	startCall(id: ConversationId, options: { readonly video: boolean }) {
		return this.#run(({ calls }) => calls.startCall(id, options));
	}

	answerCall(call: CallKey) {
		return this.#run(({ calls }) => calls.answerCall(call));
	}

	declineCall(call: CallKey, message?: string) {
		return this.#run(({ calls }) => calls.declineCall(call, message));
	}

	hangUp(call: CallKey) {
		return this.#run(({ calls }) => calls.hangUp(call));
	}

	callMedia(call: CallKey) {
		return this.#run(({ calls }) => calls.callMedia(call));
	}

	reportMedia(call: CallKey, report: MediaReport) {
		return this.#run(({ calls }) => calls.reportMedia(call, report));
	}

	sealRoster(call: CallKey, entry: RosterInput) {
		return this.#run(({ calls }) => calls.sealRoster(call, entry));
	}

	openRoster(call: CallKey, sealed: Uint8Array<ArrayBuffer>) {
		return this.#run(({ calls }) => calls.openRoster(call, sealed));
	}

	// ---- what the server sees

	async ledger(limit: number): Promise<readonly LedgerEntry[]> {
		return this.#engine.ledger.newest(limit);
	}

	async ledgerOf(item: ItemId): Promise<readonly LedgerEntry[]> {
		return this.#engine.ledger.of(item);
	}

	// ---- inside

	async #startSession(account: AccountKeeper): Promise<void> {
		const session = new Session(this.#engine, account, this.#people);
		await session.start();
		this.#session = session;
		this.#changed();
	}

	async #run<T>(work: (session: Session) => Promise<CommandResult<T>>): Promise<CommandResult<T>> {
		if (this.#session === undefined || this.#isClosed || this.#view.phase === "broken")
			return err({ kind: "notReady" });
		try {
			return await work(this.#session);
		} catch (error) {
			return this.#commandFault(error);
		}
	}

	#withConversation<T>(
		id: ConversationId,
		work: (conversation: Conversation) => Promise<CommandResult<T>>,
	): Promise<CommandResult<T>> {
		return this.#run(async ({ directory }) => {
			const conversation = directory.get(id);
			return conversation === undefined ? err({ kind: "notFound" }) : work(conversation);
		});
	}

	#withDirect<T>(
		id: ConversationId,
		work: (session: Session, other: Parameters<typeof safetyNumber>[1]) => Promise<CommandResult<T>>,
	): Promise<CommandResult<T>> {
		return this.#run(async (session) => {
			const meta = session.directory.get(id)?.held.meta;
			const [other] = meta?.kind === "direct" ? meta.people : [];
			return other === undefined ? err({ kind: "notFound" }) : work(session, other);
		});
	}

	#currentView(): ClientView {
		return this.#view.phase === "broken" ? this.#view : (this.#session?.view() ?? this.#view);
	}

	/** Many changes in a row become one event. */
	#changed(): void {
		if (this.#viewIsStale || this.#isClosed) return;
		this.#viewIsStale = true;
		this.#background(
			Promise.resolve().then(() => {
				this.#viewIsStale = false;
				if (!this.#isClosed) this.#emit({ kind: "view", view: this.#currentView() });
			}),
		);
	}

	#emit(event: ClientEvent): void {
		for (const listener of this.#listeners) listener(event);
	}

	#background(work: Promise<unknown>): void {
		const done = work.catch((error: unknown) => this.#onFault(error)).finally(() => this.#working.delete(done));
		this.#working.add(done);
	}

	/**
	 * Resolves when the work under way has ended, what it began in turn included: everything has gone out, or waits for a
	 * better time.
	 */
	async #workDone(): Promise<void> {
		const { clock } = this.#engine;
		let isLate = false;
		const late = Promise.withResolvers<void>();
		const cancel = clock.wakeAt(clock.now() + maxWorkMs, () => {
			isLate = true;
			late.resolve();
		});
		while (this.#working.size > 0 && !isLate) await Promise.race([late.promise, Promise.all(this.#working)]);
		cancel();
	}

	#commandFault(error: unknown): CommandResult<never> {
		this.#onFault(error);
		return err({ kind: error instanceof StoreFailure && error.reason === "storageFull" ? "storageFull" : "notReady" });
	}

	/** A store that fails stops everything that would have to be durable; anything else is a bug, and is not hidden. */
	#onFault(error: unknown): void {
		if (!(error instanceof StoreFailure)) throw error;
		if (this.#isClosed) return;
		// A full disk refuses one write; what was durable stays, and room can be made.
		if (error.reason === "storageFull" && this.#session !== undefined) return;
		this.#session?.close();
		this.#view = { phase: "broken", reason: error.reason };
		this.#changed();
	}
}

function cleanName(text: string): string | undefined {
	const name = text.trim().replace(/\s+/g, " ");
	return name.length > 0 && name.length <= maxNameLength ? name : undefined;
}

function cleanHome(text: string): string | undefined {
	const home = text.trim().replace(/\/+$/, "");
	return /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i.test(home) && home.length <= 300 ? home : undefined;
}
