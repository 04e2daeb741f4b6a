import { err, ok, Secret } from "@sotto/bytes";
import { newCallId } from "@sotto/crypto";
import {
	type CallContent,
	type CallState,
	callForJoiner,
	callIdToKey,
	callKeyToId,
	callWordsOf,
	isActive,
	isMeant,
	type JoinerCall,
	type JoinerCallContent,
	ongoingCall,
} from "@sotto/protocol";
import type {
	CallEngine,
	ConversationHost,
	ConversationMember,
	CountedCommit,
	CountedContent,
	CreateCalls,
	EnteredConversation,
	ObserverOutcome,
} from "../conversation-host.ts";
import type { CallMedia, CommandResult, MediaReport, RosterInput, RosterOutput } from "../sdk.ts";
import { revealed } from "../store/secrets.ts";
import { unwrapStore } from "../store/transaction.ts";
import { CallRunner } from "./call-runner.ts";
import { loadCalls } from "./call-store.ts";
import { callViewOf } from "./call-view.ts";
import { noteMedia } from "./media-notes.ts";
import { callMediaOf, roomSeedOf } from "./room.ts";
import { openOtherRoster, type RosterCall, sealOwnRoster } from "./rosters.ts";

/** Runs the call machine (docs/spec/calls.md) over the engine's conversations. */
export const createCalls: CreateCalls = (host) => new Calls(host);

class Calls implements CallEngine {
	readonly #host: ConversationHost;
	readonly #runner: CallRunner;

	constructor(host: ConversationHost) {
		this.#host = host;
		this.#runner = new CallRunner(host);
	}

	readonly observer = {
		content: (event: CountedContent) => this.#content(event),
		commit: (event: CountedCommit) => this.#commit(event),
	};

	async load(): Promise<void> {
		this.#runner.load(await loadCalls(this.#host.store));
	}

	async loadRecords(): Promise<void> {
		this.#runner.records.load((await loadCalls(this.#host.store)).records);
	}

	close(): void {
		this.#runner.close();
	}

