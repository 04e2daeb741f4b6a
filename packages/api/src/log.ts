import {
	brandedBytes,
	bytesShape,
	integerShape,
	listShape,
	mapShape,
	maxRecordSize,
	optional,
	type Brand,
	type Bytes,
	type ShapeOf,
} from "@sotto/bytes";
import type { Route } from "./route.ts";

/** Rules L1 to L4; the CDDL stands in docs/spec/home.cddl. All ids, capabilities, hashes and heads are 32 bytes. */
export type WireLogId = Brand<Bytes, "LogId">;
export const logIdShape = brandedBytes<"LogId">(32);
const hash = bytesShape(32, 32);
const capability = bytesShape(32, 32);
const record = bytesShape(1, maxRecordSize);
const seq = integerShape(0, 4096);

/** A log ends at exactly this many records (L3). */
export const maxLogRecords = 4096;
/** How many bytes of records one read returns at most; at least one record is always returned if there is one. */
export const maxReadBytes = 1 << 20;

const tip = mapShape({ seq, head: hash });
export type Tip = ShapeOf<typeof tip>;
const nothing = mapShape({});

function route<Request, Response>(definition: Omit<Route<Request, Response>, "role">): Route<Request, Response> {
	return { role: "home", ...definition };
}

/** Idempotent: whoever knows the three hashes creates the same log. */
export const createLogRoute = route({
	path: "/v1/log/create",
	maxRequestBytes: 512,
	maxResponseBytes: 64,
	request: mapShape({ logId: logIdShape, readHash: hash, appendHash: hash, ownerHash: hash }),
	response: nothing,
});

/** `dedupeId` is H("sotto record", record); a repeated append gets the first answer. `tip` only for whoever shows `readCap`. */
export const appendRoute = route({
	path: "/v1/log/append",
	maxRequestBytes: maxRecordSize + 512,
	maxResponseBytes: 256,
	request: mapShape({
		logId: logIdShape,
		appendCap: capability,
		readCap: optional(capability),
		dedupeId: hash,
		expectHead: optional(hash),
		record,
	}),
	response: mapShape({ tip: optional(tip) }),
});

/** Records after `after` (0 reads from the start), oldest first, and the tip of the log. */
export const readRoute = route({
	path: "/v1/log/read",
	maxRequestBytes: 512,
	maxResponseBytes: maxReadBytes + maxRecordSize + 65_536,
	request: mapShape({ logId: logIdShape, readCap: capability, after: seq, limit: integerShape(0, 512) }),
	response: mapShape({ first: integerShape(1, 4097), records: listShape(record, 512), tip }),
});

/** Forgets the records up to `upTo`, keeping (seq, head). */
export const trimRoute = route({
	path: "/v1/log/trim",
	maxRequestBytes: 512,
	maxResponseBytes: 64,
	request: mapShape({ logId: logIdShape, ownerCap: capability, upTo: seq }),
	response: nothing,
});

/** Deletes the log and everything in it. */
export const deleteLogRoute = route({
	path: "/v1/log/delete",
	maxRequestBytes: 512,
	maxResponseBytes: 64,
	request: mapShape({ logId: logIdShape, ownerCap: capability }),
	response: nothing,
});
