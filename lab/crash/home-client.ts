import {
	appendRoute,
	createLogRoute,
	encodeRequest,
	parseRefusal,
	parseResponse,
	readRoute,
	type Refusal,
	type Route,
	type Tip,
} from "@sotto/api";
import { type Bytes, err, ok, type Result } from "@sotto/bytes";
import { capHash, deriveLogId, type LogId, newAppendCap, newOwnerCap, newReadCap, recordHash } from "@sotto/crypto";

/** `unreachable`: no answer came, so whether it was done is unknown. */
export type CallError = Refusal | { readonly code: "unreachable" };

/** Sends one request of the contract. */
export async function call<Q extends object, A>(
	url: string,
	route: Route<Q, A>,
	request: Q,
): Promise<Result<A, CallError>> {
	let response: Response;
	let body: Uint8Array;
	try {
		const headers = { "content-type": "application/cbor" };
		response = await fetch(url + route.path, { method: "POST", body: encodeRequest(route, request), headers });
		body = new Uint8Array(await response.arrayBuffer());
	} catch {
		// fetch throws when the connection breaks, which is what this lab is about.
		return err({ code: "unreachable" });
	}
	if (response.status !== 200) {
		const refusal = parseRefusal(body);
		if (!refusal.ok) throw new Error(`status ${response.status} without a refusal`);
		return err(refusal.value);
	}
	const answer = parseResponse(route, body);
	if (!answer.ok) throw new Error(`an answer of ${route.path} that does not parse`);
	return ok(answer.value);
}

export type LabLog = { readonly logId: LogId; readonly readCap: Bytes; readonly appendCap: Bytes };

/** Makes capabilities and creates their log, as often as it takes. */
export async function createLabLog(url: () => Promise<string>): Promise<LabLog> {
	const [read, append, owner] = [newReadCap(), newAppendCap(), newOwnerCap()];
	const hashes = { read: capHash(read), append: capHash(append), owner: capHash(owner) };
	const logId = deriveLogId(hashes);
	const creation = { logId, readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
	for (;;) {
		const created = await call(await url(), createLogRoute, creation);
		if (created.ok) break;
		if (!mayHelp(created.error)) throw new Error(`cannot create a log: ${created.error.code}`);
	}
	return { logId, readCap: read.use((bytes) => bytes.slice()), appendCap: append.use((bytes) => bytes.slice()) };
}

/** Appends once; the place it got, or why not. */
export async function appendOnce(url: string, log: LabLog, record: Bytes): Promise<Result<Tip, CallError>> {
	const answer = await call(url, appendRoute, { ...log, dedupeId: recordHash(record), record });
	if (!answer.ok) return answer;
	if (answer.value.tip === undefined) throw new Error("whoever shows readCap is told the place");
	return ok(answer.value.tip);
}

/** All records that a log holds, with its tip. */
export async function readWhole(url: string, log: LabLog): Promise<{ records: readonly Bytes[]; tip: Tip }> {
	const records: Bytes[] = [];
	for (;;) {
		const request = { logId: log.logId, readCap: log.readCap, after: records.length, limit: 512 };
		const answer = await call(url, readRoute, request);
		if (!answer.ok) throw new Error(`cannot read: ${answer.error.code}`);
		records.push(...answer.value.records);
		if (answer.value.records.length === 0) return { records, tip: answer.value.tip };
	}
}

/** Whether the same request may be answered later. */
export function mayHelp(error: CallError): boolean {
	return error.code === "unreachable" || error.code === "unavailable";
}
