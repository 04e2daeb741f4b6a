import type { Tip } from "@sotto/api";
import { type Bytes, bytesToHex, equalBytes } from "@sotto/bytes";
import { type Head, type LogId, nextHead, recordHash } from "@sotto/crypto";

/** What a writer was told: this record stands at this place. */
export type Acknowledged = { readonly record: Bytes; readonly tip: Tip };

/** A log as it was read back. */
export type ReadBack = { readonly logId: LogId; readonly records: readonly Bytes[]; readonly tip: Tip };

/**
 * Compares a log with what its writers were told (L2, L4): every acknowledged record is there, at its place, under the head
 * that was told; no record is there twice; the chain reproduces the tip. Returns what is wrong, nothing if nothing is.
 */
export function faultsOfLog(log: ReadBack, acknowledged: readonly Acknowledged[]): readonly string[] {
	const faults: string[] = [];
	const heads: Bytes[] = [];
	const places = new Map<string, number>();
	let head: Head | LogId = log.logId;
	for (const [index, record] of log.records.entries()) {
		const hash = recordHash(record);
		const key = bytesToHex(hash);
		const earlier = places.get(key);
		if (earlier !== undefined) faults.push(`the record at ${index + 1} stands at ${earlier} already`);
		places.set(key, index + 1);
		head = nextHead(head, index + 1, hash);
		heads.push(head);
	}
	if (log.tip.seq !== log.records.length)
		faults.push(`the tip is ${log.tip.seq}, there are ${log.records.length} records`);
	if (!equalBytes(log.tip.head, head)) faults.push("the records do not lead to the tip's head");
	for (const { record, tip } of acknowledged) {
		const place = places.get(bytesToHex(recordHash(record)));
		if (place === undefined) faults.push(`an acknowledged record is lost: ${tip.seq}`);
		else if (place !== tip.seq) faults.push(`the record acknowledged at ${tip.seq} stands at ${place}`);
		const reached = heads[tip.seq - 1];
		if (reached === undefined || !equalBytes(reached, tip.head)) faults.push(`another head was told for ${tip.seq}`);
	}
	return faults;
}
