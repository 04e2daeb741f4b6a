import type { Bytes } from "@sotto/bytes";
import { OggOpusWriter } from "./ogg-opus.ts";
import { opusSilence } from "./opus.ts";
import { samplesPerFrame, soundPaceMs } from "./plan.ts";
import { distance } from "./rtp.ts";

/** A frame of sound that was opened, as it stood in the stream that brought it. */
export type HeardSound = {
	/** Another one after each joining of the sender: its sequence and time begin anew. */
	readonly stream: string;
	readonly sequence: number;
	readonly timestamp: number;
	readonly frame: Bytes;
	/** When it came, in ms. */
	readonly at: number;
};

/** Packets that wait for those that were overtaken: 100 ms of them. */
const reorderDepth = 5;
/** A gap longer than this in a stream's own time is measured by our clock instead. */
const maxGapFrames = 500;

/**
 * One person's sound as a file: in the order it was spoken, in real time. What was lost on the way, and the time between two
 * joinings, is silence, so that the files of one call can be laid beside each other.
 */
export class Recording {
	readonly #writer: OggOpusWriter;
	#held: HeardSound[] = [];
	#last: HeardSound | undefined;
	frames = 0;

	constructor(write: (bytes: Uint8Array) => void, serial: number) {
		this.#writer = new OggOpusWriter(write, serial);
	}

	take(sound: HeardSound): void {
		if (this.#held[0] !== undefined && this.#held[0].stream !== sound.stream) this.#release(0);
		const behind = this.#held.findLastIndex((other) => distance(other.sequence, sound.sequence, 16) < 0);
		this.#held.splice(behind + 1, 0, sound);
		this.#release(reorderDepth);
	}

	durationMs(): number {
		return this.#writer.durationMs();
	}

	end(): void {
		this.#release(0);
		this.#writer.end();
	}

	#release(depth: number): void {
		while (this.#held.length > depth) {
			const sound = this.#held.shift() as HeardSound;
			const missing = this.#missingBefore(sound);
			if (missing < 0) continue;
			for (let frame = 0; frame < missing; frame++) this.#writer.packet(opusSilence);
			this.#writer.packet(sound.frame);
			this.frames++;
			this.#last = sound;
		}
	}

	/** How many frames of silence stand before this one; negative if its place is taken. */
	#missingBefore(sound: HeardSound): number {
		const last = this.#last;
		if (last === undefined) return 0;
		const byClock = Math.max(0, Math.round((sound.at - last.at) / soundPaceMs) - 1);
		if (last.stream !== sound.stream) return byClock;
		const missing = Math.round(distance(sound.timestamp, last.timestamp, 32) / samplesPerFrame) - 1;
		return missing > maxGapFrames ? byClock : missing;
	}
}
