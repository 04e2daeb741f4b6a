import { simulcastRids } from "@sotto/api";
import { bytesToHex } from "@sotto/bytes";
import { afterEach, expect, test } from "vitest";
import { joinRoom, type RoomPeer } from "./room-peer.test-kit.ts";
import { isRtcp } from "./rtp/packet.ts";
import { makeRoom, randomOctets, type RunningSfu, runSfu } from "./sfu.test-kit.ts";
import { SyntheticStream, tagOf } from "./synthetic-media.test-kit.ts";

let running: RunningSfu | undefined;
let peers: RoomPeer[] = [];

afterEach(async () => {
	for (const peer of peers) peer.close();
	peers = [];
	await running?.stop();
});

const layers = simulcastRids.map((rid, index) => ({ rid, ssrc: 500 + index }));

/** A camera in three layers, each marked; like a browser it stops those that are not wanted. */
class LayeredCamera {
	readonly #streams = layers.map(({ rid, ssrc }) => {
		const tag = randomOctets(16);
		return { tag: bytesToHex(tag), stream: new SyntheticStream("video", ssrc, 500, 3_000, tag, rid) };
	});
	#count = 0;
	wanted = 3;

	send(to: RoomPeer): void {
		for (const { stream } of this.#streams.slice(0, this.wanted)) to.send("uv", stream.next(this.#count++));
	}
	feedbackArrived(packet: Buffer): void {
		for (const { stream } of this.#streams) stream.feedbackArrived(packet);
	}
	/** Which layer a packet is of, or "none". */
	layerOf(packet: Buffer): string {
		const index = this.#streams.findIndex(({ tag }) => tag === bytesToHex(tagOf("video", packet)));
		return simulcastRids[index] ?? "none";
	}
	/** Times that a key frame was asked for, by layer. */
	requests(): readonly number[] {
		return this.#streams.map(({ stream }) => stream.keyFrameRequests);
	}
}

test("of a camera in three layers each viewer gets the one that fits its tile, whoever comes late too; what nobody sees is not sent", async () => {
	running = await runSfu();
	const how = { port: running.port, ...(await makeRoom(running.sfu)), bindAddress: "127.0.0.1" };
	const camera = new LayeredCamera();
	const sender = await joinRoom({
		...how,
		sends: { uv: layers.map(({ ssrc }) => ssrc) },
		hasLayers: true,
		received: (_mid, packet) => camera.feedbackArrived(packet),
	});
	peers = [sender];
	const seen = new Map<string, string[]>();
	const view = async (name: string) => {
		seen.set(name, []);
		const received = (mid: string, packet: Buffer) => {
			if (mid.startsWith("v") && !isRtcp(packet)) seen.get(name)?.push(camera.layerOf(packet));
		};
		const peer = await joinRoom({ ...how, sends: {}, received });
		peers.push(peer);
		return peer;
	};
	/** Sends until what the viewers were shown last is this; the sender does what the room wants. */
	const until = async (shown: Readonly<Record<string, string>>) => {
		for (const list of seen.values()) list.length = 0;
		const isSo = () => Object.entries(shown).every(([name, layer]) => seen.get(name)?.at(-1) === layer);
		while (!isSo()) {
			const wanted = sender.events.findLast((event) => event.type === "wanted");
			if (wanted?.type === "wanted") camera.wanted = wanted.camera;
			camera.send(sender);
			await new Promise((resolve) => setTimeout(resolve, 30));
		}
	};
	const watch = (peer: RoomPeer, most: number) => {
		const seat = [...peer.seats].find(([, name]) => name === sender.name)?.[0] ?? -1;
		peer.say({ type: "watch", seats: [{ seat, camera: most }], screens: [] });
	};
	const large = await view("large");
	const small = await view("small");
	await until({ large: "h", small: "h" });
	watch(small, 1);
	await until({ large: "h", small: "l" });
	watch(large, 2);
	await until({ large: "m", small: "l" });
	expect(camera.wanted).toBe(2);
	const late = await view("late");
	const requestsBefore = camera.requests()[2] ?? 0;
	await until({ late: "h", large: "m", small: "l" });
	expect(camera.requests()[2]).toBeGreaterThan(requestsBefore);
	for (const peer of [large, small, late]) watch(peer, 0);
	while (camera.wanted !== 0) {
		const wanted = sender.events.findLast((event) => event.type === "wanted");
		if (wanted?.type === "wanted") camera.wanted = wanted.camera;
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
	watch(large, 3);
	await until({ large: "h" });
	expect(seen.get("small")).toEqual([]);
}, 60_000);
