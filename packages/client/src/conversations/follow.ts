import { type Bytes, err, ok, type Result } from "@sotto/bytes";
import { recordHash } from "@sotto/crypto";
import {
	checkTip,
	type ConversationState,
	type LogRef,
	type Place,
	type PreviousLog,
	type TipCheck,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { StoreKey } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import type { Purpose, ServiceError } from "../services/services.ts";
import { keptHead, keptRecord } from "../store/raw-records.ts";
import { unwrapStore } from "../store/transaction.ts";
import { appendRecord, createLog, fetchPage } from "./log-access.ts";
import { logKeys } from "./log-keys.ts";

/** Nobody brings back a server as it was longer ago. */
const oldestBackupMs = 30 * 24 * 3600_000;

/** What a look at the log gave. */
export type Followed =
	/**
	 * Records behind the place. `rest` is the tip that further pages lead to; undefined once there, and verified to be there.
	 */
	| { readonly kind: "records"; readonly records: readonly Bytes[]; readonly rest: Place | undefined }
	/** The log was healed or created: look again. */
	| { readonly kind: "again" }
	| { readonly kind: "forked"; readonly check: TipCheck & { readonly kind: "forked" } }
	/** The records behind the place are gone: expired, or lost by a server that this device cannot help. */
	| { readonly kind: "beyondHealing" };

/**
 * Looks at the log behind `at`, page by page: `goal` is the `rest` of the page before. A log that is missing is created (C1);
 * one that went back is given its records again, in order, before anything new (L4); one that shows another history is
 * reported (C8). `isFirst`: since the program started, or its line was gone, as it is when a server comes back from a backup.
 */
export async function followLog(
	engine: EngineContext,
	conversation: ConversationId,
	place: Pick<ConversationState, "log" | "at" | "previous" | "stop">,
	look: { readonly goal: Place | undefined; readonly isFirst: boolean },
	purpose: Purpose,
): Promise<Result<Followed, ServiceError>> {
	const { log, at, previous, stop } = place;
	const { goal, isFirst } = look;
	// Whether a log of which nothing was read is the one that follows, the end of the log before shows; and whether a fork is over (C8).
	const isOpen = at.seq === 0 || stop?.kind === "forked";
	if (previous !== undefined && (isOpen || (isFirst && wasLeftLately(previous, engine.clock.now())))) {
		const end = await lookBack(engine, conversation, previous, purpose);
		if (!end.ok) return end;
		if (end.value !== undefined) return ok(end.value);
	}
	const page = await fetchPage(engine.services, log, at, goal, purpose);
	if (!page.ok) {
		if (page.error.kind === "expired") return ok({ kind: "beyondHealing" });
		if (page.error.kind !== "noLog") return err(page.error);
		const created = await createLog(engine.services, log, purpose);
		return created.ok ? ok({ kind: "again" }) : created;
	}
	const { records, received, tip } = page.value;
	const oursAtTip = tip.seq < at.seq ? await storedHead(engine, conversation, log, tip.seq) : undefined;
	const check = checkTip(at, received, tip, oursAtTip);
	if (check.kind === "consistent")
		return ok({ kind: "records", records, rest: received.seq < tip.seq ? tip : undefined });
	if (check.kind === "forked") return ok({ kind: "forked", check });
	// The log before may have lost its end, which leads others to this one.
	if (previous !== undefined) {
		const end = await lookBack(engine, conversation, previous, purpose);
		if (!end.ok) return end;
		if (end.value !== undefined) return ok(end.value);
	}
	return reappend(engine, conversation, log, check, purpose);
}

/**
 * Whether a backup may be older than the move to the log in force. A device that came in with that log knows none before: it may have healed it first,
 * and nothing in it would show any more that the end of the log before is lost, which leads others here (L4).
 */
function wasLeftLately({ leftAt }: PreviousLog, now: number): boolean {
	return leftAt !== undefined && now - leftAt < oldestBackupMs;
}

/**
 * Looks at the end of the log before: a home that lost it gets it again (L4), and one that shows another end leads others
 * elsewhere (C8). Undefined if it is as it was, or if it is too old to be told.
 */
async function lookBack(
	engine: EngineContext,
	conversation: ConversationId,
	{ log, at }: { readonly log: LogRef; readonly at: Place },
	purpose: Purpose,
): Promise<Result<Followed | undefined, ServiceError>> {
	let place = at;
	let goal: Place | undefined;
	do {
		const page = await fetchPage(engine.services, log, place, goal, purpose);
		if (!page.ok) {
			if (page.error.kind === "expired") return ok(undefined);
			if (page.error.kind !== "noLog") return err(page.error);
			const created = await createLog(engine.services, log, purpose);
			if (!created.ok) return created;
		}
		const { received, tip } = page.ok
			? page.value
			: { received: at, tip: { seq: 0, head: logKeys(log).secrets.logId } };
		const oursAtTip = tip.seq < at.seq ? await storedHead(engine, conversation, log, tip.seq) : undefined;
		const check = checkTip(at, received, tip, oursAtTip);
		if (check.kind === "forked") return ok({ kind: "forked", check });
		if (check.kind === "serverLost") {
			const healed = await reappend(engine, conversation, log, check, purpose);
			// What this device no longer keeps, another may.
			return healed.ok && healed.value.kind === "beyondHealing" ? ok(undefined) : healed;
		}
		goal = received.seq < tip.seq ? tip : undefined;
		place = received;
	} while (goal !== undefined);
	return ok(undefined);
}

async function reappend(
	engine: EngineContext,
	conversation: ConversationId,
	log: LogRef,
	lost: { readonly from: number; readonly to: number },
	purpose: Purpose,
): Promise<Result<Followed, ServiceError>> {
	for (let seq = lost.from; seq <= lost.to; seq++) {
		const record = await keptRecord(engine.store, conversation, log.ordinal, seq);
		if (record === undefined) return ok({ kind: "beyondHealing" });
		const expectHead = await storedHead(engine, conversation, log, seq - 1);
		const { answer } = await appendRecord(
			engine.services,
			log,
			{ record, dedupeId: recordHash(record), expectHead },
			purpose,
		);
		// Another member heals too, or somebody wrote: look again at what is there now.
		if (answer.kind === "headMismatch") return ok({ kind: "again" });
		if (answer.kind !== "appended") return err({ kind: "unreachable" });
		// The home had shown one record in two places, which it will not take twice (L2): no chain leads here again.
		if (answer.tip !== undefined && answer.tip.seq !== seq) return ok({ kind: "beyondHealing" });
	}
	return ok({ kind: "again" });
}

/** The head this device has computed for `seq` of a log that it keeps. */
export async function storedHead(
	engine: EngineContext,
	conversation: ConversationId,
	log: LogRef,
	seq: number,
): Promise<Bytes | undefined> {
	if (seq === 0) return logKeys(log).secrets.logId;
	const read = async (key: StoreKey) => unwrapStore(await engine.store.get(key));
	return keptHead(read, conversation, log.ordinal, seq);
}
