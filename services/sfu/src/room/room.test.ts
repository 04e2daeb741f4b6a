import { maxRosterFrameBytes } from "@sotto/api";
import { describe, expect, test } from "vitest";
import { readUint16 } from "../rtp/packet.ts";
import { buildKeyFrameRequest, buildNack, buildSenderReport } from "../rtp/rtcp.ts";
import { rtpPacket } from "../rtp/rtp.test-kit.ts";
import { payloadTypes } from "./media-plan.ts";
import { openRoom, opus, vp9 } from "./room.test-kit.ts";
import { seatsAhead } from "./seating.ts";

describe("seats", () => {
	test("everybody sees everybody, and an empty place is taken again", () => {
		const { room, enter, seatEvents } = openRoom(["a", "b", "c"]);
		for (const name of ["a", "b", "c"]) enter(name);
		expect(seatEvents).toEqual([
			"b sees a in 0",
			"a sees b in 0",
			"c sees a in 0",
			"c sees b in 1",
			"a sees c in 1",
			"b sees c in 1",
		]);
		seatEvents.length = 0;
		room.leave("b");
		expect(seatEvents).toEqual(["a sees nobody in 0", "c sees nobody in 1"]);
		seatEvents.length = 0;
		enter("b");
		expect(seatEvents).toContain("a sees b in 0");
	});
});

describe("more seats", () => {
	const names = Array.from({ length: 32 }, (_, index) => `p${index}`);

	test("are asked for ahead of need: whoever joins always finds a free seat with everybody", () => {
		const { room, enter, member, wishes } = openRoom(names);
		for (const [others, name] of names.entries()) {
			// What a connection has by the time the next one joins.
			member(name).participant.addSeats(
				Array.from({ length: seatsAhead(others, 31) - 3 }, () => member(name).ssrcs[0] as never),
			);
			wishes.length = 0;
			enter(name);
			for (const other of names.slice(0, others))
				expect(member(other).participant.seatOf(member(name).participant)).toBeDefined();
			for (const wish of wishes.splice(0)) {
				const [key = "", count] = wish.split(": ");
				const { participant, ssrcs } = member(key);
				participant.addSeats(Array.from({ length: Number(count) - participant.seats.length }, () => ssrcs[0] as never));
				room.seatsAdded(participant);
			}
		}
		for (const name of names) expect(member(name).participant.seats.length).toBe(31);
	});

	test("come late: who has none is seated as soon as there are some, and as soon as somebody leaves", () => {
		const { room, enter, member, seatEvents, wishes } = openRoom(["a", "b", "c", "d", "e", "f"]);
		for (const name of ["a", "b", "c", "d", "e", "f"]) enter(name);
		expect(wishes).toContain("a: 7");
		expect(seatEvents.filter((event) => event.startsWith("a sees")).length).toBe(3);
		room.leave("b");
		expect(seatEvents).toContain("a sees e in 0");
		const { participant, ssrcs } = member("a");
		participant.addSeats([ssrcs[0], ssrcs[1]] as never);
		room.seatsAdded(participant);
		expect(seatEvents).toContain("a sees f in 3");
	});
});

describe("shared screens", () => {
	test("get a place with everybody else, the first two of them, and give it up to the next", () => {
		const { room, enter, screenEvents } = openRoom(["a", "b", "c", "d"]);
		for (const name of ["a", "b", "c"]) enter(name);
		room.share("a", true);
		expect(screenEvents.splice(0)).toEqual(["b sees the screen of a in 0", "c sees the screen of a in 0"]);
		room.share("a", true);
		room.share("b", true);
		room.share("c", true);
		expect(screenEvents.splice(0)).toEqual([
			"a sees the screen of b in 0",
			"c sees the screen of b in 1",
			"a sees the screen of c in 1",
			"b sees the screen of c in 1",
		]);
		enter("d");
		expect(screenEvents.splice(0)).toEqual(["d sees the screen of a in 0", "d sees the screen of b in 1"]);
		room.share("a", false);
		expect(screenEvents.splice(0)).toEqual([
			"b sees the screen of nobody in 0",
			"c sees the screen of nobody in 0",
			"d sees the screen of c in 0",
		]);
		room.leave("c");
		expect(screenEvents).toContain("d sees the screen of nobody in 0");
	});

	test("are forwarded from their first key frame on, under the place's SSRC", () => {
		const { room, enter, mediaTo, rtcpTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(5, true, 22), 0);
		expect(mediaTo("b")).toEqual([]);
		room.share("a", true);
		room.packetArrived("a", vp9(6, false, 22), 10);
		expect(mediaTo("b")).toEqual([]);
		room.tick(500);
		expect(rtcpTo("a")).toContainEqual({ mid: "us", kind: "keyFrameRequest", ssrc: 22 });
		room.packetArrived("a", vp9(7, true, 22), 600);
		room.packetArrived("a", vp9(8, false, 22), 630);
		expect(mediaTo("b").map(({ mid, view }) => [mid, view.ssrc])).toEqual([
			["s0", member("b").screens[0]?.video],
			["s0", member("b").screens[0]?.video],
		]);
		room.share("a", false);
		room.packetArrived("a", vp9(9, false, 22), 660);
		expect(mediaTo("b").length).toBe(2);
	});
});

