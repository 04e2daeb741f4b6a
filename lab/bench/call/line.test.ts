import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import { seeded } from "../../seeded.ts";
import { clearLine, Line, type LineState } from "./line.ts";
import { openUdpProxy } from "./udp-proxy.ts";

function begun(state: Partial<LineState>, seed = 1): Line {
	const line = new Line([{ fromMs: 0, state: { ...clearLine, ...state } }], seeded(seed));
	line.begin(0);
	return line;
}

test("a line loses the share that it is told, the same packets for the same seed", () => {
	const lost = (seed: number) => {
		const line = begun({ loss: 0.1 }, seed);
		return Array.from({ length: 5_000 }, (_, k) => (line.take(200, k) === undefined ? k : -1)).filter((k) => k >= 0);
	};
	expect(lost(1).length / 5_000).toBeCloseTo(0.1, 1);
	expect(lost(1)).toEqual(lost(1));
	expect(lost(1)).not.toEqual(lost(2));
});

test("delay and jitter are kept, and nothing overtakes", () => {
	const line = begun({ delayMs: 50, jitterMs: 30 });
	const out = Array.from({ length: 500 }, (_, k) => line.take(200, k * 20) as number);
	expect(out.every((at, k) => at >= k * 20 + 50 && at <= k * 20 + 80 && at >= (out[k - 1] ?? 0))).toBe(true);
	expect(Math.max(...out.map((at, k) => at - k * 20))).toBeGreaterThan(75);
});

test("what goes through a bottleneck takes its time, and what would wait too long is dropped", () => {
	const line = begun({ bitsPerSecond: 100_000, queueMs: 200 });
	// 10 packets of 1,250 bytes with their headers are one second of it, and come at once.
	const out = Array.from({ length: 10 }, () => line.take(1_222, 0)).filter((at) => at !== undefined);
	expect(out).toEqual([100, 200, 300]);
	expect(line.counts).toEqual({ passed: 3, lost: 0, overflowed: 7 });
	expect(line.take(1_222, 1_000)).toBe(1_100);
});

test("a line is clear until it begins, and changes when its plan says so", () => {
	const slow = { ...clearLine, delayMs: 100 };
	const line = new Line(
		[
			{ fromMs: 0, state: slow },
			{ fromMs: 5_000, state: clearLine },
		],
		seeded(1),
	);
	expect(line.take(100, 1_000)).toBe(1_000);
	line.begin(2_000);
	expect(line.take(100, 2_000)).toBe(2_100);
	expect(line.take(100, 6_999)).toBe(7_099);
	expect(line.take(100, 7_200)).toBe(7_200);
});

test("packets go through the proxy both ways, in their order and after their delay", async () => {
	const [server, client] = [createSocket("udp4"), createSocket("udp4")];
	await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
	server.on("message", (packet, from) => server.send(packet, from.port, from.address));
	const [up, down] = [begun({ delayMs: 40 }), begun({ delayMs: 40 })];
	for (const line of [up, down]) line.begin(performance.now());
	const proxy = await openUdpProxy(server.address(), up, down);
	const sentAt = performance.now();
	const answers: string[] = [];
	const all = new Promise<void>((resolve) => {
		client.on("message", (packet) => {
			answers.push(packet.toString());
			if (answers.length === 3) resolve();
		});
	});
	for (const word of ["one", "two", "three"]) client.send(word, proxy.port, "127.0.0.1");
	await all;
	expect(answers).toEqual(["one", "two", "three"]);
	expect(performance.now() - sentAt).toBeGreaterThanOrEqual(79);
	proxy.close();
	for (const socket of [server, client]) socket.close();
});
