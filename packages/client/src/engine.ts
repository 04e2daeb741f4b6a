import { notifierKeyRoute } from "@sotto/api";
import { err, ok, type Result } from "@sotto/bytes";
import type { MlsSuite, PassphraseCost } from "@sotto/crypto";
import { type ConversationRules, judgeCommit, maxNameLength, openCredential } from "@sotto/protocol";
import { newAccount } from "./account/create.ts";
import { AccountKeeper } from "./account/keeper.ts";
import { type AccountRecord, decodeAccount } from "./account/record.ts";
import { clearUnfinished } from "./archive/import.ts";
import { openBackup, takeBackup } from "./backup/backup.ts";
import { People } from "./contacts/people.ts";
import type { EngineContext } from "./context.ts";
import type { Ports, StoreOp } from "./ports.ts";
import type { ClientEvent, ClientView, CommandError, CommandResult, SottoClient } from "./sdk.ts";
import { NewDevice } from "./devices/new-device.ts";
import { Ledger } from "./services/ledger.ts";
import { commandErrorOf, Services } from "./services/services.ts";
import { Troubles } from "./services/troubles.ts";
import { Session } from "./session.ts";
import { keys } from "./store/keys.ts";
import { ConversationDamaged, StoreFailure, unwrapStore } from "./store/transaction.ts";

/** How long {@link Engine.workDone} waits at most. */
const maxWorkMs = 10_000;

/** The engine's life: from an empty store to an account at work, its view and events, and what happens when the store fails. */
export class Engine {
	readonly context: EngineContext;
	readonly people: People;
	readonly #listeners = new Set<(event: ClientEvent) => void>();
	#view: ClientView = { phase: "loading" };
	#session: Session | undefined;
	/** This device while it is being linked to an account (D2). */
	#newDevice: NewDevice | undefined;
	#isCreating = false;
	#viewIsStale = false;
	#isClosed = false;
	readonly #working = new Set<Promise<unknown>>();

