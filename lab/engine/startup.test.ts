import { err } from "@sotto/bytes";
import { createClient, type Ports } from "@sotto/client";
import { expect, test } from "vitest";
import { CountingStore, fillHistory, storeWithContacts } from "../bench/long-history.ts";
import type { MemoryStore } from "../memory-store.ts";

/** What is read of a store from a start to the first screen: the list, and the newest page of a conversation. */
async function readAtStart(store: MemoryStore): Promise<ReadonlyMap<string, number>> {
	const counting = new CountingStore(store);
	const ports: Ports = {
		store: counting,
		transport: {
			post: async () => err({ kind: "unreachable" }),
			connect: (_url, handler) => {
				queueMicrotask(handler.closed);
				return { send: () => undefined, close: () => undefined };
			},
		},
		clock: { now: () => Date.now(), wakeAt: () => () => undefined },
		random: (length) => crypto.getRandomValues(new Uint8Array(length)),
		connectivity: { onChange: () => () => undefined },
	};
	const client = await createClient(ports);
	const view = await client.view();
	if (view.phase !== "ready") throw new Error(`it is ${view.phase}`);
	expect(view.conversations).toHaveLength(3);
	expect(view.conversations.every(({ last }) => last?.kind === "message")).toBe(true);
	expect((await client.history(view.conversations[0]?.id ?? "", { limit: 50 })).items).toHaveLength(50);
	const tables = new Map(counting.tables);
	await client.close();
	return tables;
}

test("a start reads the same rows whether 600 or 15,000 messages were said: of the history one row a conversation, and a page", async () => {
	const short = await storeWithContacts(3);
	const long = short.copy();
	await fillHistory(short, short, 200);
	await fillHistory(long, long, 5_000);
	const [few, many] = [await readAtStart(short), await readAtStart(long)];
	expect(Object.fromEntries(many)).toEqual(Object.fromEntries(few));
	// One that is last in each of three conversations, and one more than the page to know whether there are older ones.
	expect(many.get("history")).toBe(3 + 51);
	expect(many.get("item")).toBeUndefined();
	// C6: the MLS group of a conversation that is not used is not loaded; of the raw records none.
	expect(many.get("raw")).toBeUndefined();
}, 60_000);
