import { expect, test } from "vitest";
import { TestStore } from "../store/memory.test-kit.ts";
import { clockToleranceMs, Troubles } from "./troubles.ts";

function watched() {
	let changes = 0;
	const troubles = new Troubles(() => {
		changes++;
	});
	return { troubles, changes: () => changes };
}

test("a clock is off only by more than a slow answer explains, and is right again by the first answer that says so", () => {
	const { troubles, changes } = watched();
	const now = 1_000_000_000;
	// The answer took an hour: the server's time lies between.
	troubles.serverTime(now, now - 1_800_000, now + 1_800_000);
	troubles.serverTime(now + clockToleranceMs, now, now);
	expect([troubles.view(), changes()]).toEqual([[], 0]);
	troubles.serverTime(now + clockToleranceMs + 1, now, now);
	expect(troubles.view()).toEqual([{ kind: "clockOff", byMs: -clockToleranceMs - 1 }]);
	troubles.serverTime(now - clockToleranceMs - 1, now, now);
	expect(troubles.view()).toEqual([{ kind: "clockOff", byMs: clockToleranceMs + 1 }]);
	troubles.serverTime(now, now, now);
	expect([troubles.view(), changes()]).toEqual([[], 2]);
});

test("a store without room is told once, and taken back by the first write that succeeds; other failures are other troubles", async () => {
	const { troubles, changes } = watched();
	const store = new TestStore();
	const seen = troubles.watch(store);
	store.failure = "storageFull";
	await seen.write([]);
	await seen.write([]);
	expect([troubles.view(), changes()]).toEqual([[{ kind: "deviceFull" }], 1]);
	store.failure = "storageUnavailable";
	await seen.write([]);
	expect(troubles.view()).toHaveLength(1);
	store.failure = undefined;
	await seen.write([]);
	expect([troubles.view(), changes()]).toEqual([[], 2]);
});
