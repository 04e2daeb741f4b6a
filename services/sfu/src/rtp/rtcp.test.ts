import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readUint32 } from "./packet.ts";
import { Reception } from "./reception.ts";
import {
	buildBandwidth,
	buildKeyFrameRequest,
	buildNack,
	buildReceiverReport,
	buildSenderReport,
	readRtcp,
} from "./rtcp.ts";
import { readTransportFeedback, TransportFeedback } from "./transport-feedback.ts";

describe("RTCP", () => {
	test("what we build we read", () => {
		expect(readRtcp(buildKeyFrameRequest(1, 77))).toEqual([{ kind: "keyFrameRequest", ssrc: 77 }]);
		expect(readRtcp(buildSenderReport(9, 1, 2, 3, 4, 5))).toEqual([
			{ kind: "senderReport", ssrc: 9, ntpHigh: 1, ntpLow: 2, timestamp: 3 },
		]);
	});

	test("a NACK names exactly the packets that are missing, across the end of the numbers too", () => {
		fc.assert(
			fc.property(fc.nat(0xffff), fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 40 }), (start, offsets) => {
				const sequences = offsets.sort((a, b) => a - b).map((offset) => (start + offset) & 0xffff);
				expect(readRtcp(buildNack(1, 5, sequences))).toEqual([{ kind: "nack", ssrc: 5, sequences }]);
			}),
		);
	});

	test("a bandwidth is carried to within its 18 bits", () => {
		for (const bits of [150_000, 262_143, 1_234_567, 20_000_000]) {
			const [item] = readRtcp(buildBandwidth(1, bits, [3]));
			expect(item?.kind === "bandwidth" && Math.abs(item.bitsPerSecond - bits) / bits).toBeLessThan(0.001);
		}
	});

	test("parts of a compound packet are read one by one, until one is malformed", () => {
		const compound = Buffer.concat([buildReceiverReport(1, []), buildKeyFrameRequest(1, 7), buildNack(1, 8, [4])]);
		expect(readRtcp(compound).map(({ kind }) => kind)).toEqual(["keyFrameRequest", "nack"]);
		compound[8 + 12] = 0;
		expect(readRtcp(compound).map(({ kind }) => kind)).toEqual(["keyFrameRequest"]);
	});

	test("any bytes yield a bounded number of items", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
				for (let at = 0; at < bytes.length; at += 4) bytes[at] = 0x80 | ((bytes[at] as number) & 31);
				expect(readRtcp(bytes).length).toBeLessThanOrEqual(64);
			}),
		);
	});

	test("a receiver report counts what was lost, in all and since the last one", () => {
		const reception = new Reception(42);
		for (const sequence of [65_534, 65_535, 1, 2]) reception.arrived(sequence);
		reception.senderReportArrived(0x00012345, 0x67890000, 1_000);
		const report = reception.report(1_500);
		expect(report).toMatchObject({ ssrc: 42, cumulativeLost: 1, highestSequence: 65_536 + 2 });
		expect(report?.fractionLost).toBe(Math.floor(256 / 5));
		expect(report?.lastSenderReport).toBe(0x23456789);
		expect(report?.delaySinceSenderReport).toBe(32_768);
		reception.arrived(3);
		expect(reception.report(2_000)?.fractionLost).toBe(0);
		const built = buildReceiverReport(1, [report as NonNullable<typeof report>]);
		expect(readUint32(built, 8)).toBe(42);
		expect(readRtcp(built)).toEqual([
			{ kind: "report", ssrc: 42, lost: report?.cumulativeLost, highest: report?.highestSequence },
		]);
	});
});

describe("transport-wide feedback", () => {
	test("says of each packet when it came, to a quarter of a millisecond, and of the others that they did not", () => {
		fc.assert(
			fc.property(
				fc.nat(0xffff),
				fc.array(fc.option(fc.nat(400), { freq: 4 }), { minLength: 1, maxLength: 200 }),
				(start, gaps) => {
					const feedback = new TransportFeedback();
					let time = 5_000.0;
					const came = gaps.map((gap) => (gap === null ? undefined : (time += gap / 10)));
					for (const [step, at] of came.entries()) if (at !== undefined) feedback.arrived((start + step) & 0xffff, at);
					const packet = feedback.build(1, 2);
					const firstStep = came.findIndex((at) => at !== undefined);
					if (firstStep < 0) {
						expect(packet).toBeUndefined();
						return;
					}
					const read = readTransportFeedback(packet as Buffer);
					expect(read?.first).toBe((start + firstStep) & 0xffff);
					const lastStep = came.findLastIndex((at) => at !== undefined);
					expect(read?.arrivedAt.length).toBe(lastStep - firstStep + 1);
					for (const [index, at] of (read?.arrivedAt ?? []).entries()) {
						const truth = came[firstStep + index];
						if (truth === undefined) expect(at).toBeUndefined();
						else expect(Math.abs((at as number) - truth)).toBeLessThanOrEqual(0.25);
					}
				},
			),
		);
	});

	test("each packet is reported once", () => {
		const feedback = new TransportFeedback();
		feedback.arrived(10, 100);
		expect(feedback.build(1, 2)).toBeDefined();
		expect(feedback.build(1, 2)).toBeUndefined();
		feedback.arrived(12, 120);
		expect(readTransportFeedback(feedback.build(1, 2) as Buffer)?.first).toBe(12);
	});

	test("a pause longer than a delta can say starts the next report behind it", () => {
		const feedback = new TransportFeedback();
		feedback.arrived(1, 0);
		feedback.arrived(2, 20_000);
		expect(readTransportFeedback(feedback.build(1, 2) as Buffer)?.arrivedAt.length).toBe(1);
		expect(readTransportFeedback(feedback.build(1, 2) as Buffer)?.first).toBe(2);
	});
});
