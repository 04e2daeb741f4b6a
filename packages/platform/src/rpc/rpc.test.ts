import { MessageChannel, type MessagePort } from "node:worker_threads";
import { ok } from "@sotto/bytes";
import type { ClientEvent, SottoClient } from "@sotto/client";
import { afterEach, expect, test } from "vitest";
import type { Channel } from "./channel.ts";
import { rpcVersion } from "./messages.ts";
import { createRemoteClient } from "./remote-client.ts";
import { serveClient } from "./serve.ts";
import { createStillClient } from "./still-client.ts";
import { createSwitchboard } from "./switchboard.ts";

const ports: MessagePort[] = [];
afterEach(() => {
	for (const port of ports.splice(0)) port.close();
});

function channelOver(port: MessagePort): Channel {
	ports.push(port);
	return {
		send: (message) => port.postMessage(message),
		listen: (received) => void port.on("message", received),
		onLost: (lost) => void port.once("close", lost),
		close: () => port.close(),
	};
}

function pair() {
	const { port1, port2 } = new MessageChannel();
	return { near: channelOver(port1), far: channelOver(port2), raw: port1 };
}

/** An engine of which a test says the few methods that it uses. */
function engine(methods: Partial<SottoClient> = {}) {
	const listeners = new Set<(event: ClientEvent) => void>();
	const client: SottoClient = {
		...createStillClient({ phase: "noAccount" }),
		onEvent: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		...methods,
	};
	return { client, listeners, tell: (event: ClientEvent) => listeners.forEach((listener) => listener(event)) };
}

const ledgerEvent: ClientEvent = { kind: "ledger", entries: [] };

test("a call reaches the engine with its arguments, and its answer comes back", async () => {
	const heard: unknown[] = [];
	const { client } = engine({
		sendMessage: async (...args) => {
			heard.push(args);
			return ok({ item: "i1" });
		},
	});
	const { near, far } = pair();
	serveClient(client, far);
	const remote = createRemoteClient(near);
	expect(await remote.greeted).toBe("ready");
	expect(await remote.sendMessage("c1", "hello")).toEqual({ ok: true, value: { item: "i1" } });
	expect(heard).toEqual([["c1", "hello"]]);
	expect(await remote.view()).toEqual({ phase: "noAccount" });
});

