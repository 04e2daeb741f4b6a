import { invariant } from "@sotto/bytes";
import { roomId } from "@sotto/crypto";
import {
	type CallEffect,
	type CallInput,
	type CallState,
	initialCallState,
	isActive,
	stepCalls,
} from "@sotto/protocol";
import type { ConversationHost, ObserverOutcome } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import { Serial } from "../store/serial.ts";
import { CallKeys, type KeyPosition } from "./call-keys.ts";
import { CallRecords } from "./call-records.ts";
import { stateOp, type StoredCalls } from "./call-store.ts";
import { viewKeyOf } from "./call-view.ts";
import { Outcome } from "./outcome.ts";
import { probeRoom } from "./probe.ts";
import { roomKeyOf, roomUrlsOf } from "./room.ts";

/** How long a call waits for the log's tip before it is judged without: a bad network does not silence it. */
const tipWaitMs = 1_500;

/** Holds the machine's state, steps it, and carries its effects out in their order, each durable before it is seen. */
export class CallRunner {
	readonly keys = new CallKeys();
	readonly records: CallRecords;
	/** One write after the other; what must see its predecessor's result runs here too. */
	readonly writes = new Serial();
	readonly #host: ConversationHost;
	#state: CallState = initialCallState;
	#cancelWake: () => void = () => undefined;
	#isClosed = false;

	constructor(host: ConversationHost) {
		this.#host = host;
		this.records = new CallRecords(host);
	}

	get state(): CallState {
		return this.#state;
	}

	load(stored: StoredCalls): void {
		this.#state = stored.state;
		this.records.load(stored.records);
		const held = stored.state.lines.flatMap(({ current }) => (current?.hasKeys === true ? [current.callId] : []));
		this.keys.load(stored.bases, stored.rosters, held);
		this.#host.background(this.do({ kind: "restarted" }));
		for (const { conversation, current } of stored.state.lines)
			if (current?.ring === "waiting") this.tipSoon(conversation);
		const { session } = stored.state;
		if (session.phase === "starting") this.tipSoon(session.conversation);
	}

	close(): void {
		this.#isClosed = true;
		this.#cancelWake();
	}

	/** What goes into the conversation's own transaction, and what follows once that is durable. */
	observed(outcome: Outcome): ObserverOutcome {
		const written = this.#state;
		return {
			write: [stateOp(written), ...outcome.write],
			history: outcome.rows.map(({ row }) => row),
			afterwards: () => {
				const rest = new Outcome();
				rest.sends.push(...outcome.sends);
				rest.after.push(...outcome.after);
				// A click may have changed the state while the transaction ran: it goes to disk behind it, never before it.
				if (rest.sends.length > 0 || this.#state !== written) this.#host.background(this.#finish(rest));
				else for (const work of rest.after) work();
			},
		};
	}

	/** The user, the page, time: a step outside the log's order. Durable when it resolves. */
	async do(input: CallInput): Promise<void> {
		if (this.#isClosed) return;
		await this.#finish(await this.step(input, undefined));
	}

	#finish(outcome: Outcome): Promise<void> {
		return this.writes.run(async () => {
			await outcome.carryOut(
				this.#host,
				() => stateOp(this.#state),
				(conversation) => {
					this.#host.background(this.do({ kind: "stopped", conversation }));
				},
			);
			for (const work of outcome.after) work();
		});
	}

	/** Steps the machine at once; only exporting a key takes time. */
	async step(input: CallInput, position: KeyPosition | undefined): Promise<Outcome> {
		const step = stepCalls(this.#state, input, this.#host.clock.now());
		this.#state = step.state;
		const outcome = new Outcome();
		for (const effect of step.effects) {
			if (effect.kind === "takeBase") outcome.write.push(await this.#takeBase(effect, position));
			else this.#plan(effect, outcome);
		}
		outcome.after.push(() => this.#host.changed());
		return outcome;
	}

	async #takeBase(
		effect: Extract<CallEffect, { kind: "takeBase" }>,
		position: KeyPosition | undefined,
	): Promise<StoreOp> {
		invariant(position !== undefined, "keys are taken at a position of the log");
		return this.keys.take(effect, position, this.#host.clock.now());
	}

	#plan(effect: Exclude<CallEffect, { kind: "takeBase" }>, outcome: Outcome): void {
		switch (effect.kind) {
			case "send":
				outcome.sends.push({ conversation: effect.conversation, words: effect.content });
				return;
			case "sendText":
				outcome.sends.push({ conversation: effect.conversation, text: effect.text });
				return;
			case "dropBases":
				outcome.write.push(...this.keys.drop(effect.callId));
				return;
			case "record":
				this.records.put(effect.record, outcome);
				return;
			case "mediaChanged":
				outcome.after.push(() => this.#tellMedia());
				return;
			case "probe":
				outcome.after.push(() => this.#host.background(this.#probe(effect.callId)));
				return;
			case "wakeAt":
				this.#cancelWake();
				this.#cancelWake = this.#host.clock.wakeAt(effect.at, () => this.#host.background(this.do({ kind: "wake" })));
				return;
		}
	}

	#tellMedia(): void {
		const { session } = this.#state;
		if (isActive(session)) this.#host.emit({ kind: "callMedia", call: viewKeyOf(session) });
	}

	/** Reads the log to its tip and then lets the machine decide what rings. */
	tipSoon(conversation: string): void {
		let isTold = false;
		const tell = () => {
			if (isTold) return;
			isTold = true;
			cancel();
			this.#host.background(this.do({ kind: "tip", conversation }));
		};
		const cancel = this.#host.clock.wakeAt(this.#host.clock.now() + tipWaitMs, tell);
		this.#host.background(this.#host.readToTip(conversation).then(tell));
	}

	async #probe(callId: string): Promise<void> {
		const bases = this.keys.of(callId);
		if (bases.length === 0) return;
		const { joinUrl } = roomUrlsOf(this.#host.serverUrl);
		const { publicKey } = await roomKeyOf(bases);
		const found = await probeRoom(this.#host, joinUrl, roomId(publicKey));
		await this.do({ kind: "probed", callId, found });
	}
}
