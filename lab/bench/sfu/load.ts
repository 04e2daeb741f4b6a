import { isRtcp } from "../../../services/sfu/src/rtp/packet.ts";
import type { Received } from "../../../services/sfu/src/real-peer.test-kit.ts";
import { SyntheticStream } from "../../../services/sfu/src/synthetic-media.test-kit.ts";

/** Who is in the room and what they send. Whoever is in hears every speaker but itself. */
export type Scenario = {
	readonly name: string;
	readonly speakers: number;
	readonly listeners: number;
	/** Packets a second of each speaker: sound of 192 bytes, pictures of 1,100. */
	readonly audioRate: number;
	readonly videoRate: number;
};

/** Packets that reach somebody when every speaker sends one. */
export function fanOut({ speakers, listeners }: Scenario): number {
	return speakers * (speakers + listeners - 1);
}

/** A server under load, with everybody of the scenario connected. */
export type Loaded = {
	/** The process that forwards. */
	readonly processId: number;
	/** The uplink of each speaker: its m-lines are `ua` and `uv`. */
	readonly send: readonly ((mid: "ua" | "uv", packet: Buffer) => void)[];
	readonly close: () => Promise<void>;
};

/** Puts everybody of a scenario into a room of a server; `crowd` gives the streams that the speakers' descriptions name. */
export type StartServer = (scenario: Scenario, crowd: Crowd) => Promise<Loaded>;

const tickMs = 5;

/** The speakers' streams, sent at their pace, and the count of what arrives at everybody. */
export class Crowd {
	readonly audio: readonly SyntheticStream[];
	readonly video: readonly SyntheticStream[];
	/** RTP packets that arrived at receivers. */
	received = 0;
	/** RTP packets that speakers sent. */
	sent = 0;
	readonly #scenario: Scenario;
	#timer: ReturnType<typeof setInterval> | undefined;

	constructor(scenario: Scenario) {
		this.#scenario = scenario;
		const tag = new Uint8Array(16);
		const streams = (make: (index: number) => SyntheticStream) =>
			Array.from({ length: scenario.speakers }, (_, index) => make(index));
		this.audio = streams((index) => new SyntheticStream("audio", 100_000 + index, 192, 960, tag));
		this.video = streams((index) => new SyntheticStream("video", 200_000 + index, 1_100, 3_000, tag));
	}

	/** For a receiver's transport. */
	readonly arrived: Received = (_mid, packet) => {
		if (!isRtcp(packet)) this.received++;
	};

	/** For the transport of speaker `index`: key frames are sent when they are asked for. */
	feedbackFor(index: number): Received {
		return (_mid, packet) => this.video[index]?.feedbackArrived(packet);
	}

	start(send: Loaded["send"]): void {
		const { audioRate, videoRate } = this.#scenario;
		const startedAt = performance.now();
		const speakers = send.map((uplink, index) => ({
			uplink,
			index,
			transportSequence: 0,
			audioSent: 0,
			videoSent: 0,
			// Nobody speaks in step with anybody.
			offsetMs: (index * 37) % 100,
		}));
		this.#timer = setInterval(() => {
			const now = performance.now() - startedAt;
			for (const speaker of speakers) {
				const seconds = (now - speaker.offsetMs) / 1000;
				for (; speaker.audioSent < seconds * audioRate; speaker.audioSent++, this.sent++)
					speaker.uplink("ua", this.#next(this.audio, speaker.index, speaker.transportSequence++));
				for (; speaker.videoSent < seconds * videoRate; speaker.videoSent++, this.sent++)
					speaker.uplink("uv", this.#next(this.video, speaker.index, speaker.transportSequence++));
			}
		}, tickMs);
	}

	#next(streams: readonly SyntheticStream[], index: number, transportSequence: number): Buffer {
		return (streams[index] as SyntheticStream).next(transportSequence);
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}
