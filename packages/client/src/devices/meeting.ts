import { appendRoute, createLogRoute, deleteLogRoute, readRoute } from "@sotto/api";
import { type Bytes, bytesToHex, err, ok, type Result, type Secret } from "@sotto/bytes";
import { openRecord, recordHash, sealRecord } from "@sotto/crypto";
import {
	type LinkingEffect,
	type LinkingFailure,
	type LinkingInput,
	type LinkingState,
	openLinkingMessage,
	parseLinkingMessage,
	type Rendezvous,
	sealHandover,
	sealOutgoing,
	stepLinking,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose, type ServiceError } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
/** Nobody rings here: both look. Often while two people stand in front of their screens, less while nobody has come. */
const lookEveryMs = 300;
const awaitEveryMs = 1000;
/** The other side is given this long to read why it ended, before the log goes. */
const lingerMs = 20_000;
/** What ends a meeting waits so long for its last word to go out: a program that ends with it would leave the other side waiting. */
const lastWordMs = 3_000;

export type SealHandover = (handover: Bytes) => Promise<Bytes>;

/** What each side does when the machine says so. */
export type MeetingSide = {
	/** What a confirming new device says of itself. */
	readonly card?: Bytes;
	/** Existing device: takes the other in; `seal` makes the record that is handed over, which has to be kept with it. */
	readonly handOver?: (card: Bytes, seal: SealHandover) => Promise<Result<Bytes, LinkingFailure>>;
	/** New device: becomes a device of the account. */
	readonly adopt?: (handover: Bytes) => Promise<Result<void, LinkingFailure>>;
	/** New device: its card is about to be appended; after a restart the same bytes go again, and no others. */
	readonly keep?: (record: Bytes, state: LinkingState) => Promise<void>;
	/** What it means that the log is not there: a wrong code, or that the other side has ended it. */
	readonly missing: LinkingFailure;
	readonly changed: () => void;
};

/** Runs the machine of linking (D2) over a log at home: reads what the other says, appends what the machine wants said. */
export class Meeting {
	readonly #engine: EngineContext;
	readonly #place: Rendezvous;
	readonly #side: MeetingSide;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	readonly #own = new Set<string>();
	#state: LinkingState;
	#seq = 0;
	#unsent: Bytes[] = [];
	#cancelLook: () => void = () => undefined;
	#cancelTakeAway: () => void = () => undefined;
	#lastWord: Promise<void> = Promise.resolve();
	#closed = false;
	#isResumed = false;

	constructor(engine: EngineContext, place: Rendezvous, side: MeetingSide, state: LinkingState) {
		this.#engine = engine;
		this.#place = place;
		this.#side = side;
		this.#state = state;
		this.#retry = new Retry(engine.clock, engine.random, () => this.#lookSoon(0));
	}

	get state(): LinkingState {
		return this.#state;
	}

	/** Whether something goes on that could still be confirmed or cancelled. */
	get isOver(): boolean {
		return this.#state.phase === "done" || this.#state.phase === "failed";
	}

