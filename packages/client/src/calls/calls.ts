import { err, invariant, ok } from "@sotto/bytes";
import { newCallId } from "@sotto/crypto";
import {
	type CallContent,
	type CallEffect,
	type CallInput,
	type CallState,
	callIdToKey,
	callWordsOf,
	initialCallState,
	isActive,
	isMeant,
	ongoingCall,
	type RosterState,
	stepCalls,
} from "@sotto/protocol";
import type {
	CallEngine,
	ConversationHost,
	ConversationMember,
	CountedCommit,
	CountedContent,
	CreateCalls,
	GroupAt,
	ObserverOutcome,
} from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import type { CallMedia, CommandResult, MediaReport, RosterInput, RosterOutput } from "../sdk.ts";
import { Serial } from "../store/serial.ts";
import { CallKeys } from "./call-keys.ts";
import { CallRecords } from "./call-records.ts";
import { loadCalls, stateOp } from "./call-store.ts";
import { callViewOf, viewKeyOf } from "./call-view.ts";
import { noteMedia } from "./media-notes.ts";
import { Outcome } from "./outcome.ts";
import { probeRoom } from "./probe.ts";
import { callMediaOf, roomKeyOf, roomUrlsOf } from "./room.ts";
import { openOtherRoster, type RosterCall, rosterOf, sealOwnRoster } from "./rosters.ts";

/** How long a call waits for the log's tip before it is judged without: a bad network does not silence it. */
const tipWaitMs = 1_500;

/** Runs the call machine (docs/spec/calls.md) over the engine's conversations. */
export const createCalls: CreateCalls = (host) => new Calls(host);

class Calls implements CallEngine {
	readonly #host: ConversationHost;
	readonly #writes = new Serial();
	readonly #keys = new CallKeys();
	readonly #records: CallRecords;
	readonly #rosters = new Map<string, RosterState>();
	#state: CallState = initialCallState;
	#cancelWake: () => void = () => undefined;
	#isClosed = false;

	constructor(host: ConversationHost) {
		this.#host = host;
		this.#records = new CallRecords(host);
	}

	readonly observer = {
		content: (event: CountedContent) => this.#content(event),
		commit: (event: CountedCommit) => this.#commit(event),
	};

