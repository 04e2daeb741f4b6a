import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LossTracker } from "./loss.ts";
import { createRtpView, sequenceDistance } from "./packet.ts";
import { RetransmissionBuffer } from "./retransmission.ts";
import {
	admitToSeat,
	createSeatStream,
	releaseSeatStream,
	seatSequence,
	seatTimestamp,
	uplinkSequence,
} from "./seat-stream.ts";

describe("a seat's stream", () => {
	const packet = (ssrc: number, sequence: number, timestamp: number) => ({
		...createRtpView(),
		ssrc,
		sequence,
		timestamp,
	});

	test("counts on without a gap when its owner changes, and its time goes on by the time that passed", () => {
		const stream = createSeatStream(5, 6, 90_000, () => 65_530);
		const sent: { sequence: number; timestamp: number }[] = [];
		const send = (ssrc: number, sequence: number, timestamp: number, now: number) => {
			expect(admitToSeat(stream, packet(ssrc, sequence, timestamp), undefined, now)).toBe(true);
			sent.push({ sequence: seatSequence(stream, sequence), timestamp: seatTimestamp(stream, timestamp) });
		};
		for (let k = 0; k < 10; k++) send(100, 40_000 + k, 1_000_000 + k * 3_000, k * 33);
		releaseSeatStream(stream);
		for (let k = 0; k < 10; k++) send(200, 7 + k, 5 + k * 3_000, 1_297 + k * 33);
		for (const [index, { sequence }] of sent.entries()) expect(sequence).toBe((65_531 + index) & 0xffff);
		const gap = ((sent[10]?.timestamp ?? 0) - (sent[9]?.timestamp ?? 0)) / 90;
		expect(gap).toBeCloseTo(1_000, 0);
	});

	test("a packet from before the change has no number to travel under", () => {
		const stream = createSeatStream(5, 6, 48_000, () => 0);
		expect(admitToSeat(stream, packet(100, 500, 0), undefined, 0)).toBe(true);
		expect(admitToSeat(stream, packet(100, 499, 0), undefined, 1)).toBe(false);
	});

	test("a number from long ago is not sent: the transport throws at what SRTP's window has left behind", () => {
		const stream = createSeatStream(5, 6, 48_000, () => 0);
		for (let sequence = 0; sequence < 2_000; sequence++)
			admitToSeat(stream, packet(100, sequence, 0), undefined, sequence);
		expect(admitToSeat(stream, packet(100, 1_600, 0), undefined, 2_000)).toBe(true);
		expect(admitToSeat(stream, packet(100, 900, 0), undefined, 2_000)).toBe(false);
	});

	test("what a receiver asks for is found again by the number it saw", () => {
		fc.assert(
			fc.property(fc.nat(0xffff), fc.nat(0xffff), fc.nat(2_000), (last, first, later) => {
				const stream = createSeatStream(5, 6, 90_000, () => last);
				admitToSeat(stream, packet(100, first, 0), undefined, 0);
				const sequence = (first + later) & 0xffff;
				expect(uplinkSequence(stream, seatSequence(stream, sequence))).toBe(sequence);
			}),
		);
	});
});

