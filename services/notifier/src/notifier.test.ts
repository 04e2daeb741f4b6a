import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRequest, notifierKeyRoute, parseRefusal, parseResponse, ringFlags } from "@sotto/api";
import { type Bytes, encodeCbor } from "@sotto/bytes";
import { generateHpkeKeyPair, randomBytes, sealRingAddress } from "@sotto/crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { closeCodes } from "./attach-socket.ts";
import { attachDevice, connectDevice, newWaker, openTestNotifier } from "./notifier.test-kit.ts";
import { openNotifierKey } from "./notifier-key.ts";

function codeOf(answer: { status: number; body: Bytes }): string | undefined {
	const refusal = parseRefusal(answer.body);
	return refusal.ok ? refusal.value.code : undefined;
}

describe("R1 a ring reaches the device behind a sealed address", () => {
	test("R1 hint and urgency arrive as they were sent", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const device = await attachDevice(notifier, waker.wakeCap);
		const hint = randomBytes(64);
		expect((await notifier.ring(await waker.address(), "call", hint)).status).toBe(200);
		expect(await device.next()).toEqual({ type: "ring", hint, urgency: "call" });
	});

	test("R1 the answer is the same whether the device is attached, away, denying, or has never been", async () => {
		const notifier = await openTestNotifier();
		const [attached, denying, unknown] = [newWaker(notifier), newWaker(notifier), newWaker(notifier)];
		const tag = randomBytes(16);
		await attachDevice(notifier, attached.wakeCap);
		await attachDevice(notifier, denying.wakeCap, [tag]);
		const answers = [
			await notifier.ring(await attached.address()),
			await notifier.ring(await denying.address(ringFlags.none, tag)),
			await notifier.ring(await unknown.address()),
		];
		expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
	});

	test("R1 an address sealed to another notifier, altered, or with unknown flags is refused", async () => {
		const notifier = await openTestNotifier();
		const stranger = await generateHpkeKeyPair("X25519");
		const foreign = await sealRingAddress(stranger.publicKey, {
			wakeId: randomBytes(32),
			tag: randomBytes(16),
			flags: 0,
		});
		const altered = await newWaker(notifier).address();
		altered[90] = (altered[90] as number) ^ 1;
		if (!foreign.ok) throw new Error(foreign.error);
		for (const address of [
			foreign.value,
			altered,
			randomBytes(97),
			randomBytes(80),
			await newWaker(notifier).address(2),
		])
			expect(codeOf(await notifier.ring(address))).toBe("badAddress");
	});

	test("P2 an address that stands in a profile never rings as a call", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const device = await attachDevice(notifier, waker.wakeCap);
		const address = await waker.address(ringFlags.fromProfile);
		expect(codeOf(await notifier.ring(address, "call"))).toBe("badAddress");
		expect((await notifier.ring(address, "message")).status).toBe(200);
		expect(await device.next()).toMatchObject({ type: "ring", urgency: "message" });
	});

	test("R1 knowing an address is no way to attach as its device", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const address = await waker.address();
		const thief = await attachDevice(notifier, address.slice(0, 32));
		await notifier.ring(address);
		thief.send({ type: "ping" });
		expect(await thief.next()).toEqual({ type: "pong" });
	});

	test("the key that addresses are sealed to is told to everybody", async () => {
		const { notifier, keyPair } = await openTestNotifier();
		const response = await notifier.app.request(notifierKeyRoute.path, {
			method: "POST",
			body: encodeRequest(notifierKeyRoute, {}),
			headers: { "content-type": "application/cbor" },
		});
		const answer = parseResponse(notifierKeyRoute, new Uint8Array(await response.arrayBuffer()));
		expect(answer).toEqual({ ok: true, value: { publicKey: keyPair.publicKey } });
	});
});

