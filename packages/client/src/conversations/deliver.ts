import { type Bytes, bytesToHex, equalBytes } from "@sotto/bytes";
import {
	type AccountKey,
	type CommitView,
	exportSecret,
	type Head,
	type Member,
	type MlsRules,
	nextHead,
} from "@sotto/crypto";
import {
	type ContentItem,
	type ConversationState,
	type JoinerCallContent,
	parseContent,
	parsePolicy,
	type ReadEffect,
	readStatement,
	staggerMs,
	stepRead,
	type SyncEntry,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type {
	CallHistoryRow,
	ConversationMember,
	ConversationObserver,
	GroupAt,
	LogPosition,
	ObserverOutcome,
} from "../conversation-host.ts";
import { eventIdOf, itemIdOf, keys, orderOf } from "../store/keys.ts";
import { dropOldLogs, keepRaw } from "../store/raw-records.ts";
import { type CommitEvent, eventsOf } from "./commit-events.ts";
import type { Draft } from "./draft.ts";
import { type HistoryRow, rowOfCall } from "./history-row.ts";
import { type JudgedRecord, judgeRecord } from "./judge.ts";
import { decodeOwed, type Owed, type OwedWelcome } from "./owed.ts";
import { accountOf, memberView, memberViews } from "./members.ts";
import { noteHeard } from "./silence.ts";
import { logKeys } from "./log-keys.ts";
import { withPolicy } from "./meta.ts";

/** What processing a record needs besides the draft. */
export type ReadingContext = {
	readonly engine: EngineContext;
	readonly own: AccountKey;
	readonly observer: ConversationObserver;
	/** What another own device tells, in their conversation (D2). */
	readonly takeShared: (draft: Draft, entries: readonly SyncEntry[]) => void;
	/** Whether this client was up to date before this read: then what comes is live. */
	readonly isUpToDate: boolean;
	/** The record of `before`'s outbox counts: its rings are due (R2). */
	readonly ring: (draft: Draft, before: ConversationState, position: LogPosition) => Promise<void>;
	/** A leaf came in: it needs this device's ring address (R1). */
	readonly greetNewcomers: (draft: Draft) => Promise<void>;
	/** The own commit counts: what is owed to whom it added (C1). */
	readonly welcome: (draft: Draft, owed: OwedWelcome, call: JoinerCallContent | undefined) => Promise<void>;
};

/** A call's announcement that is younger than this rings also after catching up. */
const freshMs = 45_000;

/** Processes the next record of the log in force: judge, step, and everything that follows from it, into the draft. */
export async function processRecord(draft: Draft, record: Bytes, reading: ReadingContext): Promise<void> {
	const before = draft.state;
	const rules: MlsRules = reading.engine.mlsRules;
	const { secrets, sealKey } = logKeys(before.log);
	const judged = await judgeRecord(draft, record, { sealKey: await sealKey, rules, own: reading.own });
	const seq = before.at.seq + 1;
	const head = nextHead(before.at.head as Head, seq, judged.hash);
	const { store } = reading.engine;
	const raw = { ordinal: before.log.ordinal, seq, head, record };
	await keepRaw(store, draft.tx, draft.id, raw, reading.engine.rules.maxRawBytes);
	const now = reading.engine.clock.now();
	const { state, effects } = stepRead(before, judged, now, reading.engine.rules);
	draft.state = state;
	const position: LogPosition = { logId: secrets.logId, ordinal: before.log.ordinal, seq, head };
	if (before.outbox !== undefined && state.outbox === undefined) draft.tx.delete(keys.outbox(draft.id));
	const owed = await takeOwed(draft, effects);
	if (judged.groupAfter !== undefined && state.stop === undefined) draft.group = judged.groupAfter;
	if (state.heard && !before.heard) await welcome(draft, judged, position, now);
	const { sender } = judged;
	if (sender !== undefined) await noteHeard(draft, sender.leaf, sender.signatureKey, now);
	if (judged.misbehaver !== undefined) await nameMisbehaver(draft, judged.misbehaver, position, now);
	for (const effect of effects) await perform(draft, effect, { judged, position, before }, reading);
	if (judged.commit === undefined || state.stop !== undefined) return;
	const outcome = await onCommit(draft, judged.commit, position, reading);
	// Behind the observer: what a letter says of a running call is so at this position (K2).
	if (owed?.welcome !== undefined) await reading.welcome(draft, owed.welcome, outcome.forJoiners);
}

/** C4: what was to follow the own commit follows if it counts, and is forgotten if another commit took the epoch. */
async function takeOwed(draft: Draft, effects: readonly ReadEffect[]): Promise<Owed | undefined> {
	const isTaken = effects.some(({ kind }) => kind === "takePending");
	if (!isTaken && !effects.some(({ kind }) => kind === "dropPending")) return undefined;
	const bytes = await draft.tx.get(keys.owed(draft.id));
	if (bytes === undefined) return undefined;
	draft.tx.delete(keys.owed(draft.id));
	const owed = decodeOwed(bytes);
	if (!isTaken || !owed.ok) return undefined;
	for (const n of owed.value.wishes) draft.dropWish(n, "fulfilled");
	return owed.value;
}

/** The other side's first record that counts: it has accepted. */
async function welcome(draft: Draft, judged: JudgedRecord, position: LogPosition, now: number): Promise<void> {
	if (draft.meta.kind !== "direct" || judged.sender === undefined) return;
	const account = accountOf(judged.sender);
	const row: HistoryRow = { kind: "event", id: `met-${now}`, at: now, event: "contactAccepted", account };
	await draft.putRow(orderOf(position.ordinal, position.seq, 0xff00), row);
}

/** Everybody is told who signed what the rules forbid: once a log for each device, however often it does. */
async function nameMisbehaver(draft: Draft, by: Member, position: LogPosition, now: number): Promise<void> {
	const id = eventIdOf("misbehaved", position.logId, by.leaf);
	if ((await draft.orderOfItem(id)) !== undefined) return;
	const row: HistoryRow = { kind: "event", id, at: now, event: "misbehaved", account: accountOf(by) };
	await draft.putRow(orderOf(position.ordinal, position.seq, 0xfff0), row);
}

type Read = { readonly judged: JudgedRecord; readonly position: LogPosition; readonly before: Draft["state"] };

async function perform(draft: Draft, effect: ReadEffect, read: Read, reading: ReadingContext): Promise<void> {
	switch (effect.kind) {
		case "deliver":
			return deliver(draft, read, reading);
		case "sent": {
			const sent = new Set(read.before.outbox?.items.map(bytesToHex));
			draft.dropQueued((messageId) => sent.has(bytesToHex(messageId)));
			return reading.ring(draft, read.before, read.position);
		}
		case "takePending":
			draft.dropPending();
			return reading.ring(draft, read.before, read.position);
		case "dropPending":
			return draft.dropPending();
		case "moved":
			return dropOldLogs(reading.engine.store, draft.tx, draft.id, effect.to.ordinal);
		case "alarmed": {
			const at = reading.engine.clock.now();
			const by = effect.alarm.kind === "forked" ? effect.alarm.by : undefined;
			const row: HistoryRow = { kind: "event", id: `fork-${at}`, at, event: "forkAlarm", ...(by && { account: by }) };
			return draft.putRow(orderOf(read.position.ordinal, read.position.seq, 0xfff0), row);
		}
		case "stopped": {
			if (draft.state.stop?.kind === "rolledBack") {
				const wentBack = [reading.engine.clock.now(), ...(draft.meta.wentBack ?? [])].slice(0, 2);
				draft.meta = { ...draft.meta, wentBack };
			}
			// Of one's own removal the log says no more than who did it: there is no further state.
			const by = read.judged.sender && accountOf(read.judged.sender);
			if (draft.state.stop?.kind !== "removed" || by === undefined || draft.meta.kind !== "group") return;
			draft.wishes.forEach(({ n }) => draft.dropWish(n, "notAllowed"));
			const hasLeft = draft.meta.leaving === true;
			const hasStayed = draft.state.stop.stays === true;
			const event = hasStayed ? "deviceEvicted" : hasLeft ? "personLeft" : "personRemoved";
			return putEvents(draft, [{ event, account: reading.own, by }], read.position, reading);
		}
	}
}

async function deliver(draft: Draft, read: Read, reading: ReadingContext): Promise<void> {
	const { sender, content } = read.judged;
	const items = content === undefined ? undefined : parseContent(content);
	// Content that does not parse comes from a newer or a broken client: its record counts, and nobody sees it.
	if (sender === undefined || items === undefined || !items.ok) return;
	const author = memberView(sender, reading.own, draft.state.leaf, reading.engine.personOf);
	const account = accountOf(sender);
	for (const [index, item] of items.value.entries())
		await deliverItem(draft, { ...read, item, index, author, account }, reading);
}

type Delivered = Read & {
	readonly item: ContentItem;
	readonly index: number;
	readonly author: ConversationMember;
	readonly account: AccountKey;
};

async function deliverItem(draft: Draft, delivered: Delivered, reading: ReadingContext): Promise<void> {
	const { item, author, account, position, index } = delivered;
	const id = itemIdOf(account, item.messageId);
	const met = await draft.orderOfItem(id);
	// C5: by (author's account, messageId). An own message that waits in the queue has a place, but did not count yet.
	if (met !== undefined && !met.startsWith("q")) return;
	const now = reading.engine.clock.now();
	const sentAt = Math.min(item.sentAt, now);
	const order = orderOf(position.ordinal, position.seq, index);
	const { content } = item;
	if (content.type === "text") {
		const { text } = content;
		const messageId = author.mine ? { messageId: item.messageId } : {};
		const mentions = content.mentions && { mentions: content.mentions };
		const about = { id, ...messageId, account, mine: author.mine, text, ...mentions, sentAt };
		const row: HistoryRow = { kind: "message", ...about, state: "sent" };
		await draft.putRow(order, row);
		if (!author.mine) {
			const mentionsMe = content.mentions?.some((one) => equalBytes(one, reading.own)) === true;
			draft.meta = { ...draft.meta, unread: draft.meta.unread + 1, ...(mentionsMe && { mentioned: true }) };
			draft.arrived.push(row);
		}
		return;
	}
	draft.markMet(id);
	if (content.type === "ringAddress") return draft.setRingAddress(author.leaf, content.address);
	if (content.type === "introduction") return reading.engine.introduce(account, content.name, draft.tx);
	if (content.type === "leave") return wishLeave(draft, content.statement, delivered, reading);
	if (content.type === "sync") {
		// Of one's own devices alone, and among themselves: nobody else says what this account knows.
		if (draft.meta.kind === "own") reading.takeShared(draft, content.entries);
		return;
	}
	const outcome = await reading.observer.content({
		conversation: draft.id,
		item: id,
		messageId: item.messageId,
		content,
		author,
		position,
		sentAt,
		now,
		freshness: reading.isUpToDate || now - sentAt < freshMs ? "live" : "old",
		group: groupAt(draft, reading),
	});
	await applyOutcome(draft, outcome, order);
}

async function onCommit(
	draft: Draft,
	commit: CommitView,
	position: LogPosition,
	reading: ReadingContext,
): Promise<ObserverOutcome> {
	const view = (member: (typeof commit.adds)[number] | (typeof commit.removes)[number]) =>
		memberView(member, reading.own, draft.state.leaf, reading.engine.personOf);
	const policy = commit.policyAfter === undefined ? undefined : parsePolicy(commit.policyAfter);
	if (policy?.ok) draft.meta = withPolicy(draft.meta, policy.value, reading.own);
	await putEvents(draft, eventsOf(commit), position, reading);
	for (const { leaf } of commit.removes) {
		draft.setRingAddress(leaf, undefined);
		draft.tx.delete(keys.heard(draft.id, leaf));
	}
	for (const { leaf, signatureKey } of commit.adds)
		await noteHeard(draft, leaf, signatureKey, reading.engine.clock.now());
	// A letter tells who comes in where everybody is rung, as far as its author knows: nobody has to say it again to all (C11).
	const isKnown = draft.ringAddresses.has(draft.state.leaf);
	if (commit.adds.length > 0 && !isKnown) await reading.greetNewcomers(draft);
	const outcome = await reading.observer.commit({
		conversation: draft.id,
		membership: commit.adds.length + commit.removes.length > 0,
		added: commit.adds.map(view),
		removed: commit.removes.map(view),
		position,
		now: reading.engine.clock.now(),
		group: groupAt(draft, reading),
	});
	await applyOutcome(draft, outcome, orderOf(position.ordinal, position.seq, 0));
	return outcome;
}

/** What a commit did stands in the history behind what came before it. */
async function putEvents(
	draft: Draft,
	events: readonly CommitEvent[],
	{ logId, ordinal, seq }: LogPosition,
	{ engine }: Pick<ReadingContext, "engine">,
): Promise<void> {
	for (const [index, { event, account, by, text }] of events.entries()) {
		const id = eventIdOf("commit", logId, seq, index);
		const about = { event, account, by, ...(text !== undefined && { text }) };
		await draft.putRow(orderOf(ordinal, seq, 0xe000 + index), { kind: "event", id, at: engine.clock.now(), ...about });
	}
}

/** C9, C11: anybody carries out what a leaver has signed, each able device at its own random time. */
function wishLeave(
	draft: Draft,
	statement: Bytes,
	{ account: author, judged }: Delivered,
	reading: ReadingContext,
): void {
	const { engine, own } = reading;
	const signatureKey = judged.sender?.signatureKey;
	const said = readStatement(statement);
	if (
		signatureKey === undefined ||
		equalBytes(author, own) ||
		said?.type !== "leave" ||
		!equalBytes(said.account, author)
	)
		return;
	const able = memberViews(draft.summary, own, draft.state.leaf, engine.personOf).length;
	const chance = new DataView(engine.random(4).buffer).getUint32(0) / 2 ** 32;
	const madeAt = engine.clock.now();
	const notBefore = Math.round(madeAt + chance * staggerMs(able));
	draft.addWish({ wish: { kind: "carriedOut", statement, signatureKey }, notBefore, madeAt });
}

/** The group as it stands in the draft. */
export function groupAt(draft: Draft, reading: Pick<ReadingContext, "own" | "engine">): GroupAt {
	const { group } = draft;
	return {
		epoch: BigInt(draft.state.epoch),
		members: memberViews(draft.summary, reading.own, draft.state.leaf, reading.engine.personOf),
		exportSecret: (label, context, length = 32) => exportSecret(group, label, context, length),
	};
}

/** Writes what an observer wants written, together with the step that it saw. */
export async function applyOutcome(draft: Draft, outcome: ObserverOutcome, order: string): Promise<void> {
	if (outcome.write !== undefined) draft.tx.apply(outcome.write);
	for (const row of outcome.history ?? []) await putCallRow(draft, row, order);
	if (outcome.afterwards !== undefined) draft.after.push(outcome.afterwards);
}

/** Puts a call's row: into the place it has, or into `order`. */
export async function putCallRow(draft: Draft, row: CallHistoryRow, order: string): Promise<void> {
	const known = await draft.orderOfItem(row.item);
	const before = await draft.rowOf(row.item);
	const wasMissed = before?.kind === "call" && before.outcome === "missed";
	const next = rowOfCall(row.item, row.record);
	await draft.putRow(known === undefined || known === "" ? order : known, next);
	if (row.unread && !wasMissed) {
		draft.meta = { ...draft.meta, unread: draft.meta.unread + 1 };
		draft.arrived.push(next);
	}
}
