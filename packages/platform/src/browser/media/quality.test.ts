import { describe, expect, test } from "vitest";
import { isDeaf, isUnprotected, madeUpOf, readFlow } from "./quality.ts";
import { askingForSound, sdpFingerprint, withoutCandidates } from "./sdp.ts";

const inbound = (packetsReceived: number, packetsLost: number) => ({
	type: "inbound-rtp",
	kind: "audio",
	mid: "a0",
	packetsReceived,
	packetsLost,
});
const outbound = (mid: string, bytesSent: number) => ({
	type: "outbound-rtp",
	kind: "audio",
	mid,
	bytesSent,
	packetsSent: bytesSent / 192,
});

describe("how well a line is", () => {
	const sound = (totalSamplesReceived: number, concealedSamples: number, silentConcealedSamples = 0) => ({
		...inbound(1_000, 0),
		totalSamplesReceived,
		concealedSamples,
		silentConcealedSamples,
	});

	test("is read at the decoder: what it made up of the last moment, without what it made up for silence", () => {
		const start = readFlow([sound(480_000, 96_000, 48_000)], 0);
		expect(madeUpOf(start, readFlow([sound(528_000, 100_800, 48_000)], 1_000), "a0")).toBeCloseTo(0.1);
		expect(madeUpOf(start, readFlow([sound(528_000, 100_800, 52_800)], 1_000), "a0")).toBe(0);
		expect(madeUpOf(start, start, "a0")).toBeUndefined();
		expect(madeUpOf(start, readFlow([sound(528_000, 100_800)], 1_000), "a1")).toBeUndefined();
	});

	test("and of one's own sound as the room reports it", () => {
		const report = (kind: string) => ({ type: "remote-inbound-rtp", kind, fractionLost: 0.2 });
		expect(readFlow([report("audio")], 0).sentLoss).toBe(0.2);
		expect(readFlow([report("video")], 0).sentLoss).toBeUndefined();
	});

	test("what is missing in a report says nothing", () => {
		const flow = readFlow([{ type: "inbound-rtp" }, { type: "outbound-rtp", bytesSent: "many" }, {}], 0);
		expect(flow).toMatchObject({ packetsReceived: 0, bytesSent: 0, roundTripMs: undefined, sentLoss: undefined });
	});
});

test("a path over which nothing comes is deaf; one that is not counted, or not chosen, says nothing", () => {
	const path = (bytesReceived: unknown, nominated = true) =>
		readFlow([{ type: "candidate-pair", nominated, bytesReceived }], 0);
	expect(isDeaf(path(500), path(500))).toBe(true);
	expect(isDeaf(path(500), path(501))).toBe(false);
	expect(isDeaf(path(undefined), path(undefined))).toBe(false);
	expect(isDeaf(path(500, false), path(500, false))).toBe(false);
});

describe("the check that frames pass through the worker", () => {
	test("bites when a stream is sent of which nothing was sealed", () => {
		const flow = readFlow([outbound("ua", 20_000), outbound("uv", 0)], 0);
		expect(isUnprotected(flow, ["ua", "uv"], [0, 0, 0])).toBe(true);
		expect(isUnprotected(flow, ["ua", "uv"], [0, 50, 0])).toBe(true);
		expect(isUnprotected(flow, ["ua", "uv"], [104, 0, 0])).toBe(false);
	});

	test("does not bite before anything was sent", () => {
		expect(isUnprotected(readFlow([outbound("ua", 192)], 0), ["ua", "uv"], [0, 0, 0])).toBe(false);
	});
});

describe("what an answer says", () => {
	const print = Array.from({ length: 32 }, (_, k) => k.toString(16).padStart(2, "0").toUpperCase()).join(":");

	test("its fingerprint is read, and nothing is made of another one", () => {
		const read = sdpFingerprint(`v=0\r\na=fingerprint:sha-256 ${print}\r\n`);
		expect(read.ok && [...read.value]).toEqual(Array.from({ length: 32 }, (_, k) => k));
		expect(sdpFingerprint("v=0\r\na=fingerprint:sha-1 00:11\r\n").ok).toBe(false);
		expect(sdpFingerprint(`v=0\r\na=fingerprint:sha-256 ${print.slice(3)}\r\n`).ok).toBe(false);
	});

	test("lost sound is asked for on every line of Opus, and nothing else is changed", () => {
		const opus = "a=rtpmap:111 opus/48000/2\r\n";
		const picture = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP9/90000\r\n";
		const head = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:ua\r\n";
		const asked = `${opus}a=rtcp-fb:111 nack\r\n`;
		expect(askingForSound(head + opus + picture + head + opus)).toBe(head + asked + picture + head + asked);
		expect(askingForSound(head + asked)).toBe(head + asked);
	});

	test("our own addresses are left out", () => {
		const sdp = "v=0\r\na=candidate:1 1 UDP 1 192.0.2.7 9 typ host\r\na=mid:ua\r\na=end-of-candidates\r\n";
		expect(withoutCandidates(sdp)).toBe("v=0\r\na=mid:ua\r\n");
	});
});