	constructor(ports: Ports, rules: ConversationRules, suite: MlsSuite, passphraseCost: PassphraseCost) {
		const emit = (event: ClientEvent) => this.#emit(event);
		const troubles = new Troubles(() => this.#changed());
		const store = troubles.watch(ports.store);
		const ledger = new Ledger(store, ports.clock, (entries) => emit({ kind: "ledger", entries }));
		this.context = {
			...ports,
			store,
			services: new Services(ports.transport, ports.clock, ledger, troubles, ""),
			ledger,
			rules,
			suite,
			passphraseCost,
			mlsRules: {
				validateCredential: async (credential, key) => (await openCredential(credential, key)).ok,
				judgeCommit,
			},
			emit,
			changed: () => this.#changed(),
			background: (work) => this.#background(work),
			personOf: (account) => this.people.personOf(account),
			introduce: (account, name, tx) => this.people.introduce(account, name, tx),
		};
		this.people = new People(this.context, () => {
			const account = this.#session?.account;
			return account && { id: account.keys.id, key: account.keys.key, name: account.record.name };
		});
	}

	async load(): Promise<void> {
		try {
			await this.context.ledger.load();
			const row = unwrapStore(await this.context.store.get(keys.account));
			if (row === undefined) {
				this.#view = { phase: "noAccount" };
				const resumed = await NewDevice.resume(this.context, (account) => this.#becomeLinked(account));
				if (resumed !== undefined) this.context.services.baseUrl = resumed.home;
				this.#newDevice = resumed;
				return;
			}
			const record = decodeAccount(row);
			if (!record.ok) {
				this.#view = { phase: "broken", reason: "storageUnavailable" };
				return;
			}
			this.context.services.baseUrl = record.value.home;
			await this.people.load();
			await this.#startSession(await AccountKeeper.open(this.context, record.value));
		} catch (error) {
			this.#onFault(error);
		}
	}

	/** The account at work; undefined before there is one. */
	get session(): Session | undefined {
		return this.#session;
	}

	view(): ClientView {
		if (this.#view.phase === "broken") return this.#view;
		if (this.#session !== undefined) return this.#session.view();
		return this.#newDevice === undefined ? this.#view : { phase: "linking", linking: this.#newDevice.view() };
	}

	onEvent(listener: (event: ClientEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		this.#session?.close();
		this.#newDevice?.close();
		this.#listeners.clear();
		try {
			await this.context.ledger.flush();
		} catch (error) {
			this.#onFault(error);
		}
	}

	async createAccount(input: { readonly name: string; readonly home: string }): Promise<CommandResult> {
		const name = cleanName(input.name);
		if (name === undefined) return err({ kind: "badName" });
		if (!this.#isBlank) return err({ kind: "notReady" });
		return this.#begin(input.home, async (home) => {
			const { services, random, clock, store } = this.context;
			// Also the proof that a server of ours answers there, before anything is written.
			const purpose = { cause: { kind: "account" as const, title: undefined } };
			const key = await services.call(notifierKeyRoute, {}, purpose);
			if (!key.ok) return err(commandErrorOf(key.error));
			await clearUnfinished(store);
			const notifierKey = key.value.publicKey;
			return ok({ record: await newAccount({ name, home, notifierKey, random, now: clock.now() }) });
		});
	}

	async restoreBackup({ file, passphrase, home }: Parameters<SottoClient["restoreBackup"]>[0]): Promise<CommandResult> {
		if (!this.#isBlank) return err({ kind: "notReady" });
		const backup = await openBackup(file, passphrase);
		if (!backup.ok) return backup;
		return this.#begin(home ?? backup.value.account.home, async (cleaned) => {
			const taken = await takeBackup(this.context, backup.value, cleaned);
			if (taken.ok) await this.people.load();
			return taken;
		});
	}

	/** From a store without an account to one at work; `make` makes the account, and says what keeps it from being. */
	async #begin(
		address: string,
		make: (
			home: string,
		) => Promise<Result<{ readonly record: AccountRecord; readonly ops?: readonly StoreOp[] }, CommandError>>,
	): Promise<CommandResult> {
		const home = cleanHome(address);
		if (home === undefined) return err({ kind: "unreachable" });
		if (!this.#isBlank) return err({ kind: "notReady" });
		this.#isCreating = true;
		try {
			this.context.services.baseUrl = home;
			const made = await make(home);
			if (!made.ok) return made;
			const account = await AccountKeeper.create(this.context, made.value.record, made.value.ops);
			// The first view shows the link: it should work for whoever gets it.
			await this.#startSession(account, () => account.published());
			return ok();
		} catch (error) {
			return this.#commandFault(error);
		} finally {
			this.#isCreating = false;
		}
	}

	/** Shows a code by which this device can be linked to an account (D2). */
	async startLinking(input: { readonly home: string; readonly deviceName: string }): Promise<CommandResult> {
		const deviceName = cleanName(input.deviceName);
		if (deviceName === undefined) return err({ kind: "badName" });
		if (this.#newDevice?.isOver) this.#endLinking();
		if (!this.#isBlank) return err({ kind: "notReady" });
		const home = cleanHome(input.home);
		if (home === undefined) return err({ kind: "unreachable" });
		this.#isCreating = true;
		try {
			this.context.services.baseUrl = home;
			const begun = await NewDevice.begin(this.context, { home, deviceName }, (account) => this.#becomeLinked(account));
			if (!begun.ok) return begun;
			this.#newDevice = begun.value;
			this.#changed();
			return ok();
		} catch (error) {
			return this.#commandFault(error);
		} finally {
			this.#isCreating = false;
		}
	}

	/** On either side of linking: a device that is being linked has no account yet. */
	async confirmLinking(same: boolean, makePrimary: boolean): Promise<CommandResult> {
		const newDevice = this.#session === undefined ? this.#newDevice : undefined;
		if (newDevice === undefined) return this.run(({ devices }) => devices.linking.confirm(same, makePrimary));
		try {
			return await newDevice.confirm(same);
		} catch (error) {
			return this.#commandFault(error);
		}
	}

	async cancelLinking(): Promise<CommandResult> {
		if (this.#session !== undefined) return this.run(({ devices }) => devices.linking.cancel());
		try {
			await this.#newDevice?.cancel();
			this.#endLinking();
			return ok();
		} catch (error) {
			return this.#commandFault(error);
		}
	}

	#endLinking(): void {
		this.#newDevice = undefined;
		this.#changed();
	}

	/** Nothing is here, and nothing is on its way to be. */
	get #isBlank(): boolean {
		const isIdle = this.#session === undefined && this.#newDevice === undefined && !this.#isCreating;
		return isIdle && this.#view.phase === "noAccount";
	}

	async #becomeLinked(account: AccountKeeper): Promise<void> {
		await this.#startSession(account);
		this.#session?.awaitLetters();
	}

	async #startSession(account: AccountKeeper, beforeShown = () => Promise.resolve()): Promise<void> {
		const session = new Session(this.context, account, this.people);
		await session.start();
		await beforeShown();
		if (this.#isClosed) return session.close();
		this.#session = session;
		this.#changed();
	}

	async run<T>(work: (session: Session) => Promise<CommandResult<T>>): Promise<CommandResult<T>> {
		if (this.#session === undefined || this.#isClosed || this.#view.phase === "broken")
			return err({ kind: "notReady" });
		try {
			return await work(this.#session);
		} catch (error) {
			return this.#commandFault(error);
		}
	}

	/** Many changes in a row become one event. */
	#changed(): void {
		if (this.#viewIsStale || this.#isClosed) return;
		this.#viewIsStale = true;
		this.#background(
			Promise.resolve().then(() => {
				this.#viewIsStale = false;
				if (!this.#isClosed) this.#emit({ kind: "view", view: this.view() });
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
	async workDone(): Promise<void> {
		const { clock } = this.context;
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
		// The conversation has stopped, and says so.
		if (error instanceof ConversationDamaged) return;
		if (!(error instanceof StoreFailure)) throw error;
		if (this.#isClosed) return;
		// A full disk refuses one write; what was durable stays, and room can be made.
		if (error.reason === "storageFull" && this.#session !== undefined) return;
		this.#session?.close();
		this.#view = { phase: "broken", reason: error.reason };
		this.#changed();
	}
}

/** A name without needless blanks; undefined if nothing is left, or too much. */
export function cleanName(text: string): string | undefined {
	const name = text.trim().replace(/\s+/g, " ");
	return name.length > 0 && name.length <= maxNameLength ? name : undefined;
}

function cleanHome(text: string): string | undefined {
	const home = text.trim().replace(/\/+$/, "");
	return /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i.test(home) && home.length <= 300 ? home : undefined;
}
