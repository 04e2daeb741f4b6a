import { audioStream, cameraStream } from "../../media/streams.ts";
import type { FrameKeys } from "../../media/frame-keys.ts";
import type { PictureFile } from "./ivf.ts";
import { maxPictureBytes } from "./line-messages.ts";
import { opusSilence } from "./opus.ts";
import { pictureClockRate, soundPaceMs } from "./plan.ts";
import type { Peer } from "./room-peer.ts";
import type { Bytes } from "@sotto/bytes";

/** What is sent: sound from packets of 20 ms, silence before and behind them, and pictures if there are any. */
export type MediaSource = { readonly sound: readonly Bytes[]; readonly pictures: PictureFile | undefined };

/**
 * Frames of sound that the line has in advance, so that a busy moment here (a commit of a large group, a machine with more to do
 * than it can) is none in the pace. What is said comes out of a file: that it leaves half a second later is not felt.
 */
const ahead = 25;
/** The files begin this long after the first sound of somebody else: by then our roster entry has reached them (K4). */
const startsAfterMs = 1_000;

/** Seals and sends, at a constant pace: a frame of sound every 20 ms from the first moment to the last. */
export class Sending {
	readonly #source: MediaSource;
	readonly #keys: FrameKeys;
	readonly #timer: ReturnType<typeof setInterval>;
	/** Where it goes, and the frames that wait there to leave, oldest first: whether each is one of the file. */
	#to: { readonly session: number; readonly say: Peer["say"]; readonly waiting: boolean[] } | undefined;
	/** When the files begin; undefined while nobody could hear them. */
	#beginsAt: number | undefined;
	#nextSound = 0;
	#nextPicture = 0;
	#shownTo: object | undefined;
	#sealing = false;
	#tellOver: (() => void) | undefined;

	/** `over` is called once, when all that there was to play has been sent. */
	constructor(source: MediaSource, keys: FrameKeys, over: () => void) {
		this.#source = source;
		if (source.sound.length > 0 || source.pictures !== undefined) this.#tellOver = over;
		this.#keys = keys;
		this.#timer = setInterval(() => void this.#turn(), soundPaceMs);
	}

	/** Sends to this joining from now on. */
	begin(session: number, say: Peer["say"]): void {
		this.#to = { session, say, waiting: [] };
	}

	/** The line has sent so many frames of sound: it takes as many more. */
	left(frames: number): void {
		this.#to?.waiting.splice(0, frames);
		void this.#turn();
	}

	/** Sends to nobody until the next `begin`. What has not left by now has not been said: it is sealed again then. */
	pause(): void {
		this.#nextSound -= this.#unsaid();
		this.#to = undefined;
	}

	/** Frames of the file that the line has not sent yet. */
	#unsaid(): number {
		return this.#to?.waiting.filter((isOfFile) => isOfFile).length ?? 0;
	}

	stop(): void {
		this.pause();
		clearInterval(this.#timer);
	}

	somebodyHears(): void {
		this.#beginsAt ??= performance.now() + startsAfterMs;
	}

	async #turn(): Promise<void> {
		if (this.#sealing) return;
		this.#sealing = true;
		try {
			await this.#sendSound();
			await this.#sendPictures();
			this.#lookForEnd();
		} finally {
			this.#sealing = false;
		}
	}

	#lookForEnd(): void {
		const { sound, pictures } = this.#source;
		if (this.#nextSound < sound.length || this.#unsaid() > 0) return;
		if (this.#nextPicture < (pictures?.pictures.length ?? 0)) return;
		this.#tellOver?.();
		this.#tellOver = undefined;
	}

	async #sendSound(): Promise<void> {
		const to = this.#to;
		if (to === undefined) return;
		while (to.waiting.length < ahead) {
			const isPlaying = this.#beginsAt !== undefined && performance.now() >= this.#beginsAt;
			const ofFile = isPlaying ? this.#source.sound[this.#nextSound] : undefined;
			const packet = ofFile ?? opusSilence;
			const frame = await this.#keys.seal(to.session, audioStream, packet, 0);
			// Without a key nothing leaves; the file waits.
			if (this.#to !== to || frame === undefined) return;
			to.waiting.push(ofFile !== undefined);
			if (ofFile !== undefined) this.#nextSound++;
			to.say({ type: "sound", frame });
		}
	}

	async #sendPictures(): Promise<void> {
		const { pictures: file } = this.#source;
		if (file === undefined || this.#beginsAt === undefined) return;
		for (;;) {
			const to = this.#to;
			const picture = file.pictures[this.#nextPicture];
			if (picture === undefined || performance.now() < this.#beginsAt + picture.atMs) return;
			this.#nextPicture++;
			// What follows a gap builds on pictures that never left: it waits for the next key frame.
			if (to !== this.#shownTo && !picture.isKeyFrame) continue;
			if (to === undefined) continue;
			this.#shownTo = to;
			// docs/spec/media.md: VP8 shows its first byte, VP9 none.
			const clearBytes = file.codec === "vp8" ? 1 : 0;
			const frame = await this.#keys.seal(to.session, cameraStream, picture.frame, clearBytes);
			if (frame === undefined || frame.length > maxPictureBytes || this.#to !== to) continue;
			const { codec, width, height } = file;
			const timestamp = Math.round((picture.atMs * pictureClockRate) / 1000) >>> 0;
			to.say({ type: "picture", codec, frame, isKeyFrame: picture.isKeyFrame, width, height, timestamp });
		}
	}
}
