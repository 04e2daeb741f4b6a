import { simulcastRids } from "@sotto/api";
import { describe, expect, test } from "vitest";
import { rtpPacket } from "../rtp/rtp.test-kit.ts";
import { buildBandwidth } from "../rtp/rtcp.ts";
import { payloadTypes } from "./media-plan.ts";
import { openRoom, vp9 } from "./room.test-kit.ts";

describe("layers", () => {
	/** The layers of "a" by the SSRCs that its packets say they have. */
	const rids: Readonly<Record<number, string>> = { 31: "l", 32: "m", 33: "h" };

	/** "a" sends three layers; all have sent key frames up to `now`, a number of packets of each. */
	function openLayered(names: readonly string[]) {
		const opened = openRoom(names);
		const { room, enter, member } = opened;
		member("a").participant.announce([{ mid: "ua", ssrc: 11, repeats: true }], simulcastRids);
		for (const name of names) enter(name);
		let sequence = 0;
		const send = (now: number, sent: readonly number[] = [31, 32, 33]) => {
			sequence++;
			for (const ssrc of sent) room.packetArrived("a", vp9(sequence, true, ssrc, rids[ssrc]), now);
		};
		const ssrcShown = (name: string) =>
			member(name).participant.seats.find(({ occupant }) => occupant?.key === "a")?.video.stream.source;
		return { ...opened, send, ssrcShown };
	}

	test("a layer is known by the name in its first packets, and has one stream and one that repairs it; whoever names none, or another one, goes nowhere", () => {
		const { room, send, member, mediaTo } = openLayered(["a", "b"]);
		const { participant } = member("a");
		const named = (ssrc: number, name: { rid?: string; repairedRid?: string }) =>
			room.packetArrived("a", rtpPacket({ payloadType: payloadTypes.vp9, sequence: 1, ssrc, ...name }), 0);
		named(30, {});
		named(30, { rid: "x" });
		expect([30, 31, 33].map((ssrc) => participant.uplinkOf(ssrc))).toEqual([undefined, undefined, undefined]);
		send(0);
		// RFC 4588: the repaired packet's number, then what it carried.
		const lost = vp9(2, false, 33).subarray(20);
		const repair = Buffer.concat([Buffer.from([0, 2]), lost]);
		const sendRepair = (sequence: number, repairedRid?: string) =>
			room.packetArrived(
				"a",
				rtpPacket({ payloadType: payloadTypes.vp9Rtx, sequence, ssrc: 43, payload: repair, repairedRid }),
				10,
			);
		const before = mediaTo("b").length;
		sendRepair(1);
		expect(mediaTo("b").length).toBe(before);
		sendRepair(2, "h");
		expect(mediaTo("b").length).toBe(before + 1);
		for (let ssrc = 100; ssrc < 200; ssrc++) named(ssrc, { rid: "h" });
		// Three layers, one repair: two more are learned, and none of them takes the place of the first.
		const learned = Array.from({ length: 100 }, (_, index) => participant.uplinkOf(100 + index)).filter(Boolean);
		expect(learned.length).toBe(2);
		expect(participant.camera.layers[2]?.ssrc).toBe(33);
	});

	test("each viewer is sent the layer that it says it needs, before it says anything the highest", () => {
		const { room, send, ssrcShown, member } = openLayered(["a", "b", "c"]);
		send(0);
		room.tick(1_000);
		send(1_010);
		expect([ssrcShown("b"), ssrcShown("c")]).toEqual([33, 33]);
		room.watch(member("c").participant, { cameras: new Map([[0, 1]]), screens: new Set() });
		send(1_020);
		expect([ssrcShown("b"), ssrcShown("c")]).toEqual([33, 31]);
		room.watch(member("c").participant, { cameras: new Map([[0, 2]]), screens: new Set() });
		send(1_030);
		expect([ssrcShown("b"), ssrcShown("c")]).toEqual([33, 32]);
	});

	test("what nobody sees is not sent, and its sender is told what is wanted", () => {
		const { room, send, mediaTo, wanted, member } = openLayered(["a", "b", "c"]);
		send(0);
		room.tick(20);
		expect(wanted).toContain("a: 3");
		room.watch(member("b").participant, { cameras: new Map([[0, 2]]), screens: new Set() });
		room.watch(member("c").participant, { cameras: new Map([[1, 3]]), screens: new Set() });
		wanted.length = 0;
		room.tick(40);
		expect(wanted).toEqual(["a: 2"]);
		room.watch(member("b").participant, { cameras: new Map(), screens: new Set() });
		room.tick(60);
		expect(wanted).toEqual(["a: 2", "a: 0"]);
		const before = mediaTo("b").length;
		send(70);
		expect(mediaTo("b").length).toBe(before);
	});

	test("a change of layer begins at a key frame of the new one, for which its sender is asked; until then the old one goes on", () => {
		const { room, send, ssrcShown, rtcpTo, mediaTo, member } = openLayered(["a", "b", "c"]);
		send(0);
		room.tick(1_000);
		send(1_010);
		room.watch(member("b").participant, { cameras: new Map([[0, 1]]), screens: new Set() });
		room.packetArrived("a", vp9(900, false, 31), 1_020);
		room.packetArrived("a", vp9(3, false, 33), 1_020);
		expect(ssrcShown("b")).toBe(33);
		room.tick(1_040);
		expect(rtcpTo("a")).toContainEqual(expect.objectContaining({ kind: "keyFrameRequest", ssrc: 31 }));
		const before = mediaTo("b").at(-1)?.view.sequence ?? 0;
		room.packetArrived("a", vp9(901, true, 31), 1_050);
		expect(ssrcShown("b")).toBe(31);
		expect(mediaTo("b").at(-1)?.view.sequence).toBe((before + 1) & 0xffff);
	});

	test("a viewer whose line reports less than it is sent gets a smaller layer, the others and the sender go on as before", () => {
		const { room, send, ssrcShown, rtcpTo } = openLayered(["a", "b", "c"]);
		const big = (ssrc: number, now: number, bytes: number) =>
			room.packetArrived(
				"a",
				rtpPacket({
					payloadType: payloadTypes.vp9,
					sequence: now,
					timestamp: now,
					ssrc,
					payload: Buffer.alloc(bytes, 0x08),
				}),
				now,
			);
		const second = (from: number) => {
			for (let now = from; now < from + 1_000; now += 10) {
				big(31, now, 100);
				big(32, now, 400);
				big(33, now, 1_200);
			}
			room.tick(from + 1_000);
		};
		send(0);
		second(10);
		second(1_010);
		expect(ssrcShown("b")).toBe(33);
		const estimates = (bits: number, now: number) => room.packetArrived("b", buildBandwidth(9, bits, []), now);
		estimates(1_000_000, 2_010);
		expect(ssrcShown("b")).toBe(33);
		estimates(400_000, 2_020);
		second(2_030);
		expect(ssrcShown("b")).toBe(32);
		expect(ssrcShown("c")).toBe(33);
		const told = rtcpTo("a").filter(({ kind }) => kind === "bandwidth");
		expect(told.at(-1)).toMatchObject({ bitsPerSecond: expect.closeTo(20_000_000, -5) });
	});
});