describe("the retransmission buffer", () => {
	const keep = (buffer: RetransmissionBuffer, sequence: number, text: string) =>
		buffer.keep(sequence, sequence * 2, 96, false, Buffer.from(text), 0, text.length);
	const textOf = (buffer: RetransmissionBuffer, sequence: number) => {
		const slot = buffer.find(sequence);
		if (slot === undefined) return undefined;
		const target = Buffer.alloc(slot.length);
		buffer.copyPayload(slot, target, 0);
		return target.toString();
	};

	test("holds the last packets and no older one, across the end of the numbers", () => {
		const buffer = new RetransmissionBuffer(16);
		for (let k = 0; k < 100; k++) keep(buffer, (65_500 + k) & 0xffff, `packet ${k}`);
		for (let k = 84; k < 100; k++) expect(textOf(buffer, (65_500 + k) & 0xffff)).toBe(`packet ${k}`);
		for (let k = 0; k < 84; k++) expect(textOf(buffer, (65_500 + k) & 0xffff)).toBeUndefined();
	});

	test("never gives a packet for another one's number, whatever order they come in", () => {
		fc.assert(
			fc.property(fc.array(fc.nat(200), { maxLength: 300 }), fc.nat(0xffff), (order, start) => {
				const buffer = new RetransmissionBuffer(32);
				for (const step of order) keep(buffer, (start + step) & 0xffff, `${step}`);
				for (let step = 0; step <= 200; step++) {
					const text = textOf(buffer, (start + step) & 0xffff);
					if (text !== undefined) expect(text).toBe(`${step}`);
				}
			}),
		);
	});

	test("does not keep what exceeds a packet", () => {
		const buffer = new RetransmissionBuffer(16);
		keep(buffer, 1, "x".repeat(1_600));
		expect(buffer.find(1)).toBeUndefined();
	});
});

describe("missing packets", () => {
	test("are asked for after a moment, again at intervals, and given up after a second", () => {
		const loss = new LossTracker();
		loss.arrived(10, 0);
		loss.arrived(13, 0);
		expect(loss.due(5)).toEqual([]);
		expect(loss.due(12)).toEqual([11, 12]);
		expect(loss.due(20)).toEqual([]);
		expect(loss.arrived(12, 50)).toBe("late");
		expect(loss.due(110)).toEqual([11]);
		expect(loss.due(1_200)).toEqual([]);
		expect(loss.takeGivenUp()).toBe(1);
		expect(loss.takeGivenUp()).toBe(0);
	});

	test("over a long way they are asked for less often: not again before an answer can have come", () => {
		const askedEach = (roundTripMs: number) => {
			const loss = new LossTracker();
			const answers: { readonly sequence: number; readonly at: number }[] = [];
			let asked = 0;
			for (let step = 0; step < 1_000; step++) {
				const now = step * 20;
				for (; answers[0] !== undefined && answers[0].at <= now; answers.shift())
					loss.arrived(answers[0].sequence, now);
				// Every second one is lost.
				loss.arrived(step * 2, now);
				const due = loss.due(now + 10);
				asked += due.length;
				answers.push(...due.map((sequence) => ({ sequence, at: now + 10 + roundTripMs })));
			}
			return asked / 1_000;
		};
		expect(askedEach(20)).toBeLessThan(1.2);
		expect(askedEach(250)).toBeLessThan(1.2);
	});

	test("what was asked for often enough is still waited for: over a long way the answer comes after the last asking", () => {
		const loss = new LossTracker();
		loss.arrived(10, 0);
		loss.arrived(12, 0);
		let asked = 0;
		for (let now = 0; now < 900; now += 20) asked += loss.due(now).length;
		expect(asked).toBe(8);
		loss.arrived(11, 900);
		expect(loss.due(1_200)).toEqual([]);
		expect(loss.takeGivenUp()).toBe(0);
	});

	test("too many at once are left to a key frame", () => {
		const loss = new LossTracker();
		loss.arrived(0, 0);
		expect(loss.arrived(500, 0)).toBe("overflow");
		expect(loss.due(100)).toEqual([]);
	});

	test("whatever arrives, only numbers that were skipped and have not come are asked for", () => {
		fc.assert(
			fc.property(fc.nat(0xffff), fc.array(fc.nat(120), { minLength: 1, maxLength: 80 }), (start, steps) => {
				const loss = new LossTracker();
				const came = new Set(steps);
				for (const [index, step] of steps.entries()) loss.arrived((start + step) & 0xffff, index);
				for (const sequence of loss.due(200)) {
					expect(came.has(sequenceDistance(sequence, start))).toBe(false);
					expect(sequenceDistance(sequence, start)).toBeLessThan(Math.max(...steps));
				}
			}),
		);
	});
});