describe("a device denies addresses", () => {
	test("R1 a denied tag no longer rings, at attaching or later; other tags do", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const [first, second, third] = [randomBytes(16), randomBytes(16), randomBytes(16)];
		const device = await attachDevice(notifier, waker.wakeCap, [first]);
		const ring = async (tag: Bytes, mark: number) =>
			notifier.ring(await waker.address(ringFlags.none, tag), "message", new Uint8Array(64).fill(mark));
		await ring(first, 1);
		await ring(second, 2);
		expect(await device.next()).toMatchObject({ hint: new Uint8Array(64).fill(2) });
		device.send({ type: "deny", denied: [second] });
		device.send({ type: "ping" });
		expect(await device.next()).toEqual({ type: "pong" });
		await ring(second, 3);
		await ring(first, 4);
		expect(await device.next()).toMatchObject({ hint: new Uint8Array(64).fill(4) });
		await ring(third, 5);
		expect(await device.next()).toMatchObject({ hint: new Uint8Array(64).fill(5) });
	});

	test("what a denied address rang while the device was away is not delivered when it returns", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const tag = randomBytes(16);
		await notifier.ring(await waker.address(ringFlags.none, tag));
		const device = await attachDevice(notifier, waker.wakeCap, [tag]);
		device.send({ type: "ping" });
		expect(await device.next()).toEqual({ type: "pong" });
	});
});

describe("a device that is briefly away", () => {
	test("R3 rings of the last two minutes follow when it attaches; older ones do not", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const address = await waker.address();
		await notifier.ring(address, "call", new Uint8Array(64).fill(1));
		notifier.clock.advance(60_000);
		await notifier.ring(address, "message", new Uint8Array(64).fill(2));
		notifier.clock.advance(61_000);
		const device = await attachDevice(notifier, waker.wakeCap);
		expect(await device.next()).toMatchObject({ type: "ring", hint: new Uint8Array(64).fill(2) });
		device.send({ type: "ping" });
		expect(await device.next()).toEqual({ type: "pong" });
	});

	test("a ring that went into a dead connection is rung again when the device attaches anew", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const dead = await attachDevice(notifier, waker.wakeCap, [], { autoPong: false });
		const hint = randomBytes(64);
		await notifier.ring(await waker.address(), "call", hint);
		await dead.next();
		const device = await attachDevice(notifier, waker.wakeCap);
		expect(await device.next()).toEqual({ type: "ring", hint, urgency: "call" });
	});

	test("a ring whose arrival was confirmed is not rung twice", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const device = await attachDevice(notifier, waker.wakeCap);
		await notifier.ring(await waker.address());
		await device.next();
		// The pong of the first connection travels before this answer.
		device.send({ type: "ping" });
		expect(await device.next()).toEqual({ type: "pong" });
		device.socket.close();
		const again = await attachDevice(notifier, waker.wakeCap);
		again.send({ type: "ping" });
		expect(await again.next()).toEqual({ type: "pong" });
	});

	test("what waits is bounded: the last 32 rings, and nothing is left after two minutes", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		for (let i = 0; i < 40; i++) await notifier.ring(await waker.address(), "message", new Uint8Array(64).fill(i));
		expect(notifier.notifier.count()).toEqual({ attached: 0, awaited: 1 });
		const device = await attachDevice(notifier, waker.wakeCap);
		for (let i = 8; i < 40; i++) expect(await device.next()).toMatchObject({ hint: new Uint8Array(64).fill(i) });
		await notifier.ring(await newWaker(notifier).address());
		notifier.clock.advance(130_000);
		expect(notifier.notifier.count().awaited).toBe(0);
	});
});