test("bytes and keys that cannot be extracted pass to the page", async () => {
	const { privateKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
	const media = { call: "k", roomId: new Uint8Array([1, 2]), joinKey: privateKey } as never;
	const { near, far } = pair();
	serveClient(engine({ callMedia: async () => ok(media) }).client, far);
	const answer = await createRemoteClient(near).callMedia("k");
	if (!answer.ok) throw new Error(answer.error.kind);
	expect(answer.value.roomId).toEqual(new Uint8Array([1, 2]));
	expect(answer.value.joinKey.extractable).toBe(false);
	await crypto.subtle.sign("Ed25519", answer.value.joinKey as never, new Uint8Array(1));
});

test("an event reaches every page, until that page is gone", async () => {
	const { client, listeners, tell } = engine();
	const [one, two] = [pair(), pair()];
	serveClient(client, one.far);
	serveClient(client, two.far);
	const heard: string[] = [];
	const first = createRemoteClient(one.near);
	const second = createRemoteClient(two.near);
	first.onEvent(() => heard.push("one"));
	second.onEvent(() => heard.push("two"));
	tell(ledgerEvent);
	await expect.poll(() => heard.toSorted()).toEqual(["one", "two"]);
	await first.close();
	await expect.poll(() => listeners.size).toBe(1);
	tell(ledgerEvent);
	await expect.poll(() => heard.toSorted()).toEqual(["one", "two", "two"]);
});

test("a fault of the engine is a fault at the caller, and the engine is asked on", async () => {
	const { near, far } = pair();
	const faulty = engine({
		rename: async () => {
			throw new Error("invariant broken: a name has an owner");
		},
	});
	serveClient(faulty.client, far);
	const remote = createRemoteClient(near);
	await expect(remote.rename("Ada")).rejects.toThrow("a name has an owner");
	expect(await remote.view()).toEqual({ phase: "noAccount" });
});

test("when the engine is lost, commands say so, questions get nothing, and nothing waits for ever", async () => {
	const { near, far } = pair();
	const never = engine({ sync: () => new Promise(() => undefined), view: () => new Promise(() => undefined) });
	serveClient(never.client, far);
	const remote = createRemoteClient(near);
	await remote.greeted;
	const waiting = Promise.all([remote.sync(), remote.view()]);
	far.close();
	expect(await waiting).toEqual([{ ok: false, error: { kind: "notReady" } }, { phase: "loading" }]);
	expect(await remote.sendMessage("c", "x")).toEqual({ ok: false, error: { kind: "notReady" } });
	expect(await remote.history("c")).toEqual({ items: [], older: undefined });
	expect(await remote.ledger(10)).toEqual([]);
});

test("only the methods of the contract can be called, and a page cannot stop the engine", async () => {
	let closed = false;
	const { client } = engine({
		close: async () => {
			closed = true;
		},
	});
	const { near, far, raw } = pair();
	serveClient(client, far);
	const answers: unknown[] = [];
	raw.on("message", (message) => answers.push(message));
	const nonsense = [null, 7, "view", {}, { type: "call" }, { type: "call", id: 1, method: "view" }];
	const forbidden = ["close", "onEvent", "constructor", "__proto__", "toString"];
	for (const message of nonsense) near.send(message);
	for (const method of forbidden) near.send({ type: "call", id: 2, method, args: [] });
	near.send({ type: "call", id: 3, method: "view", args: [] });
	await expect.poll(() => answers.length).toBeGreaterThan(1);
	expect(answers).toEqual([
		{ type: "hello", version: rpcVersion },
		{ type: "answer", id: 3, value: { phase: "noAccount" } },
	]);
	expect(closed).toBe(false);
});

test("an engine of another version is told apart", async () => {
	const { near, far } = pair();
	far.send({ type: "hello", version: rpcVersion + 1 });
	expect(await createRemoteClient(near).greeted).toBe("otherVersion");
});

test("signals of a page reach the engine's side", async () => {
	const signals: string[] = [];
	const { near, far } = pair();
	serveClient(engine().client, far, (signal) => signals.push(signal));
	const remote = createRemoteClient(near);
	remote.signal("resumed");
	near.send({ type: "signal", signal: "shutdown" });
	remote.signal("offline");
	await expect.poll(() => signals).toEqual(["resumed", "offline"]);
});

test("a switchboard says loading and lets commands wait until there is an engine, then passes it on", async () => {
	const board = createSwitchboard();
	const heard: ClientEvent[] = [];
	board.client.onEvent((event) => heard.push(event));
	expect(await board.client.view()).toEqual({ phase: "loading" });
	const waiting = board.client.sync();
	const { client, tell } = engine({ sync: async () => ok() });
	board.connect(client);
	expect(await waiting).toEqual({ ok: true, value: undefined });
	await expect.poll(() => heard).toEqual([{ kind: "view", view: { phase: "noAccount" } }]);
	tell(ledgerEvent);
	expect(heard.at(-1)).toEqual(ledgerEvent);
});

test("when another engine takes over, its view is told and the old one is heard no more", async () => {
	const board = createSwitchboard();
	const heard: ClientEvent[] = [];
	board.client.onEvent((event) => heard.push(event));
	const [before, after] = [engine(), engine({ view: async () => ({ phase: "locked" }) })];
	board.connect(before.client);
	board.connect(after.client);
	await expect.poll(() => heard).toEqual([{ kind: "view", view: { phase: "locked" } }]);
	before.tell(ledgerEvent);
	expect(heard.length).toBe(1);
	expect(before.listeners.size).toBe(0);
});