describe("forwarding", () => {
	test("a packet goes to everybody else, under the seat's SSRC, and nothing of its header goes along", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b", "c"]);
		for (const name of ["a", "b", "c"]) enter(name);
		const payload = Buffer.from("sealed sound");
		room.packetArrived("a", opus(77, payload), 10);
		expect(mediaTo("a")).toEqual([]);
		for (const [name, mid] of [
			["b", "a0"],
			["c", "a0"],
		] as const) {
			const [got, ...more] = mediaTo(name);
			expect(more).toEqual([]);
			expect(got?.mid).toBe(mid);
			expect(got?.view.ssrc).toBe(member(name).ssrcs[0]?.audio);
			expect(got?.view.payloadOffset).toBe(12);
			expect(got?.view.transportSequence).toBe(-1);
			expect(got?.packet.subarray(12)).toEqual(payload);
			expect(got?.packet.length).toBe(12 + payload.length);
		}
	});

	test("packets of another codec, of an SSRC that no answer named or that is a seat's, and of a stranger go nowhere", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		const opusOf = (ssrc: number) => rtpPacket({ payloadType: payloadTypes.opus, sequence: 2, ssrc });
		room.packetArrived("a", opus(1), 0);
		room.packetArrived("a", rtpPacket({ payloadType: 63, sequence: 2, ssrc: 11 }), 0);
		for (const ssrc of [99, 12, member("a").ssrcs[0]?.audio ?? 0]) room.packetArrived("a", opusOf(ssrc), 0);
		room.packetArrived("stranger", opus(5), 0);
		room.packetArrived("a", Buffer.from([0x80]), 0);
		expect(mediaTo("b").length).toBe(1);
	});

	test("a repaired packet goes on as the one that was lost, and a second copy does not", () => {
		const { room, enter, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(10, true), 0);
		room.packetArrived("a", vp9(12), 1);
		const lost = Buffer.concat([Buffer.from([0, 11]), Buffer.from("\blost")]);
		const repair = () =>
			rtpPacket({ payloadType: payloadTypes.vp9Rtx, sequence: 900, timestamp: 33_000, ssrc: 13, payload: lost });
		room.packetArrived("a", repair(), 30);
		room.packetArrived("a", repair(), 31);
		const got = mediaTo("b");
		expect(got.length).toBe(3);
		const [first, , third] = got;
		expect(third?.view.payloadType).toBe(payloadTypes.vp9);
		expect(third?.view.sequence).toBe(((first?.view.sequence ?? 0) + 1) & 0xffff);
		expect(third?.packet.subarray(12).toString()).toBe("\blost");
	});

	test("a probe without content is not forwarded", () => {
		const { room, enter, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(10, true), 0);
		room.packetArrived(
			"a",
			rtpPacket({ payloadType: payloadTypes.vp9Rtx, sequence: 1, ssrc: 13, payload: Buffer.alloc(0) }),
			1,
		);
		expect(mediaTo("b").length).toBe(1);
	});
});

