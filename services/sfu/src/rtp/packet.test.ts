import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRtpView, isRtcp, readRtp, sequenceDistance, writeRtpHeader } from "./packet.ts";
import { rtpPacket } from "./rtp.test-kit.ts";

describe("reading RTP", () => {
	test("finds header, extension and payload of what a browser sends", () => {
		const view = createRtpView();
		const packet = rtpPacket({
			payloadType: 96,
			sequence: 65_535,
			timestamp: 7,
			ssrc: 0xfedcba98,
			marker: true,
			transportSequence: 513,
			rid: "h",
		});
		expect(readRtp(packet, view)).toBe(true);
		expect(view).toEqual({
			payloadType: 96,
			marker: true,
			sequence: 65_535,
			timestamp: 7,
			ssrc: 0xfedcba98,
			payloadOffset: 24,
			payloadEnd: 28,
			transportSequence: 513,
			rid: "h".charCodeAt(0),
			repairedRid: -1,
		});
	});

	test("a view says nothing of the packet before", () => {
		const view = createRtpView();
		readRtp(rtpPacket({ payloadType: 96, sequence: 1, transportSequence: 9, rid: "l", repairedRid: "m" }), view);
		expect(view).toMatchObject({ transportSequence: 9, rid: 108, repairedRid: 109 });
		readRtp(rtpPacket({ payloadType: 96, sequence: 2 }), view);
		expect(view).toMatchObject({ transportSequence: -1, rid: -1, repairedRid: -1 });
	});

	test("leaves padding out, and refuses padding that is longer than the packet", () => {
		const view = createRtpView();
		const padded = Buffer.concat([rtpPacket({ payloadType: 96, sequence: 1 }), Buffer.from([0, 0, 3])]);
		padded[0] = 0xa0;
		expect(readRtp(padded, view)).toBe(true);
		expect(view.payloadEnd).toBe(16);
		padded[padded.length - 1] = 200;
		expect(readRtp(padded, view)).toBe(false);
	});

	test("any bytes are read or refused, and a reading stays inside the packet", () => {
		const view = createRtpView();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
				if (bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] as number) & 0x3f);
				if (!readRtp(bytes, view)) return;
				expect(view.payloadOffset).toBeGreaterThanOrEqual(12);
				expect(view.payloadEnd).toBeGreaterThanOrEqual(view.payloadOffset);
				expect(view.payloadEnd).toBeLessThanOrEqual(bytes.length);
			}),
			{ numRuns: 2_000 },
		);
	});

	test("a header that was written is read back", () => {
		const view = createRtpView();
		fc.assert(
			fc.property(fc.boolean(), fc.nat(127), fc.nat(0xffff), fc.nat(0xffffffff), fc.nat(0xffffffff), (...fields) => {
				const packet = new Uint8Array(12);
				writeRtpHeader(packet, 0, ...fields);
				expect(readRtp(packet, view)).toBe(true);
				expect([view.marker, view.payloadType, view.sequence, view.timestamp, view.ssrc]).toEqual(fields);
			}),
		);
	});
});

test("RTCP is told from RTP by its second byte, whatever the marker", () => {
	expect(isRtcp(Buffer.from([0x80, 200]))).toBe(true);
	expect(isRtcp(Buffer.from([0x8f, 205]))).toBe(true);
	expect(isRtcp(rtpPacket({ payloadType: 111, sequence: 0, marker: true }))).toBe(false);
	expect(isRtcp(rtpPacket({ payloadType: 99, sequence: 0, marker: true }))).toBe(false);
});

test("sequence numbers are compared on their circle", () => {
	expect(sequenceDistance(2, 65_535)).toBe(3);
	expect(sequenceDistance(65_535, 2)).toBe(-3);
	expect(sequenceDistance(5, 5)).toBe(0);
});
