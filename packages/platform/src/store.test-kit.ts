import { utf8 } from "@sotto/bytes";
import type { Store } from "@sotto/client";
import { expect, test } from "vitest";

/** What every store must do, whatever it stands on. `open` opens the same profile again after `close`. */
export function testStore(name: string, open: (profile: string) => Promise<Store>): void {
	const fresh = () => `store-${crypto.randomUUID()}`;
	const put = (key: string, text: string) => ({ op: "put", key, value: utf8(text) }) as const;
	const texts = async (store: Store, range: Parameters<Store["list"]>[0]) => {
		const listed = await store.list(range);
		if (!listed.ok) throw new Error(listed.error.kind);
		return listed.value.map(({ key, value }) => `${key}=${new TextDecoder().decode(value)}`);
	};

	test(`${name}: what was written is read back, also after closing and opening again`, async () => {
		const profile = fresh();
		const first = await open(profile);
		expect(await first.write([put("a", "one"), put("b", "two")])).toEqual({ ok: true, value: undefined });
		expect(await first.get("a")).toEqual({ ok: true, value: utf8("one") });
		await first.close();
		const second = await open(profile);
		expect(await second.get("b")).toEqual({ ok: true, value: utf8("two") });
		expect(await second.get("c")).toEqual({ ok: true, value: undefined });
		await second.close();
	});

	test(`${name}: a list is in key order, half open, bounded, and may run backwards`, async () => {
		const store = await open(fresh());
		const keys = ["b/2", "b/10", "a", "b/", "c", "b/~", "B"];
		await store.write(keys.map((key) => put(key, "x")));
		const all = { from: "b/", to: "b0" };
		expect(await texts(store, all)).toEqual(["b/=x", "b/10=x", "b/2=x", "b/~=x"]);
		expect(await texts(store, { ...all, reverse: true, limit: 2 })).toEqual(["b/~=x", "b/2=x"]);
		expect(await texts(store, { ...all, limit: 1 })).toEqual(["b/=x"]);
		expect(await texts(store, { from: "a", to: "b" })).toEqual(["a=x"]);
		expect(await texts(store, { from: "b", to: "a" })).toEqual([]);
		expect(await texts(store, { ...all, limit: 0 })).toEqual([]);
		await store.close();
	});

	test(`${name}: the last operation on a key in a batch wins, and a batch may put and delete`, async () => {
		const store = await open(fresh());
		await store.write([put("k", "old"), put("gone", "x")]);
		await store.write([put("k", "new"), { op: "delete", key: "gone" }, put("again", "1"), put("again", "2")]);
		expect(await texts(store, { from: " ", to: "~" })).toEqual(["again=2", "k=new"]);
		await store.close();
	});

	test(`${name}: writes that were started in an order end in that order`, async () => {
		const store = await open(fresh());
		await Promise.all(Array.from({ length: 50 }, (_, i) => store.write([put("counter", `${i}`)])));
		expect(await store.get("counter")).toEqual({ ok: true, value: utf8("49") });
		await store.close();
	});

	test(`${name}: values of any bytes come back as they were, the empty one and a megabyte too`, async () => {
		const store = await open(fresh());
		const large = crypto.getRandomValues(new Uint8Array(65_536));
		const megabyte = new Uint8Array(1 << 20).fill(7);
		await store.write([
			{ op: "put", key: "empty", value: new Uint8Array() },
			{ op: "put", key: "large", value: large },
			{ op: "put", key: "megabyte", value: megabyte },
		]);
		expect(await store.get("empty")).toEqual({ ok: true, value: new Uint8Array() });
		expect(await store.get("large")).toEqual({ ok: true, value: large });
		expect(await store.get("megabyte")).toEqual({ ok: true, value: megabyte });
		await store.close();
	});

	test(`${name}: two profiles do not see each other`, async () => {
		const one = await open(fresh());
		const two = await open(fresh());
		await one.write([put("a", "one")]);
		expect(await two.get("a")).toEqual({ ok: true, value: undefined });
		await one.close();
		await two.close();
	});

	test(`${name}: after closing, every use is refused as unavailable`, async () => {
		const store = await open(fresh());
		await store.close();
		expect(await store.get("a")).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
		expect(await store.list({ from: "a", to: "b" })).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
		expect(await store.write([put("a", "b")])).toEqual({ ok: false, error: { kind: "storageUnavailable" } });
	});

	test(`${name}: a key that would not sort alike everywhere is a bug`, async () => {
		const store = await open(fresh());
		await expect(store.write([put("é", "x")])).rejects.toThrow("store key");
		await expect(store.get("")).rejects.toThrow("store key");
		await store.close();
	});
}