	/** New device: makes the log, so that a server that is not there is known at once. */
	async open(): Promise<Result<void, ServiceError>> {
		const { logId, hashes } = this.#place;
		const request = { logId, readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
		const created = await this.#engine.services.call(createLogRoute, request, purpose);
		return created.ok ? ok() : err(created.error);
	}

	/** Performs the first step's effects and begins to look. */
	start(effects: readonly LinkingEffect[]): void {
		this.#engine.background(
			this.#serial.run(async () => {
				await this.#perform(effects);
				this.#lookSoon(0);
			}),
		);
	}

	/** New device after a restart: what it last said again, and on from there. What came before has been read. */
	resume(record: Bytes): void {
		this.#isResumed = true;
		this.#queue(record);
		this.start([]);
	}

	async input(input: LinkingInput): Promise<void> {
		await this.#serial.run(() => this.#step(input));
		await this.#lastWord;
	}

	close(): void {
		this.#closed = true;
		this.#cancelLook();
		this.#cancelTakeAway();
		this.#retry.reset();
	}

	async #step(input: LinkingInput): Promise<void> {
		const { state, effects } = stepLinking(this.#state, input, this.#engine.clock.now());
		// What was to be said before it failed would only disturb whoever goes on there.
		if (state.phase === "failed") this.#unsent = [];
		this.#state = state;
		await this.#perform(effects);
		this.#side.changed();
	}

	async #perform(effects: readonly LinkingEffect[]): Promise<void> {
		for (const effect of effects) {
			switch (effect.kind) {
				case "send": {
					const isCard = "seal" in effect.outgoing && effect.outgoing.seal === "card";
					await this.#say(await sealOutgoing(effect.outgoing, this.#side.card), isCard);
					break;
				}
				case "handOver": {
					const seal = async (handover: Bytes) => this.#seal(await sealHandover(effect.key, handover));
					const handover = await this.#side.handOver?.(effect.card, seal);
					if (handover?.ok === false) await this.#end(handover.error);
					else if (handover?.ok) this.#queue(handover.value);
					break;
				}
				case "adopt": {
					const adopted = await this.#side.adopt?.(effect.handover);
					if (adopted?.ok === false) await this.#end(adopted.error);
					else await this.#sayDone(effect.key);
					break;
				}
				case "ended":
					this.#finish();
			}
		}
	}

	/** New device: it is one of the account's now, and says so. */
	async #sayDone(key: Secret): Promise<void> {
		await this.#say(await sealOutgoing({ type: "done", seal: new Uint8Array(1), key }), false);
		const { state } = this;
		this.#state = { phase: "done", otherName: "otherName" in state ? state.otherName : "" };
		this.#finish();
	}

	/** The machine has agreed, and this device cannot. */
	async #end(reason: LinkingFailure): Promise<void> {
		this.#state = { phase: "failed", reason };
		const told = reason === "tooManyDevices" ? reason : "cancelled";
		await this.#say(await sealOutgoing({ message: { type: "abort", reason: told } }), false);
		this.#finish();
	}

	async #say(content: Bytes, isKept: boolean): Promise<void> {
		const record = await this.#seal(content);
		if (isKept) await this.#side.keep?.(record, this.#state);
		this.#queue(record);
	}

	async #seal(content: Bytes): Promise<Bytes> {
		const record = await sealRecord(this.#place.sealKey, content);
		if (!record.ok) throw new Error("what is said while linking is bounded below a record");
		return record.value;
	}

	#queue(record: Bytes): void {
		this.#own.add(bytesToHex(recordHash(record)));
		this.#unsent.push(record);
	}

	#lookSoon(ms: number): void {
		this.#cancelLook();
		const { clock, background } = this.#engine;
		this.#cancelLook = clock.wakeAt(clock.now() + ms, () => background(this.#serial.run(() => this.#look())));
	}

	/** Sends what waits, reads what came, and looks again later. */
	async #look(): Promise<void> {
		if (this.#closed || this.isOver) return;
		const done = (await this.#send()) && (await this.#read());
		if (this.#closed || this.isOver) return;
		await this.#step({ kind: "woke" });
		if (this.isOver) return;
		if (!done) return this.#retry.later();
		this.#retry.reset();
		this.#lookSoon(this.#state.phase === "waitingForAnswer" ? awaitEveryMs : lookEveryMs);
	}

	/** Whether everything has gone out. */
	async #send(): Promise<boolean> {
		const { logId, appendCap } = this.#place;
		for (;;) {
			const [record] = this.#unsent;
			if (record === undefined) return true;
			const request = { logId, appendCap: revealed(appendCap), dedupeId: recordHash(record), record };
			const sent = await this.#engine.services.call(appendRoute, request, purpose);
			if (!sent.ok && isPassing(sent.error)) return false;
			this.#unsent.shift();
			if (!sent.ok) await this.#step({ kind: "failed", reason: this.#reasonOf(sent.error) });
		}
	}

	async #read(): Promise<boolean> {
		const { logId, readCap, sealKey } = this.#place;
		const request = { logId, readCap: revealed(readCap), after: this.#seq, limit: 16 };
		const page = await this.#engine.services.call(readRoute, request, purpose);
		if (!page.ok) {
			if (isPassing(page.error)) return false;
			await this.#step({ kind: "failed", reason: this.#reasonOf(page.error) });
			return true;
		}
		for (const record of page.value.records) {
			this.#seq++;
			if (this.#own.has(bytesToHex(recordHash(record)))) continue;
			const content = await openRecord(sealKey, record);
			if (this.#isResumed && !isHandover(content)) continue;
			await this.#step(content.ok ? await openLinkingMessage(this.#state, content.value) : { kind: "garbage" });
			if (this.isOver) return true;
		}
		// What the machine said meanwhile goes out at once.
		return this.#send();
	}

	/** Tells the last word, and takes the log away once the other side may have read it. */
	#finish(): void {
		const { clock, background } = this.#engine;
		const until = clock.now() + lastWordMs;
		this.#lastWord = new Promise((resolve) => {
			const stopWaiting = clock.wakeAt(until, resolve);
			background(
				this.#send().finally(() => {
					stopWaiting();
					resolve();
				}),
			);
		});
		const lingers = this.#state.phase === "done" ? lingerMs / 10 : lingerMs;
		this.#cancelTakeAway = clock.wakeAt(clock.now() + lingers, () => background(this.#takeAway()));
	}

	async #takeAway(): Promise<void> {
		const { logId, ownerCap } = this.#place;
		await this.#engine.services.call(deleteLogRoute, { logId, ownerCap: revealed(ownerCap) }, purpose);
	}

	#reasonOf(error: ServiceError): LinkingFailure {
		return error.kind === "refused" && error.code === "notFound" ? this.#side.missing : "unreachable";
	}
}

/** What stands in the log before the handover was read before the restart. */
function isHandover(content: Result<Bytes, unknown>): boolean {
	const message = content.ok ? parseLinkingMessage(content.value) : undefined;
	return message?.ok === true && (message.value.type === "handover" || message.value.type === "abort");
}
