import { maxRoomParticipants } from "@sotto/api";
import { bytesToHex } from "@sotto/bytes";
import { afterEach, expect, test } from "vitest";
import { RoomPeer } from "./room-peer.test-kit.ts";
import { isRtcp } from "./rtp/packet.ts";
import { makeRoom, type RunningSfu, runSfu } from "./sfu.test-kit.ts";
import { SyntheticStream, tagOf } from "./synthetic-media.test-kit.ts";

let running: RunningSfu | undefined;
let people: Person[] = [];

afterEach(async () => {
	for (const { peer } of people) peer.close();
	people = [];
	await running?.stop();
});

type Person = {
	readonly peer: RoomPeer;
	/** By seat: whose packets came there. */
	readonly heard: Map<string, Set<string>>;
	readonly speak: () => void;
};

/** A participant that sends sound and a picture, each packet marked with its id, and notes whose come in which seat. */
function join(port: number, room: Awaited<ReturnType<typeof makeRoom>>, index: number): Person {
	const heard = new Map<string, Set<string>>();
	const [audioSsrc, videoSsrc] = [100_000 + index, 200_000 + index];
	const peer: RoomPeer = new RoomPeer({
		port,
		...room,
		bindAddress: "127.0.0.1",
		sends: { ua: [audioSsrc], uv: [videoSsrc] },
		received(mid, packet) {
			if (mid === "uv") video.feedbackArrived(packet);
			if (isRtcp(packet)) return;
			const tag = bytesToHex(tagOf(mid.startsWith("a") ? "audio" : "video", packet));
			heard.set(mid, (heard.get(mid) ?? new Set()).add(tag));
		},
	});
	const audio = new SyntheticStream("audio", audioSsrc, 192, 960, peer.participantId);
	const video = new SyntheticStream("video", videoSsrc, 600, 3_000, peer.participantId);
	let transportSequence = 0;
	const speak = () => {
		peer.send("ua", audio.next(transportSequence++));
		peer.send("uv", video.next(transportSequence++));
	};
	return { peer, heard, speak };
}

async function comeIn(...how: Parameters<typeof join>): Promise<void> {
	for (;;) {
		const person = join(...how);
		if (await person.peer.connected()) return void people.push(person);
		person.peer.close();
	}
}

/** The ids of everybody whom a person is told to sit in a seat, and whose sound and picture, nobody else's, came there. */
function seenBy({ peer, heard }: Person): string[] {
	const only = (mid: string, name: string) => heard.get(mid)?.size === 1 && heard.get(mid)?.has(name) === true;
	return [...peer.seats]
		.filter(([seat, name]) => only(`a${seat}`, name) && only(`v${seat}`, name))
		.map(([, name]) => name)
		.toSorted();
}

test("32 people in one room hear and see each other, each in the seat that the room named", async () => {
	running = await runSfu();
	const room = await makeRoom(running.sfu);
	// Eight come at once: thirty-two handshakes in the same moment are a load test of the machine.
	for (let first = 0; first < maxRoomParticipants; first += 8)
		await Promise.all(Array.from({ length: 8 }, (_, index) => comeIn(running?.port ?? 0, room, first + index)));
	const everybody = people.map(({ peer }) => peer.name).toSorted();
	const complete = () =>
		people.every((person) => seenBy(person).join() === everybody.filter((name) => name !== person.peer.name).join());
	while (!complete()) {
		for (const { speak } of people) speak();
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	expect(running.sfu.count()).toEqual({ rooms: 1, participants: maxRoomParticipants });
	expect(running.lines).toEqual([]);
}, 60_000);