describe("feedback", () => {
	test("a receiver's NACK is answered with the packet by RTX, on the seat's RTX SSRC", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		for (let sequence = 10; sequence < 20; sequence++)
			room.packetArrived("a", vp9(sequence, sequence === 10), sequence);
		const wanted = mediaTo("b")[4]?.view.sequence ?? 0;
		const ssrcs = member("b").ssrcs[0];
		room.packetArrived("b", buildNack(1, ssrcs?.video ?? 0, [wanted]), 40);
		const rtx = mediaTo("b").at(-1);
		expect(rtx?.view.ssrc).toBe(ssrcs?.videoRtx);
		expect(rtx?.view.payloadType).toBe(payloadTypes.vp9Rtx);
		expect(readUint16(rtx?.packet ?? Buffer.alloc(99), 12)).toBe(wanted);
		expect(rtx?.packet.subarray(14)).toEqual(mediaTo("b")[4]?.packet.subarray(12));
	});

	test("feedback about what a participant is not sent changes nothing", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		for (let sequence = 10; sequence < 20; sequence++)
			room.packetArrived("a", vp9(sequence, sequence === 10), sequence);
		const before = mediaTo("b").length;
		const sequence = mediaTo("b")[4]?.view.sequence ?? 0;
		for (const ssrc of [member("a").ssrcs[0]?.video ?? 0, member("b").ssrcs[1]?.video ?? 0, 12, 99])
			room.packetArrived("b", buildNack(1, ssrc, [sequence]), 40);
		expect(mediaTo("b").length).toBe(before);
	});

	test("a key frame is asked of the sender when somebody comes and when a receiver asks, at most every 400 ms", () => {
		const { room, enter, rtcpTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(10, true), 0);
		const asked = () => rtcpTo("a").filter(({ kind, mid }) => kind === "keyFrameRequest" && mid === "uv").length;
		room.tick(1_000);
		expect(asked()).toBe(1);
		const request = () => room.packetArrived("b", buildKeyFrameRequest(1, member("b").ssrcs[0]?.video ?? 0), 1_010);
		for (let k = 0; k < 5; k++) request();
		room.tick(1_020);
		expect(asked()).toBe(1);
		room.tick(1_420);
		expect(asked()).toBe(2);
		room.tick(2_000);
		expect(asked()).toBe(2);
	});

	test("a key frame that does not come is asked for again each second, for as long as somebody waits for it", () => {
		const { room, enter, rtcpTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(10), 0);
		const asked = () => rtcpTo("a").filter(({ kind, mid }) => kind === "keyFrameRequest" && mid === "uv").length;
		for (let now = 1_000; now < 3_000; now += 20) room.tick(now);
		expect(asked()).toBe(2);
		room.packetArrived("a", vp9(11, true), 3_000);
		for (let now = 3_000; now < 6_000; now += 20) room.tick(now);
		expect(asked()).toBe(2);
	});

	test("what is missing on the way up is asked for by NACK", () => {
		const { room, enter, rtcpTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", vp9(10, true), 0);
		room.packetArrived("a", vp9(13), 5);
		room.tick(20);
		expect(rtcpTo("a")).toContainEqual({ mid: "uv", kind: "nack", ssrc: 12, sequences: [11, 12] });
	});

	test("sound that is missing on the way up is asked for too, but not for long: nobody waits for it", () => {
		const askedOf = (repeats: boolean) => {
			const { room, enter, member, rtcpTo } = openRoom(["a", "b"]);
			member("a").participant.announce([{ mid: "ua", ssrc: 11, repeats }], []);
			for (const name of ["a", "b"]) enter(name);
			room.packetArrived("a", opus(10), 0);
			room.packetArrived("a", opus(12), 40);
			for (let now = 60; now < 2_000; now += 20) room.tick(now);
			return rtcpTo("a").filter(({ kind }) => kind === "nack");
		};
		const asked = askedOf(true);
		expect(asked.length).toBeGreaterThan(1);
		expect(asked.length).toBeLessThan(9);
		expect(asked).toContainEqual({ mid: "ua", kind: "nack", ssrc: 11, sequences: [11] });
		// Who did not answer that it sends sound once more is not asked.
		expect(askedOf(false)).toEqual([]);
	});

	test("a receiver that misses sound gets the same packet once more, to the bit, and no other's", () => {
		const { room, enter, member, mediaTo } = openRoom(["a", "b", "c"]);
		for (const name of ["a", "b", "c"]) enter(name);
		for (let sequence = 10; sequence < 14; sequence++) room.packetArrived("a", opus(sequence), sequence);
		const before = [...member("b").sent];
		const others = member("c").sent.length;
		const { ssrc, sequence } = mediaTo("b")[2]?.view ?? { ssrc: 0, sequence: 0 };
		room.packetArrived("b", buildNack(1, ssrc, [sequence, (sequence + 50) & 0xffff]), 60);
		expect(member("b").sent.slice(before.length)).toEqual([before[2]]);
		expect(member("c").sent).toHaveLength(others);
	});

	test("a sender report goes on under the seat's SSRC and in the seat's time; its source's SSRC does not", () => {
		const { room, enter, rtcpTo, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", opus(50), 0);
		room.packetArrived("a", buildSenderReport(11, 111, 222, 50 * 960, 9, 9), 5);
		const report = rtcpTo("b").find(({ kind }) => kind === "senderReport");
		expect(report).toEqual({
			mid: "a0",
			kind: "senderReport",
			ssrc: member("b").ssrcs[0]?.audio,
			ntpHigh: 111,
			ntpLow: 222,
			timestamp: mediaTo("b")[0]?.view.timestamp,
		});
	});

	test("receivers' reports stay with us", () => {
		const { room, enter, member, rtcpTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", opus(50), 0);
		room.packetArrived("b", Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]), 5);
		expect(rtcpTo("a")).toEqual([]);
		expect(member("a").sent).toEqual([]);
	});
});

describe("the roster channel", () => {
	test("carries a frame to everybody else, and nothing to whoever comes later", () => {
		const { room, enter, member } = openRoom(["a", "b", "c"]);
		enter("a");
		enter("b");
		expect(room.rosterArrived("a", Buffer.from("sealed"), 0)).toBe(true);
		enter("c");
		expect(member("a").roster).toEqual([]);
		expect(member("b").roster).toEqual([Buffer.from("sealed")]);
		expect(member("c").roster).toEqual([]);
	});

	test("is bounded in size and pace, and recovers", () => {
		const { room, enter, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		expect(room.rosterArrived("a", Buffer.alloc(maxRosterFrameBytes + 1), 0)).toBe(false);
		expect(room.rosterArrived("a", Buffer.alloc(0), 0)).toBe(false);
		const taken = Array.from({ length: 100 }, () => room.rosterArrived("a", Buffer.alloc(10), 0)).filter(
			Boolean,
		).length;
		expect(taken).toBe(64);
		expect(member("b").roster.length).toBe(64);
		expect(room.rosterArrived("a", Buffer.alloc(10), 2_000)).toBe(true);
		expect(room.rosterArrived("stranger", Buffer.alloc(10), 2_000)).toBe(false);
	});
});