	async load(): Promise<void> {
		const stored = await loadCalls(this.#host.store);
		this.#state = stored.state;
		this.#records.load(stored.records);
		for (const roster of stored.rosters) this.#rosters.set(roster.callId, roster);
		const held = stored.state.lines.flatMap(({ current }) => (current?.hasKeys === true ? [current.callId] : []));
		this.#keys.load(stored.bases, held);
		this.#host.background(this.#do({ kind: "restarted" }));
		for (const { conversation, current } of stored.state.lines)
			if (current?.ring === "waiting") this.#tipSoon(conversation);
		const { session } = stored.state;
		if (session.phase === "starting") this.#tipSoon(session.conversation);
	}

	close(): void {
		this.#isClosed = true;
		this.#cancelWake();
	}

	view() {
		return { call: callViewOf(this.#state.session, this.#host), calls: this.#records.newest() };
	}

	ongoing(conversation: string): string | undefined {
		return ongoingCall(this.#state, conversation, this.#host.clock.now())?.callId;
	}

	async startCall(
		conversation: string,
		{ video }: { readonly video: boolean },
	): Promise<CommandResult<{ readonly call: string }>> {
		const people = otherAccounts(this.#host.members(conversation));
		if (people.length === 0) return err({ kind: "notFound" });
		if (isActive(this.#state.session)) return err({ kind: "alreadyInCall" });
		const callId = callIdToKey(newCallId());
		await this.#do({ kind: "start", conversation, callId, video, direct: people.length === 1 });
		return ok({ call: callId });
	}

	async answerCall(call: string): Promise<CommandResult> {
		const callId = this.#ringingId(call);
		if (callId === undefined) return err({ kind: "noSuchCall" });
		await this.#do({ kind: "answer", callId });
		return ok();
	}

	async declineCall(call: string, message?: string): Promise<CommandResult> {
		const callId = this.#ringingId(call);
		if (callId === undefined) return err({ kind: "noSuchCall" });
		await this.#do({ kind: "decline", callId, ...(message === undefined ? {} : { message }) });
		return ok();
	}

	async hangUp(call: string): Promise<CommandResult> {
		if (!isMeant(this.#state.session, call)) return err({ kind: "noSuchCall" });
		await this.#do({ kind: "hangUp", callId: call });
		return ok();
	}

	async callMedia(call: string): Promise<CommandResult<CallMedia>> {
		const current = this.#mediaCall(call);
		if (current === undefined) return err({ kind: "noSuchCall" });
		const media = await callMediaOf(call, current.bases, this.#host.serverUrl, this.#host.clock.now());
		return ok(media);
	}

	async reportMedia(call: string, report: MediaReport): Promise<CommandResult> {
		const { session } = this.#state;
		const callId = isMeant(session, call) ? session.callId : call;
		noteMedia(this.#host, this.#records.find(callId), this.#keys.of(callId), report);
		if (!isMeant(session, call)) return report.phase === "ended" ? ok() : err({ kind: "noSuchCall" });
		switch (report.phase) {
			case "connected":
				await this.#do({ kind: "connected", callId, others: report.participants });
				return ok();
			case "reconnecting":
			case "roomGone":
				await this.#do({ kind: "lost", callId });
				return ok();
			case "failed":
				await this.#do({ kind: "mediaFailed", callId });
				return ok();
			case "joining":
			case "ended":
				return ok();
		}
	}

	async sealRoster(call: string, entry: RosterInput): Promise<CommandResult<Uint8Array<ArrayBuffer>>> {
		const current = this.#mediaCall(call);
		if (current === undefined) return err({ kind: "noSuchCall" });
		const sealed = await sealOwnRoster(this.#host, current, entry);
		if (!sealed.ok) return sealed;
		this.#rosters.set(current.callId, sealed.value.roster);
		return ok(sealed.value.sealed);
	}

	async openRoster(call: string, sealed: Uint8Array<ArrayBuffer>): Promise<CommandResult<RosterOutput>> {
		// One after the other: each entry is judged by what the one before left.
		return this.#writes.run(async () => {
			const current = this.#mediaCall(call);
			if (current === undefined) return err({ kind: "noSuchCall" });
			const { result, roster } = await openOtherRoster(this.#host, current, sealed);
			const hasGrown = roster.superseded.length !== current.roster.superseded.length;
			this.#rosters.set(current.callId, roster);
			if (hasGrown) await this.#host.store.write([this.#keys.rosterOp(roster)]);
			return result;
		});
	}

	#ringingId(call: string): string | undefined {
		const { session } = this.#state;
		return session.phase === "ringingIn" && isMeant(session, call) ? session.callId : undefined;
	}

	/** The call that this device is in, if `call` names it and its keys are here. */
	#mediaCall(call: string): RosterCall | undefined {
		const { session } = this.#state;
		if (!isMeant(session, call) || !hasRoom(session)) return undefined;
		const { callId, conversation } = session;
		const bases = this.#keys.of(callId);
		if (bases.length === 0) return undefined;
		return { callId, conversation, bases, roster: rosterOf(this.#rosters, callId, this.#host.clock.now()) };
	}

	async #content(event: CountedContent): Promise<ObserverOutcome> {
		const { content, conversation, author, group } = event;
		if (!isAboutCalls(content)) return {};
		const isBlocked = this.#host.isBlocked(author.account);
		const people = otherAccounts(group.members);
		const outcome = await this.#step(
			{
				kind: "said",
				conversation,
				direct: people.length <= 1,
				people,
				author: { account: author.account, device: deviceOf(author) },
				sentAt: event.sentAt,
				live: event.freshness === "live" && !isBlocked,
				content: callWordsOf(content),
			},
			group,
		);
		if (content.type === "callStarted") outcome.after.push(() => this.#tipSoon(conversation));
		return this.#observed(outcome);
	}

	async #commit(event: CountedCommit): Promise<ObserverOutcome> {
		if (!event.membership) return {};
		const { conversation, removed, group } = event;
		return this.#observed(await this.#step({ kind: "membership", conversation, removal: removed.length > 0 }, group));
	}

	/** What goes into the conversation's own transaction, and what follows once that is durable. */
	#observed(outcome: Outcome): ObserverOutcome {
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
	async #do(input: CallInput): Promise<void> {
		if (this.#isClosed) return;
		await this.#finish(await this.#step(input, undefined));
	}

	#finish(outcome: Outcome): Promise<void> {
		return this.#writes.run(async () => {
			await outcome.carryOut(
				this.#host,
				() => stateOp(this.#state),
				(conversation) => {
					this.#host.background(this.#do({ kind: "stopped", conversation }));
				},
			);
			for (const work of outcome.after) work();
		});
	}

	/** Steps the machine at once; only exporting a key takes time. */
	async #step(input: CallInput, group: GroupAt | undefined): Promise<Outcome> {
		const step = stepCalls(this.#state, input, this.#host.clock.now());
		this.#state = step.state;
		const outcome = new Outcome();
		for (const effect of step.effects) {
			if (effect.kind === "takeBase") outcome.write.push(await this.#takeBase(effect, group));
			else this.#plan(effect, outcome);
		}
		outcome.after.push(() => this.#host.changed());
		return outcome;
	}

	async #takeBase(effect: Extract<CallEffect, { kind: "takeBase" }>, group: GroupAt | undefined): Promise<StoreOp> {
		invariant(group !== undefined, "keys are taken at a position of the log");
		return this.#keys.take(effect, group, this.#host.clock.now());
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
				this.#rosters.delete(effect.callId);
				outcome.write.push(...this.#keys.drop(effect.callId));
				return;
			case "record":
				this.#records.put(effect.record, outcome);
				return;
			case "mediaChanged":
				outcome.after.push(() => this.#tellMedia());
				return;
			case "probe":
				outcome.after.push(() => this.#host.background(this.#probe(effect.callId)));
				return;
			case "wakeAt":
				this.#cancelWake();
				this.#cancelWake = this.#host.clock.wakeAt(effect.at, () => this.#host.background(this.#do({ kind: "wake" })));
				return;
		}
	}

	#tellMedia(): void {
		const { session } = this.#state;
		if (isActive(session)) this.#host.emit({ kind: "callMedia", call: viewKeyOf(session) });
	}

	/** Reads the log to its tip and then lets the machine decide what rings. */
	#tipSoon(conversation: string): void {
		let isTold = false;
		const tell = () => {
			if (isTold) return;
			isTold = true;
			cancel();
			this.#host.background(this.#do({ kind: "tip", conversation }));
		};
		const cancel = this.#host.clock.wakeAt(this.#host.clock.now() + tipWaitMs, tell);
		this.#host.background(this.#host.readToTip(conversation).then(tell));
	}

	async #probe(callId: string): Promise<void> {
		const bases = this.#keys.of(callId);
		if (bases.length === 0) return;
		const { joinUrl } = roomUrlsOf(this.#host.serverUrl);
		const found = await probeRoom(this.#host, joinUrl, await roomKeyOf(bases));
		await this.#do({ kind: "probed", callId, found });
	}
}

/** The caller may wait in the room while it rings; who is called enters it by answering. */
function hasRoom({ phase }: CallState["session"]): boolean {
	return phase === "ringingOut" || phase === "joining" || phase === "connected" || phase === "reconnecting";
}

function isAboutCalls(content: CountedContent["content"]): content is CallContent {
	return (
		content.type === "callStarted" ||
		content.type === "callAnswered" ||
		content.type === "callDeclined" ||
		content.type === "callEnded"
	);
}

function otherAccounts(members: readonly ConversationMember[]): readonly string[] {
	return [...new Set(members.filter(({ mine }) => !mine).map(({ account }) => account))];
}

function deviceOf(author: ConversationMember): "thisDevice" | "ownOther" | "other" {
	if (author.thisDevice) return "thisDevice";
	return author.mine ? "ownOther" : "other";
}
