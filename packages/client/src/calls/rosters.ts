import { type Bytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import { openRosterEntry, parseLogId, parseParticipantId, sealRosterEntry } from "@sotto/crypto";
import {
	acceptRoster,
	callKeyToId,
	contest,
	encodeRosterEntry,
	encodeSignedRoster,
	maxRosterReactions,
	maxRosterSeen,
	ownParticipant,
	parseSignedRoster,
	type RosterEntry,
	rosterSignatureLabel,
	type RosterState,
} from "@sotto/protocol";
import type { ConversationHost } from "../conversation-host.ts";
import type { CommandError, RosterInput, RosterOutput } from "../sdk.ts";
import type { CallBase } from "./call-store.ts";

const refused: Result<never, CommandError> = err({ kind: "refused" });

/** The call that a roster entry is for. */
export type RosterCall = {
	readonly callId: string;
	readonly conversation: string;
	readonly bases: readonly CallBase[];
	readonly roster: RosterState;
};

/** Signs and seals this device's entry (K4), stating where it stands in the log (C8). */
export async function sealOwnRoster(
	host: ConversationHost,
	call: RosterCall,
	input: RosterInput,
): Promise<Result<{ readonly sealed: Bytes; readonly roster: RosterState }, CommandError>> {
	const base = call.bases.find(({ m }) => m === input.m);
	const position = host.position(call.conversation);
	const own = host.members(call.conversation).find(({ thisDevice }) => thisDevice);
	const ids = parseIds(input);
	if (base === undefined || position === undefined || own === undefined || ids === undefined) return refused;
	const { m, counters, count, reactions } = input;
	const { logId, seq, head } = position;
	const callId = callKeyToId(call.callId);
	const said = { count, signs: signsOf(input.signs), reactions: reactions.slice(-maxRosterReactions) };
	const entry = encodeRosterEntry({ callId, leaf: own.leaf, m, counters, logId, seq, head, ...said, ...ids });
	const signature = await host.signWithLeaf(call.conversation, rosterSignatureLabel, entry);
	if (signature === undefined) return refused;
	const sealed = await sealRosterEntry(base.secret, callId, encodeSignedRoster({ entry, signature }));
	return ok({ sealed, roster: ownParticipant(call.roster, input.participantId) });
}

function parseIds(
	input: RosterInput,
): (Pick<RosterEntry, "participantId" | "seen"> & Partial<Pick<RosterEntry, "supersedes">>) | undefined {
	const participantId = parseParticipantId(input.participantId);
	const supersedes = input.supersedes === undefined ? undefined : parseParticipantId(input.supersedes);
	const seen = input.seen.slice(0, maxRosterSeen).map((id) => parseParticipantId(id));
	if (!participantId.ok || supersedes?.ok === false) return undefined;
	return {
		participantId: participantId.value,
		...(supersedes === undefined ? {} : { supersedes: supersedes.value }),
		seen: seen.flatMap((id) => (id.ok ? [id.value] : [])),
	};
}

function signsOf({ muted, handRaisedAt, camera, screen, weakLine }: RosterInput["signs"]): RosterEntry["signs"] {
	return { muted, camera, screen, weakLine, ...(handRaisedAt === undefined ? {} : { hand: handRaisedAt }) };
}

/** Opens, verifies and judges somebody's entry (K4). What is refused leaves its id undecoded and unnamed. */
export async function openOtherRoster(
	host: ConversationHost,
	call: RosterCall,
	sealed: Uint8Array,
): Promise<{ readonly result: Result<RosterOutput, CommandError>; readonly roster: RosterState }> {
	const { roster, conversation } = call;
	const no = { result: refused, roster };
	const signed = await openUnderAnyBase(call, sealed);
	if (signed === undefined) return no;
	const { entry, signedBytes, signature } = signed;
	const author = host.members(conversation).find(({ leaf }) => leaf === entry.leaf);
	if (author === undefined || author.thisDevice) return no;
	if (!(await host.verifyLeaf(conversation, entry.leaf, rosterSignatureLabel, signedBytes, signature))) return no;
	if (await isForked(host, conversation, entry)) {
		await host.reportFork(conversation, author.account);
		return no;
	}
	// Its own id must be listed too: the page checks that, which alone knows by which id it goes (K3).
	const judged = acceptRoster(roster, entry, undefined);
	if (!judged.ok) {
		const isClaimed = judged.error === "contested";
		return { result: refused, roster: isClaimed ? contest(roster, entry.participantId) : roster };
	}
	const known = judged.value.state.participants.find(({ leaf }) => leaf === entry.leaf);
	const { participantId, m, seen, count, reactions } = entry;
	const counters = known?.counters ?? entry.counters;
	const signs = { ...entry.signs, handRaisedAt: entry.signs.hand };
	const output = { participantId, m, supersedes: entry.supersedes, counters, seen, count, signs, reactions };
	return {
		result: ok({ ...output, person: author.person, leaf: entry.leaf }),
		roster: judged.value.state,
	};
}

async function openUnderAnyBase(call: RosterCall, sealed: Uint8Array) {
	const callId = callKeyToId(call.callId);
	for (const base of call.bases.toReversed()) {
		const opened = await openRosterEntry(base.secret, callId, sealed);
		if (!opened.ok) continue;
		const signed = parseSignedRoster(opened.value);
		// What it states must be what it is sealed under, or an old m could be passed off as the new one.
		return signed.ok && signed.value.entry.m === base.m ? signed.value : undefined;
	}
	return undefined;
}

/** C8: it has another head at a place where this device has been. */
async function isForked(host: ConversationHost, conversation: string, entry: RosterEntry): Promise<boolean> {
	const logId = parseLogId(entry.logId);
	const head = logId.ok ? await host.headAt(conversation, logId.value, entry.seq) : undefined;
	return head !== undefined && !equalBytes(head, entry.head);
}
