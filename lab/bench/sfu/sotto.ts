import { joinRoom, type RoomPeer } from "../../../services/sfu/src/room-peer.test-kit.ts";
import { makeRoom, runSfu } from "../../../services/sfu/src/sfu.test-kit.ts";
import type { Loaded, Scenario, StartServer } from "./load.ts";

/** How many join at the same time. */
const atOnce = 8;

/**
 * Our room, joined as clients join it. A room of the product is for 32: for more listeners the bench raises the limit and gives
 * each as many seats as there are speakers, who come first and so sit in them.
 */
export function startSotto(mediaAddress: string): StartServer {
	return async (scenario, crowd): Promise<Loaded> => {
		const people = scenario.speakers + scenario.listeners;
		const running = await runSfu({ mediaAddress, limits: limitsFor(scenario) });
		const room = await makeRoom(running.sfu);
		const join = (index: number) => {
			const [audio, video] = [crowd.audio[index], crowd.video[index]];
			const heed = crowd.feedbackFor(index);
			return joinRoom({
				port: running.port,
				...room,
				bindAddress: mediaAddress,
				sends: audio === undefined || video === undefined ? {} : { ua: [audio.ssrc], uv: [video.ssrc] },
				received: (mid, packet) => (mid === "uv" ? heed(mid, packet) : crowd.arrived(mid, packet)),
			});
		};
		const peers: RoomPeer[] = [];
		// The speakers first, one after the other; then a few at a time.
		for (let index = 0; index < scenario.speakers; index++) peers.push(await join(index));
		while (peers.length < people) {
			const wave = Math.min(atOnce, people - peers.length);
			peers.push(...(await Promise.all(Array.from({ length: wave }, () => join(scenario.speakers)))));
		}
		return {
			processId: running.sfu.processIds()[0] ?? 0,
			send: peers.slice(0, scenario.speakers).map((peer) => (mid, packet) => peer.send(mid, packet)),
			async close() {
				for (const peer of peers) peer.close();
				await running.stop();
			},
		};
	};
}

function limitsFor({ speakers, listeners }: Scenario) {
	const participants = speakers + listeners;
	return participants <= 32 ? {} : { participants, seats: speakers };
}
