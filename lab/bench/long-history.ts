// Profiles with long histories, for the bench of starting and the test that counts what it reads.
import type { Store } from "@sotto/client";
import type { AccountKey, MessageId } from "@sotto/crypto";
import { base64urlToBytes, utf8 } from "@sotto/bytes";
import { encodeRow } from "../../packages/client/src/conversations/history-row.ts";
import { itemIdOf, keys, orderOf } from "../../packages/client/src/store/keys.ts";
import { connect, openWorld, type Person } from "../engine/world.test-kit.ts";
import { MemoryStore } from "../memory-store.ts";

const text = "Half past seven at the harbour, by the second crane; bring the long rope and tell nobody but Cyd.";

/** A store of somebody with this many contacts, made by the real engine over the real home. */
export async function storeWithContacts(
	count: number,
	openHome?: Parameters<typeof openWorld>[0],
): Promise<MemoryStore> {
	const world = await openWorld(openHome);
	const ada = await (await world.start("Ada")).create();
	for (let n = 0; n < count; n++) {
		const other = await (await world.start(`Contact ${n}`)).create();
		await connect(ada, other);
		await other.client.close();
	}
	await settled(ada);
	await world.close();
	return ada.store;
}

async function settled({ client }: Person): Promise<void> {
	await client.sync();
	await client.close();
}

/** Puts so many messages into every conversation of a store, as if they had been read there; batch by batch. */
export async function fillHistory(source: MemoryStore, target: Store, perConversation: number): Promise<void> {
	const conversations = source.keysLike(keys.conversationAll).map((key) => key.slice(keys.conversationAll.length));
	const contacts = source.keysLike(keys.contactAll).map((key) => accountKey(key.slice(keys.contactAll.length)));
	for (const [which, id] of conversations.entries())
		for (let from = 0; from < perConversation; from += 1000) {
			const batch = Array.from({ length: Math.min(1000, perConversation - from) }, (_, at) => {
				const n = from + at;
				const account = contacts[which % contacts.length] as AccountKey;
				const messageId = utf8(`${which}/${n}`.padEnd(16, ".")).slice(0, 16) as MessageId;
				const item = itemIdOf(account, messageId);
				const order = orderOf(7 + (n >> 12), n & 4095, 0);
				const row = encodeRow({ kind: "message", id: item, account, mine: false, text, sentAt: n, state: "sent" });
				return [
					{ op: "put" as const, key: keys.history(id, order), value: row },
					{ op: "put" as const, key: keys.item(id, item), value: utf8(order) },
				];
			});
			const written = await target.write(batch.flat());
			if (!written.ok) throw new Error(written.error.kind);
		}
}

function accountKey(id: string): AccountKey {
	const bytes = base64urlToBytes(id, 64);
	if (!bytes.ok) throw new Error("a contact's key in the store is its account");
	return bytes.value as AccountKey;
}

/** A store that counts what is read of it. */
export class CountingStore implements Store {
	readonly #store: Store;
	rows = 0;
	bytes = 0;
	/** Rows read, by table. */
	readonly tables = new Map<string, number>();

	constructor(store: Store) {
		this.#store = store;
	}

	async get(key: string) {
		const got = await this.#store.get(key);
		if (got.ok && got.value !== undefined) this.#count(key, got.value);
		return got;
	}

	async list(range: Parameters<Store["list"]>[0]) {
		const listed = await this.#store.list(range);
		if (listed.ok) for (const { key, value } of listed.value) this.#count(key, value);
		return listed;
	}

	write(batch: Parameters<Store["write"]>[0]) {
		return this.#store.write(batch);
	}

	close() {
		return this.#store.close();
	}

	#count(key: string, value: Uint8Array): void {
		const table = key.split("/")[0] as string;
		this.rows++;
		this.bytes += value.length;
		this.tables.set(table, (this.tables.get(table) ?? 0) + 1);
	}
}
