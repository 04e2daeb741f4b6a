import type { RtpView } from "../rtp/packet.ts";
import { buildBandwidth, buildKeyFrameRequest, buildNack, buildReceiverReport } from "../rtp/rtcp.ts";
import { createSeatStream } from "../rtp/seat-stream.ts";
import { TransportFeedback } from "../rtp/transport-feedback.ts";
import type { AnsweredStream } from "./answer.ts";
import { DownlinkLimit } from "./bandwidth.ts";
import type { LayerName } from "./media-plan.ts";
import { Place, type SendPacket } from "./place.ts";
import { RepairBudget } from "./repair-budget.ts";
import { Source } from "./source.ts";
import type { Uplink } from "./uplink.ts";
import type { Wanted, Watching } from "./watching.ts";

/** The SSRC under which the sfu itself speaks RTCP. */
export const ownSsrc = 1;

/** Two lines of a participant's downlink, and whose sound and picture they carry at the moment. */
export type Seat = {
	readonly index: number;
	readonly audio: Place;
	readonly video: Place;
	occupant: Participant | undefined;
};

/** A line of a participant's downlink for a shared screen, and whose it is. */
export type ScreenPlace = { readonly index: number; readonly place: Place; occupant: Participant | undefined };

/** The SSRCs of a seat, and of a screen's place, as their m-lines announce them. */
export type VideoSsrcs = { readonly video: number; readonly videoRtx: number };
export type SeatSsrcs = VideoSsrcs & { readonly audio: number };

/** The shares of what is sent for the first time that may be sent again: sound comes first. */
const pictureRepairs = 0.4;
const soundRepairs = 1;

/** The packet path of one participant: what it sends, and its places. Mutable, without clock or I/O. */
export class Participant {
	readonly key: string;
	readonly audio = new Source("audio");
	readonly camera = new Source("camera");
	readonly screen = new Source("screen");
	readonly sources: readonly Source[] = [this.audio, this.camera, this.screen];
	readonly seats: Seat[] = [];
	readonly screens: readonly ScreenPlace[];
	/** For pictures: counts what it sends. Sound is not limited. */
	readonly #sendPicture: SendPacket;
	readonly #sendSound: SendPacket;
	readonly #repairPicture: SendPacket;
	readonly #repairSound: SendPacket;
	readonly #send: SendPacket;
	readonly #random16: () => number;
	/** By the SSRC that feedback about them names. */
	readonly #placeBySsrc = new Map<number, Place>();
	/** As its answers named them. */
	#uplinkBySsrc: ReadonlyMap<number, Uplink> = new Map();
	/** As its packets named them. */
	readonly #layerBySsrc = new Map<number, Uplink>();
	readonly #feedback = new TransportFeedback();
	/** How much in pictures its line takes. */
	readonly limit = new DownlinkLimit();
	/** What it said last is on its screen; undefined before it said anything. */
	watching: Watching | undefined;
	/** What it was told last is wanted of it. */
	wanted: Wanted | undefined;
	#sentBytes = 0;
	/** Whether it answered that it sends lost sound once more: who has not is not asked. */
	#repeatsSound = false;

