import { bytesToBase64url } from "@sotto/bytes";
import { recordTrack } from "../../../call/page/record-track.ts";
import type { Measured } from "../measured.ts";
import { connections } from "./detour.ts";
import { microphone } from "./microphone.ts";

const lookMs = 250;

type Entry = { readonly [name: string]: unknown };
type Look = {
	readonly at: number;
	readonly audio: Entry;
	readonly video: Entry;
	readonly sent: Entry;
	readonly path: Entry;
};

const number = (entry: Entry, name: string): number => (typeof entry[name] === "number" ? entry[name] : 0);

function newest(): RTCPeerConnection {
	const connected = connections.findLast(({ connectionState }) => connectionState === "connected");
	if (connected === undefined) throw new Error("no connection stands");
	return connected;
}

/** Of several streams of a kind, the one on which most came or went. */
async function look(connection: RTCPeerConnection): Promise<Look> {
	const entries = [...((await connection.getStats()).values() as Iterable<Entry>)];
	const most = (type: string, kind: string, by: string): Entry =>
		entries
			.filter((entry) => entry["type"] === type && entry["kind"] === kind)
			.reduce<Entry>((best, entry) => (number(entry, by) >= number(best, by) ? entry : best), {});
	return {
		at: performance.now(),
		audio: most("inbound-rtp", "audio", "packetsReceived"),
		video: most("inbound-rtp", "video", "packetsReceived"),
		sent: most("outbound-rtp", "video", "packetsSent"),
		path: entries.find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true) ?? {},
	};
}

/** Looks at the newest connection for `seconds`. */
async function looks(seconds: number): Promise<readonly Look[]> {
	const connection = newest();
	const all: Look[] = [];
	for (const until = performance.now() + seconds * 1000; performance.now() < until; ) {
		all.push(await look(connection));
		await new Promise((resolve) => setTimeout(resolve, lookMs));
	}
	return [...all, await look(connection)];
}

/** The longest time in which no new picture was decoded, in ms. */
function longestStill(all: readonly Look[]): number {
	let [longest, since, count] = [0, all[0]?.at ?? 0, -1];
	for (const { at, video } of all) {
		longest = Math.max(longest, at - since);
		if (number(video, "framesDecoded") === count) continue;
		[count, since] = [number(video, "framesDecoded"), at];
	}
	return longest;
}

/** Of whom most is heard; waits until somebody is. */
async function heardTrack(connection: RTCPeerConnection): Promise<MediaStreamTrack> {
	for (const until = performance.now() + 20_000; performance.now() < until; ) {
		const { audio } = await look(connection);
		const heard = connection.getReceivers().find(({ track }) => track.id === audio["trackIdentifier"]);
		if (heard !== undefined && number(audio, "packetsReceived") > 0) return heard.track;
		await new Promise((resolve) => setTimeout(resolve, lookMs));
	}
	const { audio } = await look(connection);
	const tracks = connection.getReceivers().map(({ track }) => track.id);
	throw new Error(`nobody is heard: ${JSON.stringify(audio)}, tracks ${tracks.join()}`);
}

/**
 * What the decoders of this page give for `seconds`, after `settleSeconds` in which they play but nothing is counted, and what its
 * encoders aim at.
 */
export async function measure(settleSeconds: number, seconds: number): Promise<Measured> {
	const connection = newest();
	const joinings = connections.length;
	const track = await heardTrack(connection);
	// Chromium decodes what is played.
	const element = new Audio();
	element.srcObject = new MediaStream([track]);
	element.muted = true;
	await element.play();
	await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1000));
	const [all, recording] = await Promise.all([looks(seconds), recordTrack(track, seconds)]);
	element.srcObject = null;
	const pcm = Int16Array.from(recording.samples, (sample) => Math.max(-1, Math.min(1, sample)) * 32_767);
	return {
		...figures(all),
		joinedAgain: connections.length !== joinings,
		microphoneOpenedAt: microphone.openedAt,
		recordedAt: recording.startedAt,
		sampleRate: recording.sampleRate,
		pcm: bytesToBase64url(new Uint8Array(pcm.buffer)),
	};
}

function figures(all: readonly Look[]) {
	const [first, last] = [all[0], all.at(-1)];
	if (first === undefined || last === undefined) throw new Error("there were no looks");
	const seconds = (last.at - first.at) / 1000;
	const more = (kind: "audio" | "video" | "sent", name: string) => number(last[kind], name) - number(first[kind], name);
	const mean = (kind: "video" | "sent", name: string) =>
		all.reduce((sum, one) => sum + number(one[kind], name), 0) / all.length;
	return {
		seconds,
		audio: {
			samples: more("audio", "totalSamplesReceived"),
			concealed: more("audio", "concealedSamples"),
			bufferMs: (1000 * more("audio", "jitterBufferDelay")) / Math.max(1, more("audio", "jitterBufferEmittedCount")),
		},
		video: {
			frames: more("video", "framesDecoded"),
			freezes: more("video", "freezeCount"),
			frozenSeconds: more("video", "totalFreezesDuration"),
			longestStillMs: longestStill(all),
			width: mean("video", "frameWidth"),
			quantizer: more("video", "qpSum") / Math.max(1, more("video", "framesDecoded")),
			kbps: (more("video", "bytesReceived") * 8) / 1000 / seconds,
		},
		sent: {
			targetKbps: mean("sent", "targetBitrate") / 1000,
			kbps: (more("sent", "bytesSent") * 8) / 1000 / seconds,
			repeated: more("sent", "retransmittedPacketsSent"),
			estimateKbps: number(last.path, "availableOutgoingBitrate") / 1000,
			roundTripMs: number(last.path, "currentRoundTripTime") * 1000,
		},
	};
}
