import { type Bytes, equalBytes } from "@sotto/bytes";
import {
	type AeadKey,
	type CommitView,
	exportSecret,
	type GroupState,
	type Member,
	type MlsRules,
	openMessage,
	openRecord,
	recordHash,
	type RecordHash,
	type AccountKey,
	signerOfVoid,
} from "@sotto/crypto";
import {
	type ConversationState,
	type Judged,
	parsePolicy,
	parseStatedPosition,
	roleOf,
	type StatedCheck,
	unseatedBy,
} from "@sotto/protocol";
import { keptHead } from "../store/raw-records.ts";
import type { Draft } from "./draft.ts";
import { accountOf } from "./members.ts";

/** A record as the door judged it (C2), with what the driver needs to go on. */
export type JudgedRecord = {
	readonly hash: RecordHash;
	readonly judged: Judged;
	readonly sender?: Member;
	/** Of a void record: who signed a commit that the rules forbid. */
	readonly misbehaver?: Member;
	/** Application data of a message that counts. */
	readonly content?: Bytes;
	readonly commit?: CommitView;
	/** The group after it; missing for void records and where this device cannot follow. */
	readonly groupAfter?: GroupState;
};

/** The exporter label of a log's seed (C1). */
export const logSeedLabel = "sotto log";

/** Opens one record against the draft's group, without changing the draft. */
export async function judgeRecord(
	draft: Draft,
	record: Uint8Array,
	context: { readonly sealKey: AeadKey; readonly rules: MlsRules; readonly own: AccountKey },
): Promise<JudgedRecord> {
	const hash = recordHash(record);
	const isVoid: JudgedRecord = { hash, judged: { kind: "void" } };
	const mlsBytes = await openRecord(context.sealKey, record);
	if (!mlsBytes.ok) return isVoid;
	const opened = await openMessage(draft.group, mlsBytes.value, context.rules);
	if (!opened.ok) {
		const misbehaver = await signerOfVoid(draft.group, mlsBytes.value);
		return misbehaver === undefined ? isVoid : { ...isVoid, misbehaver };
	}
	const message = opened.value;
	const sender = message.kind === "application" ? message.sender : message.view.committer;
	const account = accountOf(sender);
	const about = {
		leaf: sender.leaf,
		account,
		isOwnAccount: equalBytes(account, context.own),
		mlsHash: recordHash(mlsBytes.value),
		stated: await checkStated(
			draft,
			message.kind === "application" ? message.authenticatedData : message.view.authenticatedData,
		),
	};
	if (message.kind === "application") {
		const judged: Judged = { kind: "message", ...about };
		return { hash, judged, sender, content: message.content, groupAfter: message.state };
	}
	const groupAfter = await groupAfterCommit(draft, message);
	const judged: Judged = {
		kind: "commit",
		...about,
		confirmationTag: message.confirmationTag,
		outcome: message.outcome.kind,
		// Whom its own account puts out is not wanted any more (D2).
		accountStays: !about.isOwnAccount && isNamedAfter(message.view, context.own),
		unseats: unseats(message.view),
		membership: message.view.adds.length + message.view.removes.length > 0,
		seedAfter: groupAfter && (await exportSecret(groupAfter, logSeedLabel, new Uint8Array(), 32)),
	};
	return { hash, judged, sender, commit: message.view, ...(groupAfter === undefined ? {} : { groupAfter }) };
}

function isNamedAfter({ policyBefore, policyAfter }: CommitView, account: AccountKey): boolean {
	const policy = parsePolicy(policyAfter ?? policyBefore);
	return policy.ok && roleOf(policy.value, account) !== undefined;
}

function unseats({ policyBefore, policyAfter }: CommitView): readonly AccountKey[] {
	const [before, after] = [parsePolicy(policyBefore), parsePolicy(policyAfter ?? policyBefore)];
	return before.ok && after.ok ? unseatedBy(before.value, after.value) : [];
}

async function groupAfterCommit(
	draft: Draft,
	message: { readonly outcome: { readonly kind: string; readonly state?: GroupState } },
): Promise<GroupState | undefined> {
	if (message.outcome.kind === "advanced") return message.outcome.state;
	if (message.outcome.kind !== "own") return undefined;
	// C4: what was stored before the append. Whether this commit is that one, its confirmation tag says.
	return draft.pending();
}

async function checkStated(draft: Draft, authenticatedData: Uint8Array): Promise<StatedCheck> {
	const parsed = parseStatedPosition(authenticatedData);
	if (!parsed.ok) return { position: undefined, ours: undefined, oursAtClosing: undefined };
	const position = parsed.value;
	const { state } = draft;
	const { previous } = state;
	const isHere = position.index === state.log.index;
	const isPrevious =
		previous !== undefined &&
		previous.log.index === position.index &&
		equalSeeds(previous.log.seed, state.log.seed) &&
		position.index + 1 === state.log.index;
	const ordinal = isHere ? state.log.ordinal : isPrevious ? previous.log.ordinal : undefined;
	const ours = ordinal === undefined ? undefined : await headAt(draft, ordinal, position.at.seq);
	const closing = position.closing;
	// A message that found its log full names the end of the log before that one, which is not the one before this.
	const canCompare = isHere && closing !== undefined && previous?.at.seq === closing.seq;
	const oursAtClosing = canCompare ? previous?.at.head : undefined;
	return { position, ours, oursAtClosing };
}

type Seeds = ConversationState["log"]["seed"];
function equalSeeds(one: Seeds, other: Seeds): boolean {
	return one.use((a) => other.use((b) => equalBytes(a, b)));
}

/** The head this device computed for a position of the log in force or the one before; undefined if it has none. */
export async function headAt(draft: Draft, ordinal: number, seq: number): Promise<Bytes | undefined> {
	const { state } = draft;
	if (ordinal === state.log.ordinal && seq === state.at.seq) return state.at.head;
	if (seq === 0) return undefined;
	return keptHead((key) => draft.tx.get(key), draft.id, ordinal, seq);
}
