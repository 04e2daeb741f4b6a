import { appendRoute, createLogRoute, readRoute, type Tip } from "@sotto/api";
import { type Bytes, err, ok, type Result } from "@sotto/bytes";
import { type Head, nextHead, recordHash, type RecordHash } from "@sotto/crypto";
import type { AppendAnswer, LogRef, Place } from "@sotto/protocol";
import type { Purpose, ServiceError, Services } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";
import { logKeys } from "./log-keys.ts";

/**
 * The next records behind a place, the chain value that they lead to, and the tip that was the log's when the look began. More
 * pages follow while `received` is not there.
 */
export type LogPage = { readonly records: readonly Bytes[]; readonly received: Place; readonly tip: Place };

const pageLimit = 512;

/**
 * Reads one page of a log: at most 512 records, and {@link maxReadBytes}. `goal` is the tip that the first page of this look
 * named: records that came meanwhile are left to the next look, so that nobody who writes fast keeps a reader reading. Errors:
 * `noLog`, the home does not have it; `expired`, what follows `after` is no longer held (L4).
 */
export async function fetchPage(
	services: Services,
	log: LogRef,
	after: Place,
	goal: Place | undefined,
	purpose: Purpose,
): Promise<Result<LogPage, ServiceError | { readonly kind: "noLog" } | { readonly kind: "expired" }>> {
	const { logId, readCap } = logKeys(log).secrets;
	const limit = goal === undefined ? pageLimit : Math.max(1, Math.min(pageLimit, goal.seq - after.seq));
	const page = await services.call(readRoute, { logId, readCap: revealed(readCap), after: after.seq, limit }, purpose);
	if (!page.ok) {
		const { error } = page;
		return err(error.kind === "refused" && error.code === "notFound" ? { kind: "noLog" } : error);
	}
	const { first, records, tip: newest } = page.value;
	// A server that went back in between has its say: L4 compares with what was read.
	const tip = goal === undefined || newest.seq < goal.seq ? newest : goal;
	if (records.length > 0 && first <= after.seq) return err({ kind: "badAnswer" });
	if (records.length > limit) return err({ kind: "badAnswer" });
	const isGap = records.length > 0 ? first > after.seq + 1 : after.seq < tip.seq;
	if (isGap) return err({ kind: "expired" });
	let received = after;
	for (const record of records)
		received = { seq: received.seq + 1, head: nextHead(received.head as Head, received.seq + 1, recordHash(record)) };
	return ok({ records, received, tip });
}

/** Creates a log of the conversation: whoever finds it missing does (C1). Idempotent. */
export async function createLog(
	services: Services,
	log: LogRef,
	purpose: Purpose,
): Promise<Result<void, ServiceError>> {
	const { logId, hashes } = logKeys(log).secrets;
	const request = { logId, readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
	const created = await services.call(createLogRoute, request, purpose);
	return created.ok ? ok() : created;
}

/** Appends a sealed record and tells what the home answered, in the machine's words. */
export async function appendRecord(
	services: Services,
	log: LogRef,
	entry: {
		readonly record: Bytes;
		readonly dedupeId: RecordHash;
		readonly expectHead: Bytes | undefined;
	},
	purpose: Purpose,
): Promise<{ readonly answer: AppendAnswer; readonly tip: Tip | undefined }> {
	const { logId, appendCap, readCap } = logKeys(log).secrets;
	const { record, dedupeId, expectHead } = entry;
	const appended = await services.call(
		appendRoute,
		{
			logId,
			appendCap: revealed(appendCap),
			readCap: revealed(readCap),
			dedupeId,
			record,
			...(expectHead === undefined ? {} : { expectHead }),
		},
		purpose,
	);
	if (appended.ok) return { answer: { kind: "appended", tip: appended.value.tip }, tip: appended.value.tip };
	return { answer: answerOf(appended.error), tip: undefined };
}

function answerOf(error: ServiceError): AppendAnswer {
	if (error.kind !== "refused" || error.retryable) return { kind: "tryLater" };
	const { code } = error;
	if (code === "headMismatch" || code === "logFull") return { kind: code };
	return code === "notFound" ? { kind: "noLog" } : { kind: "refused", code };
}
