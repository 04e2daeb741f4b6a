import { expect, test } from "vitest";
import { buildKeyFrameRequest, buildNack, buildReceiverReport } from "../rtp/rtcp.ts";
import { unlimitedBitsPerSecond } from "./bandwidth.ts";
import { payloadTypes } from "./media-plan.ts";
import { openRoom, opus, vp9 } from "./room.test-kit.ts";

test("who asks for the same pictures or sound over and over gets no more of them than a share of what was sent: a full line is not filled by repairs", () => {
	const { room, enter, member, mediaTo } = openRoom(["a", "b"]);
	for (const name of ["a", "b"]) enter(name);
	const payload = Buffer.alloc(1_000, 0xac);
	for (let sequence = 10; sequence < 60; sequence++) {
		room.packetArrived("a", vp9(sequence, true), sequence);
		room.packetArrived("a", opus(sequence, payload.subarray(0, 192)), sequence);
	}
	const sums = () => member("b").sent.reduce((sum, packet) => sum + packet.length, 0);
	const first = sums();
	for (const kind of [payloadTypes.vp9, payloadTypes.opus]) {
		const shown = mediaTo("b").find(({ view }) => view.payloadType === kind)?.view ?? { ssrc: 0, sequence: 0 };
		for (let round = 0; round < 5_000; round++)
			room.packetArrived("b", buildNack(1, shown.ssrc, [shown.sequence]), 100 + round);
	}
	expect(sums() - first).toBeGreaterThan(1_000);
	expect(sums() - first).toBeLessThan(2 * 32_000);
});

test("what was lost on the way up is not taken for the receiver's line, what was lost on the way down is", () => {
	const limitAfter = (lostDown: number) => {
		const { room, enter, member, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		let lost = 0;
		for (let second = 0; second < 8; second++) {
			for (let k = 0; k < 100; k++) {
				const sequence = second * 100 + k;
				// Every third never reaches the room.
				if (sequence % 3 === 1) lost++;
				else room.packetArrived("a", vp9(sequence, sequence === 0), second * 1_000 + k * 10);
			}
			lost += lostDown;
			const { ssrc, sequence: highestSequence } = mediaTo("b").at(-1)?.view ?? { ssrc: 0, sequence: 0 };
			const block = { ssrc, fractionLost: 0, cumulativeLost: lost, highestSequence };
			const report = buildReceiverReport(1, [{ ...block, lastSenderReport: 0, delaySinceSenderReport: 0 }]);
			room.packetArrived("b", report, second * 1_000 + 995);
			room.tick((second + 1) * 1_000);
		}
		return member("b").participant.limit.bitsPerSecond;
	};
	expect(limitAfter(0)).toBe(unlimitedBitsPerSecond);
	expect(limitAfter(30)).toBeLessThan(200_000);
});

test("who still cannot decode gets key frames further and further apart, as long as each needs to come through; a newcomer need not wait for that", () => {
	const { room, enter, member, rtcpTo } = openRoom(["a", "b", "c"]);
	for (const name of ["a", "b"]) enter(name);
	room.packetArrived("a", vp9(10, true), 0);
	const { ssrcs } = member("b");
	const asked = () => rtcpTo("a").filter(({ kind }) => kind === "keyFrameRequest").length;
	const askedIn = (from: number, seconds: number, isMissing = true) => {
		const before = asked();
		for (let now = from; now < from + seconds * 1_000; now += 20) {
			if (isMissing && now % 200 === 0) room.packetArrived("b", buildKeyFrameRequest(1, ssrcs[0]?.video ?? 0), now);
			room.tick(now);
		}
		return asked() - before;
	};
	expect(askedIn(1_000, 2)).toBeGreaterThanOrEqual(2);
	expect(askedIn(3_000, 16)).toBeLessThanOrEqual(6);
	enter("c", 19_000);
	expect(askedIn(19_000, 0.5, false)).toBe(1);
	// Nobody asks any more: none is sent for nothing; and after a while the next is sent at once.
	room.packetArrived("a", vp9(11, true), 19_500);
	expect(askedIn(19_520, 10, false)).toBe(0);
	expect(askedIn(30_000, 0.5)).toBeGreaterThanOrEqual(1);
});