	constructor(
		key: string,
		seats: readonly SeatSsrcs[],
		screens: readonly VideoSsrcs[],
		send: SendPacket,
		random16: () => number,
	) {
		this.key = key;
		this.#random16 = random16;
		this.#send = send;
		const [pictures, sound] = [new RepairBudget(pictureRepairs), new RepairBudget(soundRepairs)];
		this.#sendPicture = (packet) => {
			this.#sentBytes += packet.length;
			pictures.sent(packet.length);
			send(packet);
		};
		this.#sendSound = (packet) => {
			sound.sent(packet.length);
			send(packet);
		};
		this.#repairPicture = (packet) => void (pictures.take(packet.length) && send(packet));
		this.#repairSound = (packet) => void (sound.take(packet.length) && send(packet));
		this.addSeats(seats);
		this.screens = screens.map((ssrcs, index) => ({
			index,
			place: this.#videoPlace(ssrcs),
			occupant: undefined,
		}));
	}

	/** Adds seats that its connection now has m-lines for. */
	addSeats(seats: readonly SeatSsrcs[]): void {
		for (const ssrcs of seats) {
			const index = this.seats.length;
			const stream = createSeatStream(ssrcs.audio, -1, 48_000, this.#random16);
			const audio = new Place(stream, this.#sendSound, this.#repairSound);
			this.#placeBySsrc.set(ssrcs.audio, audio);
			this.seats.push({ index, audio, video: this.#videoPlace(ssrcs), occupant: undefined });
		}
	}

	#videoPlace(ssrcs: VideoSsrcs): Place {
		const stream = createSeatStream(ssrcs.video, ssrcs.videoRtx, 90_000, this.#random16);
		const place = new Place(stream, this.#sendPicture, this.#repairPicture);
		this.#placeBySsrc.set(ssrcs.video, place);
		return place;
	}

	/** Takes the streams that an answer named, and the layers of its camera. */
	announce(streams: readonly AnsweredStream[], layers: readonly LayerName[]): void {
		if (this.camera.announce(layers)) this.#layerBySsrc.clear();
		const uplinks = new Map<number, Uplink>();
		for (const { mid, ssrc } of streams) {
			const [only, ...more] = this.sources.find((source) => source.mid === mid)?.layers ?? [];
			if (only !== undefined && more.length === 0) uplinks.set(ssrc, only);
		}
		this.#uplinkBySsrc = uplinks;
		this.#repeatsSound = streams.some(({ mid, repeats }) => mid === this.audio.mid && repeats);
	}

	/** What a stream is: as an answer named it, or one of the camera's layers. */
	uplinkOf(ssrc: number): Uplink | undefined {
		return this.#uplinkBySsrc.get(ssrc) ?? this.#layerBySsrc.get(ssrc);
	}

	/** The layer that a stream says it is, and is from now on. Each has one stream and one that repairs it. */
	learnLayer({ ssrc, rid, repairedRid }: Readonly<RtpView>): Uplink | undefined {
		const layer = this.camera.layerNamed(rid >= 0 ? rid : repairedRid);
		if (layer === undefined || this.#layerBySsrc.size >= 2 * this.camera.layers.length) return undefined;
		this.#layerBySsrc.set(ssrc, layer);
		return layer;
	}

	/** The place whose packets have this SSRC. */
	placeOf(ssrc: number): Place | undefined {
		return this.#placeBySsrc.get(ssrc);
	}

	transportSequenceArrived(sequence: number, now: number): void {
		if (sequence >= 0) this.#feedback.arrived(sequence, now);
	}

	seatOf(occupant: Participant): Seat | undefined {
		return this.seats.find((seat) => seat.occupant === occupant);
	}

	/** Seats `occupant` in the first free place. Undefined when all are taken. */
	seatFor(occupant: Participant): Seat | undefined {
		const seat = this.seats.find((candidate) => candidate.occupant === undefined);
		if (seat === undefined) return undefined;
		seat.occupant = occupant;
		seat.audio.aimAt(occupant.audio.layers[0]);
		return seat;
	}

	/** Frees the seat of `occupant`, if it has one. */
	unseat(occupant: Participant): Seat | undefined {
		const seat = this.seatOf(occupant);
		if (seat === undefined) return undefined;
		seat.occupant = undefined;
		seat.audio.aimAt(undefined);
		seat.video.aimAt(undefined);
		return seat;
	}

	*#uplinks(): Generator<Uplink> {
		for (const source of this.sources) yield* source.layers;
	}

	/** Every 20 ms or so: asks for what is missing and for key frames. */
	sendRequests(now: number): void {
		for (const uplink of this.#uplinks()) {
			const missing = uplink.loss.due(now);
			const isHeeded = uplink.kind === "video" || this.#repeatsSound;
			if (missing.length > 0 && isHeeded) this.#send(buildNack(ownSsrc, uplink.ssrc, missing));
			if (uplink.loss.takeGivenUp() > 0) uplink.missKeyFrame(now);
			if (uplink.takeKeyFrameRequest(now)) this.#send(buildKeyFrameRequest(ownSsrc, uplink.ssrc));
		}
	}

	/** Every 60 ms or so: arrival times for the sender's estimate. */
	sendTransportFeedback(): void {
		for (const uplink of this.#uplinks()) {
			if (!uplink.isActive) continue;
			const feedback = this.#feedback.build(ownSsrc, uplink.ssrc);
			if (feedback !== undefined) this.#send(feedback);
			return;
		}
	}

	/** Every second: receiver reports, and how much its pictures may take together. */
	sendReports(now: number, limitBitsPerSecond: number): void {
		const pictures: number[] = [];
		for (const uplink of this.#uplinks()) {
			const block = uplink.reception?.report(now);
			if (block !== undefined) this.#send(buildReceiverReport(ownSsrc, [block]));
			if (uplink.isActive && uplink.kind === "video") pictures.push(uplink.ssrc);
		}
		if (pictures.length > 0) this.#send(buildBandwidth(ownSsrc, limitBitsPerSecond, pictures));
	}

	/** Every second: works out what its downlink can take. `elapsedMs` since the last time. */
	measure(now: number, elapsedMs: number): void {
		this.limit.measure((this.#sentBytes * 8000) / Math.max(1, elapsedMs), now);
		this.#sentBytes = 0;
		for (const uplink of this.#uplinks()) uplink.measure(now, elapsedMs);
	}
}
