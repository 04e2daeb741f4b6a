import { utf8 } from "@sotto/bytes";
import { expect, test } from "vitest";
import { testStore } from "../store.test-kit.ts";
import { openBrowserStore } from "./store.ts";

async function open(profile: string) {
	const opened = await openBrowserStore(profile);
	if (!opened.ok) throw new Error(opened.error.kind);
	return opened.value;
}

testStore("IndexedDB", open);

const fresh = () => `store-${crypto.randomUUID()}`;

/** The raw database, as a thief of the disk would have it. */
async function withRaw<T>(name: string, work: (database: IDBDatabase) => IDBRequest<T>): Promise<T> {
	const database = await settled(indexedDB.open(name));
	try {
		return await settled(work(database));
	} finally {
		database.close();
	}
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

test("no value stands in the database as it is, and the sealing key cannot be read out", async () => {
	const name = fresh();
	const store = await open(name);
	const secret = "the garden gate at eight";
	await store.write([{ op: "put", key: "history/1", value: utf8(secret) }]);
	await store.close();
	const raw = await withRaw<Uint8Array>(name, (database) =>
		database.transaction("entries").objectStore("entries").get("history/1"),
	);
	expect(new TextDecoder().decode(raw)).not.toContain("garden");
	const key = await withRaw<CryptoKey>(name, (database) =>
		database.transaction("keys").objectStore("keys").get("entries"),
	);
	expect(key.extractable).toBe(false);
	await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
});

test("a value that was moved to another key does not open", async () => {
	const name = fresh();
	const store = await open(name);
	await store.write([{ op: "put", key: "a", value: utf8("for a") }]);
	await store.close();
	const sealed = await withRaw<Uint8Array>(name, (database) =>
		database.transaction("entries").objectStore("entries").get("a"),
	);
	await withRaw(name, (database) =>
		database.transaction("entries", "readwrite").objectStore("entries").put(sealed, "b"),
	);
	const again = await open(name);
	expect(await again.get("a")).toEqual({ ok: true, value: utf8("for a") });
	expect(await again.get("b")).toEqual({ ok: true, value: new Uint8Array() });
	await again.close();
});

test("entries whose sealing key is gone are told as unavailable, not covered with a new key", async () => {
	const name = fresh();
	const store = await open(name);
	await store.write([{ op: "put", key: "a", value: utf8("x") }]);
	await store.close();
	await withRaw(name, (database) => database.transaction("keys", "readwrite").objectStore("keys").delete("entries"));
	expect(await openBrowserStore(name)).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
});

test("when the browser takes the database away, the store says so", async () => {
	const name = fresh();
	const lost = Promise.withResolvers<void>();
	const opened = await openBrowserStore(name, lost.resolve);
	if (!opened.ok) throw new Error(opened.error.kind);
	indexedDB.deleteDatabase(name);
	await lost.promise;
	expect(await opened.value.get("a")).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
});

test("a write is done in the strict sense: its transaction asks for durability", async () => {
	const asked: (string | undefined)[] = [];
	const prototype = IDBDatabase.prototype as { transaction: (...args: unknown[]) => unknown };
	const descriptor = Object.getOwnPropertyDescriptor(prototype, "transaction") as PropertyDescriptor;
	prototype.transaction = function (this: IDBDatabase, ...args: unknown[]) {
		if (args[1] === "readwrite") asked.push((args[2] as IDBTransactionOptions | undefined)?.durability);
		return Reflect.apply(descriptor.value as () => unknown, this, args as []);
	};
	try {
		const store = await open(fresh());
		await store.write([{ op: "put", key: "a", value: utf8("x") }]);
		await store.close();
	} finally {
		Object.defineProperty(prototype, "transaction", descriptor);
	}
	expect(asked).toEqual(["strict", "strict"]);
});
