import { describe, expect, test } from "vitest";
import { createRtpView, isRtcp, readRtp, readUint16, type RtpView } from "../rtp/packet.ts";
import { buildKeyFrameRequest, buildNack, buildSenderReport, readRtcp } from "../rtp/rtcp.ts";
import { rtpPacket } from "../rtp/rtp.test-kit.ts";
import { payloadTypes } from "./media-plan.ts";
import { Participant } from "./participant.ts";
import { maxRosterFrameBytes, Room, type SeatEvent } from "./room.ts";

type Sent = { readonly mid: string; readonly packet: Buffer };

/** A room with members whose outgoing packets and roster frames are kept. */
function openRoom(names: readonly string[], seats = 3) {
	const seatEvents: string[] = [];
	const room = new Room(({ viewer, seat }: SeatEvent) =>
		seatEvents.push(`${viewer.key} sees ${seat.occupant?.key ?? "nobody"} in ${seat.index}`),
	);
	const members = new Map(
		names.map((name, index) => {
			const sent: Sent[] = [];
			const roster: Uint8Array[] = [];
			const ssrcs = Array.from({ length: seats }, (_, seat) => {
				const base = (index + 1) * 1_000_000 + seat * 100;
				return { audio: base + 1, video: base + 2, videoRtx: base + 3 };
			});
			const send = (mid: string, packet: Buffer) => void sent.push({ mid, packet: Buffer.from(packet) });
			return [
				name,
				{ participant: new Participant(name, ssrcs, send, () => 100 * index), sent, roster, ssrcs },
			] as const;
		}),
	);
	const member = (name: string) => {
		const found = members.get(name);
		if (found === undefined) throw new Error(name);
		return found;
	};
	const enter = (name: string, now = 0) =>
		room.enter(member(name).participant, (frame) => void member(name).roster.push(frame), now);
	const mediaTo = (name: string) =>
		member(name).sent.flatMap(({ mid, packet }) => {
			const view = createRtpView();
			return !isRtcp(packet) && readRtp(packet, view) ? [{ mid, packet, view: { ...view } as RtpView }] : [];
		});
	const rtcpTo = (name: string) =>
		member(name).sent.flatMap(({ mid, packet }) =>
			isRtcp(packet) ? readRtcp(packet).map((item) => ({ mid, ...item })) : [],
		);
	return { room, member, enter, mediaTo, rtcpTo, seatEvents };
}

const opus = (sequence: number, payload?: Uint8Array) =>
	rtpPacket({
		payloadType: payloadTypes.opus,
		sequence,
		timestamp: sequence * 960,
		ssrc: 11,
		transportSequence: sequence,
		...(payload === undefined ? {} : { payload }),
	});
const vp9 = (sequence: number) =>
	rtpPacket({
		payloadType: payloadTypes.vp9,
		sequence,
		timestamp: sequence * 3000,
		ssrc: 12,
		transportSequence: sequence,
	});

