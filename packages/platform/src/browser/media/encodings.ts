import { simulcastRids } from "@sotto/api";

/** A camera's layers, low to high: how much smaller than the camera, and their most bits per second. */
const layers = {
	l: { scaleResolutionDownBy: 4, maxBitrate: 100_000 },
	m: { scaleResolutionDownBy: 2, maxBitrate: 350_000 },
	h: { scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
} as const;
/** Text has to be readable: few pictures, sharp ones. */
const screenBitrate = 2_500_000;

/** What the room wants of this participant now: see `wanted` in @sotto/api. */
export type Wanted = {
	readonly camera: number;
	readonly screen: boolean;
	/** How many others are in the room. */
	readonly others: number;
};

/**
 * Which layers to encode. For one single viewer there is nobody to choose layers for: one picture that adapts as a whole is better
 * than the sum of three. Else all up to the highest that anybody is to be sent, so that the room can fall back.
 */
export function activeLayers({ camera, others }: Pick<Wanted, "camera" | "others">): readonly boolean[] {
	return simulcastRids.map((_, index) => (others <= 1 ? index === camera - 1 : index < camera));
}

/** Bounds, layers and what is wanted, for the camera. A browser that does not take them sends by its own estimate. */
export async function tuneCamera(sender: RTCRtpSender, wanted: Wanted): Promise<void> {
	const parameters = sender.getParameters();
	const active = activeLayers(wanted);
	for (const encoding of parameters.encodings) {
		const index = simulcastRids.findIndex((rid) => rid === encoding.rid);
		const rid = simulcastRids[index];
		// Without the mode Chromium makes one scalable stream of VP9's three (measured).
		if (rid === undefined) Object.assign(encoding, { maxBitrate: layers.h.maxBitrate, active: wanted.camera > 0 });
		else Object.assign(encoding, layers[rid], { scalabilityMode: "L1T1", active: active[index] });
	}
	await sender.setParameters({ ...parameters, degradationPreference: "balanced" }).catch(() => undefined);
}

export async function tuneScreen(sender: RTCRtpSender, wanted: Wanted): Promise<void> {
	const parameters = sender.getParameters();
	for (const encoding of parameters.encodings)
		Object.assign(encoding, { maxBitrate: screenBitrate, active: wanted.screen });
	await sender.setParameters({ ...parameters, degradationPreference: "maintain-resolution" }).catch(() => undefined);
}

/** Sound goes first when the line is short. */
export async function tuneAudio(sender: RTCRtpSender): Promise<void> {
	const parameters = sender.getParameters();
	for (const encoding of parameters.encodings) Object.assign(encoding, { priority: "high" });
	await sender.setParameters(parameters).catch(() => undefined);
}