	view() {
		return { call: callViewOf(this.#runner.state, this.#host), calls: this.#runner.records.newest() };
	}

	ongoing(conversation: string): string | undefined {
		return ongoingCall(this.#runner.state, conversation, this.#host.clock.now())?.callId;
	}

	async startCall(
		conversation: string,
		{ video, ring = true }: { readonly video: boolean; readonly ring?: boolean },
	): Promise<CommandResult<{ readonly call: string }>> {
		const people = otherAccounts(this.#host.members(conversation));
		if (people.length === 0) return err({ kind: "notFound" });
		if (isActive(this.#runner.state.session)) return err({ kind: "alreadyInCall" });
		const callId = callIdToKey(newCallId());
		const direct = this.#isDirect(conversation);
		await this.#runner.do({ kind: "start", conversation, callId, video, direct, quiet: !ring });
		return ok({ call: callId });
	}

	async joinCall(conversation: string): Promise<CommandResult<{ readonly call: string }>> {
		if (isActive(this.#runner.state.session)) return err({ kind: "alreadyInCall" });
		const call = this.ongoing(conversation);
		if (call === undefined) return err({ kind: "noSuchCall" });
		await this.#runner.do({ kind: "join", conversation });
		return ok({ call });
	}

	async entered({ conversation, group, call }: EnteredConversation): Promise<ObserverOutcome> {
		const told = call && joinerCallOf(call);
		const direct = this.#isDirect(conversation);
		const toldRoom = call?.roomSeed === undefined ? {} : { toldRoom: new Secret(call.roomSeed) };
		const input = { kind: "entered", conversation, direct, call: told } as const;
		return this.#runner.observed(await this.#runner.step(input, { group, ...toldRoom }));
	}

	async left(conversation: string): Promise<void> {
		await this.#runner.do({ kind: "stopped", conversation });
	}

	#isDirect(conversation: string): boolean {
		return this.#host.kind(conversation) === "direct";
	}

	async answerCall(call: string): Promise<CommandResult> {
		const callId = this.#ringingId(call);
		if (callId === undefined) return err({ kind: "noSuchCall" });
		await this.#runner.do({ kind: "answer", callId });
		return ok();
	}

	async declineCall(call: string, message?: string): Promise<CommandResult> {
		const callId = this.#ringingId(call);
		if (callId === undefined) return err({ kind: "noSuchCall" });
		await this.#runner.do({ kind: "decline", callId, ...(message === undefined ? {} : { message }) });
		return ok();
	}

	async hangUp(call: string): Promise<CommandResult> {
		if (!isMeant(this.#runner.state.session, call)) return err({ kind: "noSuchCall" });
		await this.#runner.do({ kind: "hangUp", callId: call });
		return ok();
	}

	async callMedia(call: string): Promise<CommandResult<CallMedia>> {
		const current = this.#mediaCall(call);
		if (current === undefined) return err({ kind: "noSuchCall" });
		const media = await callMediaOf(call, current.bases, this.#host.serverUrl, this.#host.clock.now());
		return ok(media);
	}

	async reportMedia(call: string, report: MediaReport): Promise<CommandResult> {
		const { session } = this.#runner.state;
		const callId = isMeant(session, call) ? session.callId : call;
		noteMedia(this.#host, this.#runner.records.find(callId), this.#runner.keys.of(callId), report);
		if (!isMeant(session, call)) return report.phase === "ended" ? ok() : err({ kind: "noSuchCall" });
		switch (report.phase) {
			case "connected":
				await this.#runner.do({ kind: "connected", callId, others: report.participants });
				return ok();
			case "reconnecting":
			case "roomGone":
				await this.#runner.do({ kind: "lost", callId });
				return ok();
			case "failed":
				await this.#runner.do({ kind: "mediaFailed", callId });
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
		this.#runner.keys.keepRoster(sealed.value.roster);
		return ok(sealed.value.sealed);
	}

	async openRoster(call: string, sealed: Uint8Array<ArrayBuffer>): Promise<CommandResult<RosterOutput>> {
		// One after the other: each entry is judged by what the one before left.
		return this.#runner.writes.run(async () => {
			const current = this.#mediaCall(call);
			if (current === undefined) return err({ kind: "noSuchCall" });
			const { result, roster } = await openOtherRoster(this.#host, current, sealed);
			const write = this.#runner.keys.keepRoster(roster);
			if (write.length > 0) unwrapStore(await this.#host.store.write(write));
			return result;
		});
	}

	#ringingId(call: string): string | undefined {
		const { session } = this.#runner.state;
		return session.phase === "ringingIn" && isMeant(session, call) ? session.callId : undefined;
	}

	/** The call that this device is in, if `call` names it and its keys are here. */
	#mediaCall(call: string): RosterCall | undefined {
		const { session } = this.#runner.state;
		if (!isMeant(session, call) || !hasRoom(session)) return undefined;
		const { callId, conversation } = session;
		const bases = this.#runner.keys.of(callId);
		if (bases.length === 0) return undefined;
		return { callId, conversation, bases, roster: this.#runner.keys.rosterOf(callId, this.#host.clock.now()) };
	}

	async #content(event: CountedContent): Promise<ObserverOutcome> {
		const { content, conversation, author, group } = event;
		if (!isAboutCalls(content)) return {};
		const isBlocked = this.#host.isBlocked(author.account);
		const people = otherAccounts(group.members);
		const outcome = await this.#runner.step(
			{
				kind: "said",
				conversation,
				direct: this.#isDirect(conversation),
				people,
				author: { account: author.account, device: deviceOf(author) },
				sentAt: event.sentAt,
				live: event.freshness === "live" && !isBlocked,
				content: callWordsOf(content),
			},
			{ group },
		);
		if (content.type === "callStarted") outcome.after.push(() => this.#runner.tipSoon(conversation));
		return this.#runner.observed(outcome);
	}

	async #commit(event: CountedCommit): Promise<ObserverOutcome> {
		if (!event.membership) return {};
		const { conversation, added, removed, group } = event;
		const isOut = removed.some(({ thisDevice }) => thisDevice);
		const input = isOut
			? ({ kind: "stopped", conversation } as const)
			: ({ kind: "membership", conversation, removal: removed.length > 0 } as const);
		const outcome = this.#runner.observed(await this.#runner.step(input, { group }));
		const forJoiners = added.length === 0 ? undefined : this.#forJoiners(conversation);
		return forJoiners === undefined ? outcome : { ...outcome, forJoiners };
	}

	#forJoiners(conversation: string): JoinerCallContent | undefined {
		const call = callForJoiner(this.#runner.state, conversation);
		if (call === undefined) return undefined;
		const { callId, hasRoom, ...rest } = call;
		const bases = this.#runner.keys.of(callId);
		const room = hasRoom && bases.length > 0 ? { roomSeed: revealed(roomSeedOf(bases)) } : {};
		return { callId: callKeyToId(callId), ...rest, ...room };
	}
}

function joinerCallOf({ callId, roomSeed, ...rest }: JoinerCallContent): JoinerCall {
	return { callId: callIdToKey(callId), ...rest, hasRoom: roomSeed !== undefined };
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
