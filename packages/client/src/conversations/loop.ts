import { type Bytes, err, invariant, ok, type Result } from "@sotto/bytes";
import {
	type ConversationState,
	nextSend,
	resumeAfterFork,
	retryRefused,
	type Place,
	type SendAction,
	stepAppended,
	stopAtFork,
} from "@sotto/protocol";
import type { CommandError } from "../sdk.ts";
import { Retry } from "../services/retry.ts";
import { commandErrorOf, type Purpose, type ServiceError } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { ConversationDamaged, StoreFailure, unwrapStore } from "../store/transaction.ts";
import type { ConversationCore } from "./core.ts";
import { processRecord, type ReadingContext } from "./deliver.ts";
import { type Followed, followLog } from "./follow.ts";
import { JoinSpread } from "./join-spread.ts";
import { wasAwayTooLong } from "./silence.ts";
import { appendRecord } from "./log-access.ts";
import { decodeOutboxBytes } from "./meta.ts";
import { resealOutbox, sealQueued, sealUpdate } from "./seal.ts";
import { sealWishes } from "./seal-wishes.ts";

/** Looks in a row that found something to heal before the conversation waits for a better time. */
const maxLooksInARow = 12;

type Reader = (done: Result<void, CommandError>) => void;

/**
 * A conversation's traffic with the home: one loop that reads to the tip and then sends what waits, step by step as the rules
 * decide. It never holds up a local change, and ends when there is nothing to do.
 */
export class ConversationLoop {
	readonly #core: ConversationCore;
	readonly #retry: Retry;
	readonly #spread: JoinSpread;
	/** Tries again what the home refused, ever more rarely: a server can be repaired, and what stands behind it waits. */
	readonly #refusals: Retry;
	#triesRefused = false;
	#running: Promise<void> | undefined;
	/** Somebody asked since the loop last looked. */
	#isAsked = false;
	#wantsRead = true;
	/** C7: since this program started. */
	#hasReadToTip = false;
	/** Since the line to the notifier stands: what comes now is live. */
	#isUpToDate = false;
	/** Until this device has committed. */
	#owesSign = false;
	#readers: Reader[] = [];
	#closed = false;
	#cancelWake: () => void = () => undefined;

