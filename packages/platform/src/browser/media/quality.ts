import type { LineSample } from "./media-session.ts";

/** What a connection did so far, summed over its streams, as getStats tells it. Times in ms. */
export type Flow = {
	readonly at: number;
	readonly roundTripMs: number | undefined;
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly framesDecoded: number;
	readonly packetsSent: number;
	readonly bytesSent: number;
	readonly bytesReceived: number;
	/** All that came over the connection's path, the room's own reports included; connectivity checks do not count. */
	readonly pathBytes: number;
	/** Payload bytes sent by m-line (`ua`, `uv`), for the check that each stream was sealed. Padding and probes do not count. */
	readonly sentByMid: ReadonlyMap<string, number>;
	/** Pictures decoded by m-line (`v0`, `v1`, …). */
	readonly decodedByMid: ReadonlyMap<string, number>;
	/** What the room last reported missing of our own sound, 0 to 1; undefined while it has not. */
	readonly sentLoss: number | undefined;
	/** Sound that was played, and of that what the decoder made up to bridge a gap, in samples, by m-line (`a0`, `a1`, …). */
	readonly soundByMid: ReadonlyMap<string, { readonly samples: number; readonly madeUp: number }>;
	/** Energy of what was played, and for how many seconds, by m-line (`a0`, `a1`, …): how loud it was. */
	readonly energyByMid: ReadonlyMap<string, { readonly energy: number; readonly seconds: number }>;
};

type Entry = { readonly [name: string]: unknown };

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** Reads what we need of a statistics report. */
export function readFlow(entries: Iterable<Entry>, at: number): Flow {
	const flow = { packetsReceived: 0, packetsLost: 0, framesDecoded: 0, packetsSent: 0, bytesSent: 0, bytesReceived: 0 };
	let roundTripMs: number | undefined;
	let sentLoss: number | undefined;
	let pathBytes = 0;
	const sentByMid = new Map<string, number>();
	const decodedByMid = new Map<string, number>();
	const soundByMid = new Map<string, { readonly samples: number; readonly madeUp: number }>();
	const energyByMid = new Map<string, { readonly energy: number; readonly seconds: number }>();
	for (const entry of entries) {
		const mid = typeof entry["mid"] === "string" ? entry["mid"] : "";
		if (entry["type"] === "inbound-rtp") {
			flow.packetsReceived += number(entry["packetsReceived"]);
			flow.packetsLost += number(entry["packetsLost"]);
			flow.bytesReceived += number(entry["bytesReceived"]);
			if (entry["kind"] === "video") {
				flow.framesDecoded += number(entry["framesDecoded"]);
				decodedByMid.set(mid, number(entry["framesDecoded"]));
			} else {
				// What is made up for silence nobody misses.
				const madeUp = number(entry["concealedSamples"]) - number(entry["silentConcealedSamples"]);
				soundByMid.set(mid, { samples: number(entry["totalSamplesReceived"]), madeUp });
				const [energy, seconds] = [number(entry["totalAudioEnergy"]), number(entry["totalSamplesDuration"])];
				energyByMid.set(mid, { energy, seconds });
			}
		}
		if (entry["type"] === "outbound-rtp") {
			flow.packetsSent += number(entry["packetsSent"]);
			flow.bytesSent += number(entry["bytesSent"]);
			sentByMid.set(mid, (sentByMid.get(mid) ?? 0) + number(entry["bytesSent"]));
		}
		if (entry["type"] === "remote-inbound-rtp" && entry["kind"] === "audio") sentLoss = number(entry["fractionLost"]);
		if (entry["type"] !== "candidate-pair" || entry["nominated"] !== true) continue;
		pathBytes += number(entry["bytesReceived"]);
		if (number(entry["currentRoundTripTime"]) > 0) roundTripMs = number(entry["currentRoundTripTime"]) * 1000;
	}
	return { at, roundTripMs, sentLoss, ...flow, pathBytes, sentByMid, decodedByMid, soundByMid, energyByMid };
}

/** How loud an m-line was since `before`: the root mean square of its samples, 0 to 1. */
export function loudnessOf(before: Flow, now: Flow, mid: string): number {
	const [old, next] = [before.energyByMid.get(mid), now.energyByMid.get(mid)];
	if (old === undefined || next === undefined || next.seconds <= old.seconds) return 0;
	return Math.sqrt(Math.max(0, next.energy - old.energy) / (next.seconds - old.seconds));
}

/** How much of what an m-line played since `before` was made up, 0 to 1; undefined if nothing was played. */
export function madeUpOf(before: Flow, now: Flow, mid: string): number | undefined {
	const [old, next] = [before.soundByMid.get(mid), now.soundByMid.get(mid)];
	if (old === undefined || next === undefined || next.samples <= old.samples) return undefined;
	return Math.max(0, next.madeUp - old.madeUp) / (next.samples - old.samples);
}

/** More than any browser sends by itself on a stream whose frames are all held back. */
const graceBytes = 8_000;

/** Whether a stream went out that the worker did not seal: `sealed` frames by stream, in the order of `mids`. */
export function isUnprotected(flow: Flow, mids: readonly string[], sealed: readonly number[]): boolean {
	return mids.some((mid, stream) => (flow.sentByMid.get(mid) ?? 0) > graceBytes && (sealed[stream] ?? 0) === 0);
}

/**
 * Nothing at all came over the path, though a room reports to everybody each second: packets go to where we no longer are, which
 * ICE does not see when its own checks still find a way (measured: a router that begins anew). A browser that does not count tells
 * nothing.
 */
export function isDeaf(before: Flow, now: Flow): boolean {
	return now.pathBytes > 0 && now.pathBytes === before.pathBytes;
}

export function sampleOf(before: Flow, now: Flow): LineSample {
	const seconds = Math.max(0.001, (now.at - before.at) / 1000);
	const received = now.packetsReceived - before.packetsReceived;
	const lost = Math.max(0, now.packetsLost - before.packetsLost);
	return {
		at: Date.now(),
		roundTripMs: now.roundTripMs,
		loss: received + lost === 0 ? 0 : lost / (received + lost),
		sendKbps: ((now.bytesSent - before.bytesSent) * 8) / 1000 / seconds,
		receiveKbps: ((now.bytesReceived - before.bytesReceived) * 8) / 1000 / seconds,
	};
}