describe("seats", () => {
	test("everybody sees everybody, and an empty place is taken again", () => {
		const { room, enter, seatEvents } = openRoom(["a", "b", "c"]);
		for (const name of ["a", "b", "c"]) enter(name);
		expect(seatEvents).toEqual([
			"b sees a in 0",
			"a sees b in 0",
			"c sees a in 0",
			"a sees c in 1",
			"c sees b in 1",
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

describe("forwarding", () => {
	test("a packet goes to everybody else, under the seat's SSRC, and nothing of its header goes along", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b", "c"]);
		for (const name of ["a", "b", "c"]) enter(name);
		const payload = Buffer.from("sealed sound");
		room.packetArrived("a", "ua", opus(77, payload), 10);
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

	test("packets of another codec, of another SSRC, on a seat's m-line or of a stranger go nowhere", () => {
		const { room, enter, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "ua", opus(1), 0);
		room.packetArrived("a", "ua", rtpPacket({ payloadType: 63, sequence: 2, ssrc: 11 }), 0);
		room.packetArrived("a", "ua", rtpPacket({ payloadType: payloadTypes.opus, sequence: 2, ssrc: 99 }), 0);
		room.packetArrived("a", "uv", opus(3), 0);
		room.packetArrived("a", "a0", opus(4), 0);
		room.packetArrived("stranger", "ua", opus(5), 0);
		room.packetArrived("a", "ua", Buffer.from([0x80]), 0);
		expect(mediaTo("b").length).toBe(1);
	});

	test("a repaired packet goes on as the one that was lost, and a second copy does not", () => {
		const { room, enter, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "uv", vp9(10), 0);
		room.packetArrived("a", "uv", vp9(12), 1);
		const lost = Buffer.concat([Buffer.from([0, 11]), Buffer.from("lost")]);
		const repair = () =>
			rtpPacket({ payloadType: payloadTypes.vp9Rtx, sequence: 900, timestamp: 33_000, ssrc: 13, payload: lost });
		room.packetArrived("a", "uv", repair(), 30);
		room.packetArrived("a", "uv", repair(), 31);
		const got = mediaTo("b");
		expect(got.length).toBe(3);
		const [first, , third] = got;
		expect(third?.view.payloadType).toBe(payloadTypes.vp9);
		expect(third?.view.sequence).toBe(((first?.view.sequence ?? 0) + 1) & 0xffff);
		expect(third?.packet.subarray(12).toString()).toBe("lost");
	});

	test("a probe without content is not forwarded", () => {
		const { room, enter, mediaTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "uv", vp9(10), 0);
		room.packetArrived(
			"a",
			"uv",
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
		for (let sequence = 10; sequence < 20; sequence++) room.packetArrived("a", "uv", vp9(sequence), sequence);
		const wanted = mediaTo("b")[4]?.view.sequence ?? 0;
		const ssrcs = member("b").ssrcs[0];
		room.packetArrived("b", "v0", buildNack(1, ssrcs?.video ?? 0, [wanted]), 40);
		const rtx = mediaTo("b").at(-1);
		expect(rtx?.view.ssrc).toBe(ssrcs?.videoRtx);
		expect(rtx?.view.payloadType).toBe(payloadTypes.vp9Rtx);
		expect(readUint16(rtx?.packet ?? Buffer.alloc(99), 12)).toBe(wanted);
		expect(rtx?.packet.subarray(14)).toEqual(mediaTo("b")[4]?.packet.subarray(12));
	});

	test("feedback counts only on the m-line that it is about, so that a packet delivered twice counts once", () => {
		const { room, enter, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		for (let sequence = 10; sequence < 20; sequence++) room.packetArrived("a", "uv", vp9(sequence), sequence);
		const before = mediaTo("b").length;
		const nack = buildNack(1, member("b").ssrcs[0]?.video ?? 0, [mediaTo("b")[4]?.view.sequence ?? 0]);
		for (const mid of ["a0", "uv", "v1"]) room.packetArrived("b", mid, Buffer.from(nack), 40);
		expect(mediaTo("b").length).toBe(before);
	});

	test("a key frame is asked of the sender when somebody comes and when a receiver asks, at most every 400 ms", () => {
		const { room, enter, rtcpTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "uv", vp9(10), 0);
		const asked = () => rtcpTo("a").filter(({ kind, mid }) => kind === "keyFrameRequest" && mid === "uv").length;
		room.tick(1_000);
		expect(asked()).toBe(1);
		const request = () =>
			room.packetArrived("b", "v0", buildKeyFrameRequest(1, member("b").ssrcs[0]?.video ?? 0), 1_010);
		for (let k = 0; k < 5; k++) request();
		room.tick(1_020);
		expect(asked()).toBe(1);
		room.tick(1_420);
		expect(asked()).toBe(2);
		room.tick(2_000);
		expect(asked()).toBe(2);
	});

	test("what is missing on the way up is asked for by NACK", () => {
		const { room, enter, rtcpTo } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "uv", vp9(10), 0);
		room.packetArrived("a", "uv", vp9(13), 5);
		room.tick(20);
		expect(rtcpTo("a")).toContainEqual({ mid: "uv", kind: "nack", ssrc: 12, sequences: [11, 12] });
	});

	test("a sender report goes on under the seat's SSRC and in the seat's time; its source's SSRC does not", () => {
		const { room, enter, rtcpTo, mediaTo, member } = openRoom(["a", "b"]);
		for (const name of ["a", "b"]) enter(name);
		room.packetArrived("a", "ua", opus(50), 0);
		room.packetArrived("a", "ua", buildSenderReport(11, 111, 222, 50 * 960, 9, 9), 5);
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
		room.packetArrived("a", "ua", opus(50), 0);
		room.packetArrived("b", "a0", Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]), 5);
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
		expect(taken).toBe(32);
		expect(member("b").roster.length).toBe(32);
		expect(room.rosterArrived("a", Buffer.alloc(10), 2_000)).toBe(true);
		expect(room.rosterArrived("stranger", Buffer.alloc(10), 2_000)).toBe(false);
	});
});