	constructor(core: ConversationCore) {
		const { clock, random } = core.parts.engine;
		this.#core = core;
		this.#spread = new JoinSpread(core);
		this.#retry = new Retry(clock, random, () => this.kick());
		this.#refusals = new Retry(clock, random, () => {
			this.#triesRefused = true;
			this.kick();
		});
	}

	/** Starts the loop, or makes it go round once more; `read` looks at the log first. */
	kick(options: { readonly read?: boolean } = {}): void {
		if (options.read) this.#wantsRead = true;
		this.#isAsked = true;
		this.#wake();
	}

	/** Reads to the tip now; resolves when this device is there, or cannot get there. */
	readToTip(): Promise<Result<void, CommandError>> {
		if (this.#closed || isOver(this.#core.held.state)) return Promise.resolve(ok());
		return new Promise((resolve) => {
			this.#readers.push(resolve);
			this.kick({ read: true });
		});
	}

	/** Commits, so that others see that this device follows. */
	showSignOfLife(): void {
		this.#owesSign = true;
		this.kick({ read: true });
	}

	networkChanged(): void {
		this.#retry.reset();
		this.#refusals.now();
		this.kick({ read: true });
	}

	lineLost(): void {
		this.#isUpToDate = false;
	}

	/** The group was replaced: its log was not read yet. */
	startOver(): void {
		this.#hasReadToTip = false;
		this.kick({ read: true });
	}

	close(): void {
		this.#closed = true;
		this.#retry.reset();
		this.#refusals.reset();
		this.#cancelWake();
		for (const done of this.#readers.splice(0)) done(err({ kind: "notReady" }));
	}

	#wake(): void {
		if (this.#closed || this.#running !== undefined) return;
		this.#running = this.#run()
			.catch((error: unknown) => this.#failed(error))
			.finally(() => {
				this.#running = undefined;
				// Asked for while the loop was ending.
				if (this.#isAsked) this.#wake();
			});
		this.#core.parts.engine.background(this.#running);
	}

	async #run(): Promise<void> {
		while (!this.#closed) {
			this.#isAsked = false;
			if (this.#wantsRead || !this.#hasReadToTip) {
				if (!(await this.#read())) return;
				continue;
			}
			const heldUntil = await this.#spread.heldUntil();
			if (this.#triesRefused) await this.#tryRefused();
			const { state, queue } = this.#core.held;
			const hasDueWishes = this.#hasDueWishes(heldUntil);
			const isHeldBack = heldUntil !== undefined;
			const needs = {
				hasReadToTip: true,
				hasQueuedItems: queue.length > 0,
				hasDueWishes,
				isHeldBack,
				owesSign: this.#owesSign,
			};
			const action = nextSend(state, needs, this.#core.parts.engine.rules);
			if (action.kind === "nothing") return;
			if (!(await this.#perform(action))) return;
		}
	}

	async #tryRefused(): Promise<void> {
		this.#triesRefused = false;
		if (this.#core.held.state.outbox?.refused === undefined) return;
		await this.#core.change(async (draft) => {
			draft.state = retryRefused(draft.state);
		});
	}

	/** Whether a wish is due; the next one that is not, or `otherwise`, wakes the loop, which reads before it acts (C11). */
	#hasDueWishes(otherwise: number | undefined): boolean {
		const { clock } = this.#core.parts.engine;
		const times = this.#core.held.wishes.map(({ stored }) => stored.notBefore);
		const waiting = times.filter((time) => time > clock.now());
		const later = otherwise === undefined ? waiting : [...waiting, otherwise];
		this.#cancelWake();
		if (later.length > 0) this.#cancelWake = clock.wakeAt(Math.min(...later), () => this.kick({ read: true }));
		return waiting.length < times.length;
	}

	/**
	 * What was being done was not written, so it did not happen. A disk that is full may have room later; what cannot be read stops
	 * this conversation alone.
	 */
	#failed(error: unknown): never {
		const isFull = error instanceof StoreFailure && error.reason === "storageFull";
		for (const done of this.#readers.splice(0)) done(err({ kind: isFull ? "storageFull" : "notReady" }));
		if (isFull) {
			this.#wantsRead = true;
			this.#isAsked = false;
			this.#retry.later();
		}
		if (error instanceof ConversationDamaged) this.#core.parts.engine.background(this.#core.stopDamaged());
		throw error;
	}

	/** Whether the loop goes on. */
	async #read(): Promise<boolean> {
		this.#wantsRead = false;
		const read = await this.#readLog();
		if (!read.ok) {
			for (const done of this.#readers.splice(0)) done(err(commandErrorOf(read.error)));
			// What does not pass by itself is tried again too, ever more rarely: a server can be repaired.
			this.#retry.later();
			return false;
		}
		this.#hasReadToTip = true;
		this.#isUpToDate = true;
		if (!this.#wantsRead) for (const done of this.#readers.splice(0)) done(ok());
		if (this.#core.held.state.stop?.kind === "forked") {
			this.#wantsRead = true;
			this.#retry.later();
			return false;
		}
		this.#retry.reset();
		return true;
	}

	/** Whether the loop goes on at once. */
	async #perform(action: SendAction): Promise<boolean> {
		switch (action.kind) {
			case "nothing":
				return false;
			case "append":
				return this.#append(action.expectHead);
			case "resealRecord":
				await this.#core.change(resealOutbox);
				return true;
			case "sealMessage":
				await this.#core.change(async (draft) => {
					// Everything that waited may have been withdrawn meanwhile.
					if (draft.queue.length > 0) await sealQueued(draft);
				});
				return true;
			case "sealWishes": {
				const { engine, account } = this.#core.parts;
				const context = { own: account.keys.key, rules: engine.mlsRules, now: engine.clock.now() };
				await this.#core.change((draft) => sealWishes(draft, context));
				return true;
			}
			case "sealCommit":
				this.#owesSign = false;
				await this.#core.change((draft) => sealUpdate(draft, this.#core.parts.engine));
				return true;
		}
	}

	async #append(expectHead: Bytes | undefined): Promise<boolean> {
		const { engine } = this.#core.parts;
		const { state } = this.#core.held;
		const { outbox, log } = state;
		const stored = unwrapStore(await engine.store.get(keys.outbox(this.#core.id)));
		const bytes = stored === undefined ? undefined : decodeOutboxBytes(stored);
		// The group was replaced meanwhile: what was on its way in the old one is not sent any more (C10).
		if (this.#core.held.state !== state) return true;
		invariant(outbox !== undefined, "something is on its way");
		// Other bytes in their place would be sealed with the same key (C5).
		if (!bytes?.ok) throw new ConversationDamaged();
		const { record } = bytes.value;
		const entry = { record, dedupeId: outbox.dedupeId, expectHead };
		const { answer } = await appendRecord(engine.services, log, entry, this.#core.purpose());
		const step = stepAppended(this.#core.held.state, answer);
		if (step.state !== this.#core.held.state)
			await this.#core.change(async (draft) => {
				draft.state = stepAppended(draft.state, answer).state;
				if (step.effect.kind === "failed") await this.#core.markQueued(draft, "failed");
			});
		switch (step.effect.kind) {
			case "readOwn":
				await this.#process([record], state);
				// The end of a log is looked at once more before anything is written into the next (C8).
				if (this.#core.held.state.log.ordinal !== state.log.ordinal) this.#wantsRead = true;
				return true;
			case "readLog":
			case "createLog":
				this.#wantsRead = true;
				return true;
			case "waitAndRetry":
				this.#retry.later();
				return false;
			case "failed":
				this.#refusals.later();
				return false;
		}
	}

	/** Reads log after log to the last one's tip. */
	async #readLog(): Promise<Result<void, ServiceError>> {
		const { engine, titleOf } = this.#core.parts;
		let goal: Place | undefined;
		for (let looks = 0; looks < maxLooksInARow && !this.#closed; looks++) {
			const { state } = this.#core.held;
			if (isOver(state)) return ok();
			const purpose: Purpose = { cause: { kind: "sync", title: titleOf(this.#core.id) } };
			const look = { goal, isFirst: !this.#isUpToDate && goal === undefined };
			const followed = await followLog(engine, this.#core.id, state, look, purpose);
			if (!followed.ok) return followed;
			switch (followed.value.kind) {
				case "again":
					continue;
				case "forked":
				case "beyondHealing":
					await this.#stopForked(followed.value);
					return ok();
				case "records":
					await this.#process(followed.value.records, state);
					goal = this.#core.held.state.log.ordinal === state.log.ordinal ? followed.value.rest : undefined;
					if (goal === undefined && this.#core.held.state.log.ordinal === state.log.ordinal) return ok();
					// The next page, or the next log: looking on is no repetition.
					looks = 0;
			}
		}
		return err({ kind: "unreachable" });
	}

	/** Processes records that follow `from` in one transaction, up to where the log moves. */
	async #process(records: readonly Bytes[], from: ConversationState): Promise<void> {
		if (records.length === 0 && from.stop === undefined) return;
		const reading = this.#readingContext();
		await this.#core.change(async (draft) => {
			// The group was replaced meanwhile: these records are of a log that was left (C10).
			if (draft.state.log.ordinal !== from.log.ordinal || draft.state.at.seq !== from.at.seq) return;
			draft.state = resumeAfterFork(draft.state);
			for (const record of records) {
				// What stands behind a closing commit is void (C2).
				if (draft.state.log.ordinal !== from.log.ordinal || draft.state.stop !== undefined) break;
				await processRecord(draft, record, reading);
			}
		});
	}

	#readingContext(): ReadingContext {
		const { engine, account, observer, ringer, takeShared } = this.#core.parts;
		return {
			engine,
			own: account.keys.key,
			observer,
			takeShared,
			isUpToDate: this.#isUpToDate,
			ring: (draft, before, position) =>
				ringer.add(draft, before, position, this.#core.purpose(before.outbox?.items[0])),
			greetNewcomers: (draft) => this.#core.queueRingAddress(draft),
			welcome: this.#core.parts.welcome,
		};
	}

	/** The server's history is not the one this device has read: nothing that it says now may be followed (C8, L4). */
	#stopForked(found: Followed & { readonly kind: "forked" | "beyondHealing" }): Promise<void> {
		const { engine } = this.#core.parts;
		const at = engine.clock.now();
		return this.#core.change(async (draft) => {
			if (draft.state.stop !== undefined) return;
			if (found.kind === "beyondHealing" && (await wasAwayTooLong(engine.store, draft.id, at))) {
				// L4: what was said is gone, and this device with it: it asks to be let in again (D3).
				draft.state = { ...draft.state, stop: { kind: "removed", stays: true } };
				return;
			}
			if (found.kind === "beyondHealing") {
				draft.state = stopAtFork(draft.state, { kind: "serverLostRecords", at });
				return;
			}
			const { seq, ours, stated } = found.check;
			draft.state = stopAtFork(draft.state, { kind: "forked", by: undefined, seq, ours, stated, at });
		});
	}
}

/** Whether a conversation reads no further; one that met a fork looks again, because servers are repaired. */
function isOver({ stop }: ConversationState): boolean {
	return stop !== undefined && stop.kind !== "forked";
}
