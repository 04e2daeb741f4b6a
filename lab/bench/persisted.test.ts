import { expect, test } from "vitest";
import { MemoryStore } from "../memory-store.ts";
import { persistedPerMessage } from "./persisted.ts";

test("what a message writes to the store does not grow with the group, sent or received", async () => {
	const suite = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
	const small = await persistedPerMessage(2, suite, new MemoryStore());
	const large = await persistedPerMessage(20, suite, new MemoryStore());
	for (const way of ["received: persisted, bytes", "sent: persisted, bytes"]) {
		expect(Math.abs((large[way] as number) - (small[way] as number))).toBeLessThan(32);
		expect(large[way]).toBeLessThan(12_000);
	}
	// The group itself did grow.
	expect(large["stored group, bytes"]).toBeGreaterThan(5 * (small["stored group, bytes"] as number));
});
