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

/** A joining that is sent to. */
type Destination = {
	readonly session: number;
	readonly say: Peer["say"];
	/** The frames that wait there to leave, oldest first: whether each is one of the file. */
	readonly waiting: boolean[];
	/** The packet of the file that is sealed for it next. */
	nextSound: number;
	/** It was asked to drop what waits there; until it has said how much, it is given nothing. */
	isDropping: boolean;
	/** Whether it has had a key frame: what follows a gap builds on pictures that never left. */
	isShown: boolean;
};

/** How much of the file a destination has sent. */
const saidThere = ({ nextSound, waiting }: Destination) => nextSound - waiting.filter((isOfFile) => isOfFile).length;

/** Seals and sends, at a constant pace: a frame of sound every 20 ms from the first moment to the last. */
export class Sending {
	readonly #source: MediaSource;
	readonly #keys: FrameKeys;
	readonly #timer: ReturnType<typeof setInterval>;
	/** One, or two while the call moves from one room to the next (K5), which then say the same at the same time. */
	readonly #to: Destination[] = [];
	/** How much of the file was said to destinations that are no more. */
	#saidBefore = 0;
	/** When the files begin; undefined while nobody could hear them. */
	#beginsAt: number | undefined;
	#nextPicture = 0;
	#sealing = false;
	#tellOver: (() => void) | undefined;

	/** `over` is called once, when all that there was to play has been sent. */
	constructor(source: MediaSource, keys: FrameKeys, over: () => void) {
		this.#source = source;
		if (source.sound.length > 0 || source.pictures !== undefined) this.#tellOver = over;
		this.#keys = keys;
		this.#timer = setInterval(() => void this.#turn(), soundPaceMs);
	}

	/** Sends to this joining too from now on, from where the file has got to. */
	begin(session: number, say: Peer["say"]): void {
		this.#to.push({ session, say, waiting: [], nextSound: this.#said(), isDropping: false, isShown: false });
	}

	/** Sends nothing more there. What has not left by now has not been said: whoever comes next says it. */
	end(session: number): void {
		this.#saidBefore = this.#said();
		const index = this.#to.findIndex((to) => to.session === session);
		if (index !== -1) this.#to.splice(index, 1);
	}

	/** The line has sent so many frames of sound: it takes as many more. */
	left(session: number, frames: number): void {
		this.#find(session)?.waiting.splice(0, frames);
		void this.#turn();
	}

	/**
	 * K5: somebody was removed, and the keys are others. What waits to leave is sealed under those of before, so it does not: it is
	 * sealed again.
	 */
	sealAgain(): void {
		for (const to of this.#to) {
			to.isDropping = true;
			to.say({ type: "drop" });
		}
	}

	dropped(session: number, frames: number): void {
		const to = this.#find(session);
		if (to === undefined) return;
		to.nextSound -= to.waiting.splice(0, frames).filter((isOfFile) => isOfFile).length;
		to.isDropping = false;
		void this.#turn();
	}

	stop(): void {
		for (const { session } of Array.from(this.#to)) this.end(session);
		clearInterval(this.#timer);
	}

	somebodyHears(): void {
		this.#beginsAt ??= performance.now() + startsAfterMs;
	}

	#find(session: number): Destination | undefined {
		return this.#to.find((to) => to.session === session);
	}

	#said(): number {
		return Math.max(this.#saidBefore, ...this.#to.map(saidThere));
	}

	async #turn(): Promise<void> {
		if (this.#sealing) return;
		this.#sealing = true;
		try {
			for (const to of Array.from(this.#to)) await this.#sendSound(to);
			await this.#sendPictures();
			this.#lookForEnd();
		} finally {
			this.#sealing = false;
		}
	}

	#lookForEnd(): void {
		const { sound, pictures } = this.#source;
		if (this.#said() < sound.length || this.#nextPicture < (pictures?.pictures.length ?? 0)) return;
		this.#tellOver?.();
		this.#tellOver = undefined;
	}

	async #sendSound(to: Destination): Promise<void> {
		while (to.waiting.length < ahead && !to.isDropping) {
			const isPlaying = this.#beginsAt !== undefined && performance.now() >= this.#beginsAt;
			const ofFile = isPlaying ? this.#source.sound[to.nextSound] : undefined;
			const packet = ofFile ?? opusSilence;
			const frame = await this.#keys.seal(to.session, audioStream, packet, 0);
			// Without a key nothing leaves; the file waits.
			if (!this.#to.includes(to) || to.isDropping || frame === undefined) return;
			to.waiting.push(ofFile !== undefined);
			if (ofFile !== undefined) to.nextSound++;
			to.say({ type: "sound", frame });
		}
	}

	async #sendPictures(): Promise<void> {
		const file = this.#source.pictures;
		if (file === undefined || this.#beginsAt === undefined) return;
		for (;;) {
			const picture = file.pictures[this.#nextPicture];
			if (picture === undefined || performance.now() < this.#beginsAt + picture.atMs) return;
			this.#nextPicture++;
			for (const to of Array.from(this.#to)) await this.#sendPicture(to, file, picture);
		}
	}

	async #sendPicture(to: Destination, file: PictureFile, picture: PictureFile["pictures"][number]): Promise<void> {
		if (!to.isShown && !picture.isKeyFrame) return;
		to.isShown = true;
		// docs/spec/media.md: VP8 shows its first byte, VP9 none.
		const clearBytes = file.codec === "vp8" ? 1 : 0;
		const frame = await this.#keys.seal(to.session, cameraStream, picture.frame, clearBytes);
		if (frame === undefined || frame.length > maxPictureBytes || !this.#to.includes(to)) return;
		const { codec, width, height } = file;
		const timestamp = Math.round((picture.atMs * pictureClockRate) / 1000) >>> 0;
		to.say({ type: "picture", codec, frame, isKeyFrame: picture.isKeyFrame, width, height, timestamp });
	}
}
