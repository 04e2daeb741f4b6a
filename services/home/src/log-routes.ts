import {
	appendRoute,
	createLogRoute,
	deleteLogRoute,
	maxReadBytes,
	readRoute,
	type Refusal,
	type RequestOf,
	type ResponseOf,
	trimRoute,
} from "@sotto/api";
import { equalBytes, err, isRecordSize, ok, type Result } from "@sotto/bytes";
import { type CapHash, deriveLogId, recordHash } from "@sotto/crypto";
import { hourOf, type Store } from "@sotto/storage";
import type { HomeParts, Serve } from "./parts.ts";
import { createRights } from "./rights.ts";

type Answer<R> = Promise<Result<ResponseOf<R>, Refusal>>;

/** Puts the routes of logs on the app: docs/spec/logs.md. */
export function serveLogs(serve: Serve, parts: HomeParts): void {
	const mayUse = createRights(parts.store);
	serve(createLogRoute, (request) => createLog(parts, request));
	serve(appendRoute, (request) => append(parts, mayUse, request));
	serve(readRoute, async ({ logId, readCap, after, limit }) => {
		const allowed = await mayUse(logId, { readCap });
		if (!allowed.ok) return allowed;
		const answer = await parts.store.read({ logId, after, limit, maxBytes: maxReadBytes });
		if (!answer.ok) return err({ code: answer.error.kind });
		if (answer.value.kind === "notFound") return err({ code: "notFound" });
		const { first, records, tip } = answer.value;
		return ok({ first, records, tip });
	});
	serve(trimRoute, async ({ logId, ownerCap, upTo }) => {
		const allowed = await mayUse(logId, { ownerCap });
		return allowed.ok ? foundOrNot(await parts.store.trim({ logId, upTo })) : allowed;
	});
	serve(deleteLogRoute, async ({ logId, ownerCap }) => {
		const allowed = await mayUse(logId, { ownerCap });
		return allowed.ok ? foundOrNot(await parts.store.deleteLog({ logId })) : allowed;
	});
}

/** The id must be the hash of the three hashes: nobody can take an id that others derive (L1). */
async function createLog(
	{ store, clock, limits }: HomeParts,
	request: RequestOf<typeof createLogRoute>,
): Answer<typeof createLogRoute> {
	const { logId, readHash, appendHash, ownerHash } = request;
	const hashes = { read: readHash as CapHash, append: appendHash as CapHash, owner: ownerHash as CapHash };
	if (!equalBytes(deriveLogId(hashes), logId)) return err({ code: "wrongCapability" });
	const mayCreate = limits.logs.take();
	const answer = await store.createLog({ ...request, hour: hourOf(clock.now()), mayCreate });
	const created = answer.ok && answer.value.kind === "created";
	if (mayCreate && !created) limits.logs.giveBack();
	if (!answer.ok) return err({ code: answer.error.kind });
	return answer.value.kind === "limited" ? err({ code: "tooManyLogs" }) : ok({});
}

/** What is refused by the request alone is refused first; then rights; the store decides the rest at the record's place (L2, L3). */
async function append(
	{ store, clock, limits }: HomeParts,
	mayUse: ReturnType<typeof createRights>,
	request: RequestOf<typeof appendRoute>,
): Answer<typeof appendRoute> {
	const { logId, appendCap, readCap, dedupeId, expectHead, record } = request;
	if (!isRecordSize(record.length)) return err({ code: "wrongSize", at: "body.record" });
	const allowed = await mayUse(logId, { appendCap, readCap });
	if (!allowed.ok) return allowed;
	if (!equalBytes(recordHash(record), dedupeId)) return err({ code: "wrongDedupeId" });
	if (!limits.storedBytes.take(record.length)) return err({ code: "tooManyRequests" });
	const answer = await store.append({ logId, dedupeId, expectHead, record, hour: hourOf(clock.now()) });
	if (!answer.ok || answer.value.kind !== "appended") limits.storedBytes.giveBack(record.length);
	if (!answer.ok) return err({ code: answer.error.kind });
	const outcome = answer.value;
	if (outcome.kind !== "appended" && outcome.kind !== "known") return err({ code: outcome.kind });
	// Where the record stands is a reader's knowledge (L1, L2).
	return ok(readCap === undefined ? {} : { tip: outcome.tip });
}

function foundOrNot(answer: Awaited<ReturnType<Store["trim"]>>): Result<Record<never, never>, Refusal> {
	if (!answer.ok) return err({ code: answer.error.kind });
	return answer.value ? ok({}) : err({ code: "notFound" });
}
