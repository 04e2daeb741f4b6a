import { err, ok } from "@sotto/bytes";
import { deviceError, openDevice } from "../../../packages/platform/src/browser/media/devices.ts";

/** Opens devices as the product does, but for the microphone, which says the WAV at `url` over and over. */
export function speakingMicrophone(url: string): typeof openDevice {
	return async (kind, deviceId) => {
		if (kind === "camera") return openDevice(kind, deviceId);
		try {
			const context = new AudioContext({ sampleRate: 48_000 });
			await context.resume();
			const answer = await fetch(url);
			const source = new AudioBufferSourceNode(context, {
				buffer: await context.decodeAudioData(await answer.arrayBuffer()),
				loop: true,
			});
			const destination = context.createMediaStreamDestination();
			source.connect(destination);
			source.start();
			const track = destination.stream.getAudioTracks()[0];
			return track === undefined ? err({ kind: "noDevice" }) : ok(track);
		} catch (thrown) {
			return err(deviceError(thrown));
		}
	};
}
