import { bytesToHex } from "@sotto/bytes";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { joinRoom, type RoomPeer } from "./room-peer.test-kit.ts";
import { isRtcp, writeUint16 } from "./rtp/packet.ts";
import { makeRoom, randomOctets, type RunningSfu, runSfu } from "./sfu.test-kit.ts";
import { SyntheticStream, tagOf } from "./synthetic-media.test-kit.ts";

let running: RunningSfu | undefined;
let peers: RoomPeer[] = [];

afterEach(async () => {
	for (const peer of peers) peer.close();
	peers = [];
	await running?.stop();
});

/** RTCP of any type, with the length field right, too long or too short for what follows. */
const rtcpNoise = fc
	.tuple(fc.integer({ min: 192, max: 223 }), fc.nat(31), fc.nat(12), fc.integer({ min: -2, max: 2 }), fc.boolean())
	.chain(([type, format, words, lie, isEmpty]) =>
		fc.uint8Array({ minLength: 4 * words + 4, maxLength: 4 * words + 4 }).map((body) => {
			const packet = Buffer.alloc(8 + body.length);
			if (!isEmpty) packet.set(body, 4);
			packet[0] = 0x80 | format;
			packet[1] = type;
			writeUint16(packet, 2, Math.max(0, words + 1 + lie));
			return packet;
		}),
	);

test("whatever RTCP a participant makes up, the room goes on, and so does the participant's own sound", async () => {
	running = await runSfu();
	const room = await makeRoom(running.sfu);
	const tag = randomOctets(16);
	let heard = 0;
	const how = { port: running.port, ...room, bindAddress: "127.0.0.1" };
	const received = (mid: string, packet: Buffer) => {
		if (!isRtcp(packet) && mid.startsWith("a") && bytesToHex(tagOf("audio", packet)) === bytesToHex(tag)) heard++;
	};
	const listener = await joinRoom({ ...how, sends: {}, received });
	const speaker = await joinRoom({ ...how, sends: { ua: [7] }, received: () => {} });
	peers = [listener, speaker];
	const sound = new SyntheticStream("audio", 7, 192, 960, tag);
	let count = 0;
	const hearsMore = async () => {
		for (const before = heard; heard === before; ) {
			speaker.send("ua", sound.next(count++));
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	};
	await hearsMore();
	const [processId] = running.sfu.processIds();
	for (const [index, noise] of fc.sample(rtcpNoise, { numRuns: 2_000, seed: 11 }).entries()) {
		speaker.send("ua", noise);
		if (index % 50 === 49) await hearsMore();
	}
	expect(running.sfu.processIds()).toEqual([processId]);
	expect(running.lines).toEqual([]);
}, 60_000);
