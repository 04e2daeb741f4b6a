import { type Bytes, equalBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { type AppendCap, capHash, type OwnerCap, type ReadCap } from "@sotto/crypto";
import type { Refusal } from "@sotto/api";
import type { LogHashes, Store } from "@sotto/storage";

/** Capabilities as a request shows them, 32 bytes each. */
export type Shown = {
	readonly readCap?: Bytes | undefined;
	readonly appendCap?: Bytes | undefined;
	readonly ownerCap?: Bytes | undefined;
};

/** How many logs' hashes are kept in memory: 10,000 take about 3 MB. */
const maxKept = 10_000;

/**
 * Decides who may do what with a log (L1). An id commits to its three hashes, so hashes once read for an id hold for ever,
 * and appending costs no look-up; whether the log still exists is for the store to say.
 */
export function createRights(store: Store): (logId: Bytes, shown: Shown) => Promise<Result<void, Refusal>> {
	const kept = new Map<string, LogHashes>();
	const hashesOf = async (logId: Bytes): Promise<Result<LogHashes, Refusal>> => {
		const key = Buffer.from(logId.buffer, logId.byteOffset, logId.length).toString("latin1");
		const present = kept.get(key);
		if (present !== undefined) return ok(present);
		const found = await store.findLog({ logId });
		if (!found.ok) return err({ code: found.error.kind });
		if (found.value === undefined) return err({ code: "notFound" });
		const oldest = kept.size >= maxKept ? kept.keys().next().value : undefined;
		if (oldest !== undefined) kept.delete(oldest);
		kept.set(key, found.value);
		return ok(found.value);
	};
	return async (logId, shown) => {
		const hashes = await hashesOf(logId);
		if (!hashes.ok) return hashes;
		return allows(hashes.value, shown) ? ok() : err({ code: "wrongCapability" });
	};
}

/** Every capability shown must be right; each is compared in constant time, as a hash. */
function allows(hashes: LogHashes, shown: Shown): boolean {
	const pairs = [
		[shown.readCap, hashes.readHash],
		[shown.appendCap, hashes.appendHash],
		[shown.ownerCap, hashes.ownerHash],
	] as const;
	return pairs.every(([cap, hash]) => cap === undefined || equalBytes(hashOf(cap), hash));
}

function hashOf(cap: Bytes): Bytes {
	return capHash(new Secret(cap) as ReadCap | AppendCap | OwnerCap);
}
