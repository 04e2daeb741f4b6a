import { type Refusal, type RequestOf, ringFlags, type ringRoute } from "@sotto/api";
import { err, ok, type Result } from "@sotto/bytes";
import { type HpkeKeyPair, openRingAddress } from "@sotto/crypto";
import { type Clock, TokenBucket } from "@sotto/door";
import { KeyedBuckets, type RingLimits } from "./limits.ts";
import type { Switchboard } from "./switchboard.ts";

export type Ringer = {
	readonly ring: (request: RequestOf<typeof ringRoute>) => Result<Record<never, never>, Refusal>;
	/** Forgets who has not rung lately. */
	readonly prune: () => void;
};

/** Bytes as a key of a map: ids of 32 bytes stay 32 bytes. */
export function keyOf(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/**
 * Opens a ring's address and passes the ring on (R1). The answer depends on the address and on how often was rung, never on
 * whether a device is there. Refusals: `badAddress`, `tooManyRequests`.
 */
export function createRinger(
	keyPair: HpkeKeyPair,
	switchboard: Switchboard,
	limits: RingLimits,
	clock: Clock,
	onLimit: () => void,
): Ringer {
	const everybody = new TokenBucket(limits.everybody, clock.now());
	const addresses = new KeyedBuckets(limits.address, clock);
	const profileAddresses = new KeyedBuckets(limits.profileAddress, clock);
	const devices = new KeyedBuckets(limits.device, clock);
	return {
		ring({ address, hint, urgency }) {
			if (!everybody.take(clock.now())) {
				onLimit();
				return err({ code: "tooManyRequests" });
			}
			const opened = openRingAddress(keyPair, address);
			if (!opened.ok) return err({ code: "badAddress" });
			const { flags } = opened.value;
			const fromProfile = flags === ringFlags.fromProfile;
			if (!fromProfile && flags !== ringFlags.none) return err({ code: "badAddress" });
			// Everybody who has the link has this address: it may not make a phone ring (P2).
			if (fromProfile && urgency === "call") return err({ code: "badAddress" });
			const [wakeId, tag] = [keyOf(opened.value.wakeId), keyOf(opened.value.tag)];
			const cost = urgency === "call" ? limits.callCost : 1;
			// First the address alone: who rings too often by one address takes nothing from the others.
			if (!(fromProfile ? profileAddresses : addresses).take(wakeId + tag, cost) || !devices.take(wakeId, cost))
				return err({ code: "tooManyRequests" });
			switchboard.ring(wakeId, { tag, hint, urgency });
			return ok({});
		},
		prune() {
			for (const buckets of [addresses, profileAddresses, devices]) buckets.prune();
		},
	};
}
