import type { HeardSound, Speaker } from "@sotto/platform/node/media";
import { type OpenRecording, openRecording, recordingPath } from "./call-files.ts";

/** What was heard of one device of a person. */
export type Heard = {
	readonly speaker: Speaker;
	readonly file: string | undefined;
	/** When the first sound came, ms since 1970: where the file begins. */
	readonly at: number;
	readonly soundMs: number;
	readonly failure: string | undefined;
};

type Entry = {
	readonly speaker: Speaker;
	readonly open: OpenRecording | undefined;
	readonly at: number;
	frames: number;
};

/** One file for each device that is heard, in the order they are heard first; without a path they are only counted. */
export class Recordings {
	readonly #path: string | undefined;
	readonly #entries = new Map<number, Entry>();

	constructor(path: string | undefined) {
		this.#path = path;
	}

	/** Takes a frame; gives what began with it, if it is the first one of this device. */
	take(speaker: Speaker, sound: HeardSound): Heard | undefined {
		const known = this.#entries.get(speaker.leaf);
		const entry = known ?? this.#begin(speaker, sound.at);
		entry.frames++;
		entry.open?.recording.take(sound);
		return known === undefined ? heardOf(entry) : undefined;
	}

	#begin(speaker: Speaker, cameAt: number): Entry {
		const open = this.#path === undefined ? undefined : openRecording(recordingPath(this.#path, this.#entries.size));
		const entry = { speaker, open, at: Math.round(performance.timeOrigin + cameAt), frames: 0 };
		this.#entries.set(speaker.leaf, entry);
		return entry;
	}

	/** Ends all files; gives what was heard of everybody. */
	close(): readonly Heard[] {
		return [...this.#entries.values()].map((entry) => {
			entry.open?.close();
			return heardOf(entry);
		});
	}
}

function heardOf({ speaker, open, at, frames }: Entry): Heard {
	return { speaker, file: open?.path, at, soundMs: frames * 20, failure: open?.failure() };
}