describe("lines", () => {
	test("of several connections of one device the newest wins, and the older one is told why", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const older = await attachDevice(notifier, waker.wakeCap);
		const newer = await attachDevice(notifier, waker.wakeCap);
		expect(await older.closed).toBe(closeCodes.replaced);
		await notifier.ring(await waker.address());
		expect(await newer.next()).toMatchObject({ type: "ring" });
		expect(notifier.notifier.count().attached).toBe(1);
	});

	test("a client that pings stays; one that says nothing for a minute is closed", async () => {
		const notifier = await openTestNotifier();
		const [talking, silent] = [newWaker(notifier), newWaker(notifier)];
		const one = await attachDevice(notifier, talking.wakeCap);
		const other = await attachDevice(notifier, silent.wakeCap);
		for (let i = 0; i < 4; i++) {
			notifier.clock.advance(20_000);
			one.send({ type: "ping" });
			expect(await one.next()).toEqual({ type: "pong" });
		}
		expect(await other.closed).toBe(closeCodes.idle);
		expect(notifier.notifier.count().attached).toBe(1);
	});

	test("a connection that does not attach within ten seconds is closed", async () => {
		const notifier = await openTestNotifier();
		const device = await connectDevice(notifier.url);
		notifier.clock.advance(20_000);
		expect(await device.closed).toBe(closeCodes.idle);
	});

	test("frames that are none of ours are refused by code, and the connection ends", async () => {
		const notifier = await openTestNotifier();
		const frames = [
			new Uint8Array([255]),
			encodeCbor({ type: "ping" }),
			encodeCbor({ type: "deny", denied: [] }),
			encodeCbor({ type: "unknown" }),
			encodeCbor({ type: "attach", wakeCap: new Uint8Array(31), denied: [] }),
			encodeCbor({ type: "attach", wakeCap: new Uint8Array(32), denied: [new Uint8Array(15)] }),
			"text",
		];
		for (const frame of frames) {
			const device = await connectDevice(notifier.url);
			device.socket.send(frame);
			expect(await device.next()).toEqual({ type: "refused", code: "malformed" });
			expect(await device.closed).toBe(closeCodes.refused);
		}
		const large = await connectDevice(notifier.url);
		large.socket.send(new Uint8Array(5000));
		expect(await large.closed).toBe(1009);
		expect(notifier.notifier.count().attached).toBe(0);
	});

	test("attaching twice, and talking too much, ends the connection", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const twice = await attachDevice(notifier, waker.wakeCap);
		twice.send({ type: "attach", wakeCap: waker.wakeCap, denied: [] });
		expect(await twice.next()).toEqual({ type: "refused", code: "malformed" });
		const loud = await attachDevice(notifier, waker.wakeCap);
		for (let i = 0; i < 25; i++) loud.send({ type: "ping" });
		let last = await loud.next();
		while (last.type === "pong") last = await loud.next();
		expect(last).toEqual({ type: "refused", code: "tooManyRequests" });
	});
});

describe("rate limits", () => {
	test("one address rings so often and no oftener; another address of the device still does; time brings it back", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const [busy, other] = [await waker.address(), await waker.address()];
		const codes = [];
		for (let i = 0; i < 61; i++) codes.push(codeOf(await notifier.ring(busy)));
		expect(codes.filter((code) => code === undefined)).toHaveLength(60);
		expect(codes.at(-1)).toBe("tooManyRequests");
		expect((await notifier.ring(other)).status).toBe(200);
		notifier.clock.advance(1_000);
		expect((await notifier.ring(busy)).status).toBe(200);
	});

	test("calls cost more than messages, and an address from a profile is held shortest", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		const count = async (address: Bytes, urgency: "call" | "message") => {
			let rung = 0;
			while ((await notifier.ring(address, urgency)).status === 200) rung++;
			return rung;
		};
		expect(await count(await waker.address(), "call")).toBe(12);
		expect(await count(await waker.address(ringFlags.fromProfile), "message")).toBe(10);
	});

	test("many addresses together cannot keep one device awake", async () => {
		const notifier = await openTestNotifier();
		const waker = newWaker(notifier);
		let rung = 0;
		for (let holder = 0; holder < 6; holder++) {
			const address = await waker.address();
			for (let i = 0; i < 55; i++) if ((await notifier.ring(address)).status === 200) rung++;
		}
		expect(rung).toBe(240);
		expect((await notifier.ring(await newWaker(notifier).address())).status).toBe(200);
	});
});

describe("the notifier's key", () => {
	function temporaryFolder(): string {
		const folder = mkdtempSync(join(tmpdir(), "sotto-test-"));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		return folder;
	}

	test("it is made once, readable by its owner alone, and the same after a restart", async () => {
		const folder = join(temporaryFolder(), "data");
		const first = await openNotifierKey(folder);
		const second = await openNotifierKey(folder);
		expect(second.publicKey).toEqual(first.publicKey);
		expect(first.privateKey.use((a) => second.privateKey.use((b) => Buffer.compare(a, b)))).toBe(0);
		expect(statSync(join(folder, "notifier-key")).mode & 0o777).toBe(0o600);
	});

	test("a damaged key is not silently replaced by another", async () => {
		const folder = temporaryFolder();
		await openNotifierKey(folder);
		const path = join(folder, "notifier-key");
		writeFileSync(path, readFileSync(path).subarray(1));
		await expect(openNotifierKey(folder)).rejects.toThrow("damaged");
	});
});

test("nothing that happens to devices is logged", async () => {
	const notifier = await openTestNotifier();
	const waker = newWaker(notifier);
	const device = await attachDevice(notifier, waker.wakeCap);
	await notifier.ring(await waker.address());
	await device.next();
	await notifier.ring(randomBytes(97));
	expect(notifier.lines).toEqual([]);
});
