import { appendRoute, createLogRoute, readRoute, type Tip } from "@sotto/api";
import { type Bytes, err, ok, type Result } from "@sotto/bytes";
import { type Head, nextHead, recordHash, type RecordHash } from "@sotto/crypto";
import type { AppendAnswer, LogRef, Place } from "@sotto/protocol";
import type { Purpose, ServiceError, Services } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";
import { logKeys } from "./log-keys.ts";

/** Everything behind `after` of one log, to its tip, and the chain value that these records lead to. */
export type LogPages = { readonly records: readonly Bytes[]; readonly received: Place; readonly tip: Place };

const pageLimit = 512;

/** Reads a log to its tip. Errors: `noLog`, the home does not have it; `expired`, what follows `after` is no longer held (L4). */
export async function fetchLog(
	services: Services,
	log: LogRef,
	after: Place,
	purpose: Purpose,
): Promise<Result<LogPages, ServiceError | { readonly kind: "noLog" } | { readonly kind: "expired" }>> {
	const { logId, readCap } = logKeys(log).secrets;
	const records: Bytes[] = [];
	let received = after;
	for (;;) {
		const request = { logId, readCap: revealed(readCap), after: received.seq, limit: pageLimit };
		const page = await services.call(readRoute, request, purpose);
		if (!page.ok) {
			const { error } = page;
			return err(error.kind === "refused" && error.code === "notFound" ? { kind: "noLog" } : error);
		}
		const { first, records: more, tip } = page.value;
		if (more.length > 0 && first <= received.seq) return err({ kind: "badAnswer" });
		const isGap = more.length > 0 ? first > received.seq + 1 : received.seq < tip.seq;
		if (isGap) return err({ kind: "expired" });
		for (const record of more) {
			received = { seq: received.seq + 1, head: nextHead(received.head as Head, received.seq + 1, recordHash(record)) };
			records.push(record);
		}
		if (more.length === 0 || received.seq >= tip.seq) return ok({ records, received, tip });
	}
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
