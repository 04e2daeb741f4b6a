import type { Opened } from "./frame-keys.ts";
import { audioStream, type StreamIndex } from "./streams.ts";

/** How long sound under a base that is not here yet is kept for it, so that a change of keys swallows no word (K5). */
const keptForBaseMs = 1_000;
/** While frames come under such a base, it is told at most this often. */
const tellIntervalMs = 250;
const lookMs = 20;
/** A hint costs its sender nothing: no more of them are remembered. */
const maxRemembered = 64;

/**
 * K5: a frame under a higher m says that there is something to read in the log. Sound waits for the base: late words are better than
 * none. The hint is not authenticated, so each m is waited for only once.
 */
export class Ahead {
	readonly #newestM: () => number;
	readonly #tell: (m: number) => void;
	readonly #since = new Map<number, number>();
	#toldAt = Number.NEGATIVE_INFINITY;

	/** `tell` hears of frames under a base that is not here. */
	constructor(newestM: () => number, tell: (m: number) => void) {
		this.#newestM = newestM;
		this.#tell = tell;
	}

	/** Opens by `open`, a second time when the base came that was missing. */
	async open(stream: StreamIndex, open: () => Promise<Opened>): Promise<Opened> {
		const opened = await open();
		return (await this.#isWorthWaiting(opened, stream)) ? open() : opened;
	}

	async #isWorthWaiting(opened: Opened, stream: StreamIndex): Promise<boolean> {
		if (!("failure" in opened) || opened.failure !== "unknownBase" || opened.m === undefined) return false;
		const { m } = opened;
		if (m <= this.#newestM()) return false;
		const now = performance.now();
		if (now - this.#toldAt >= tellIntervalMs) {
			this.#toldAt = now;
			this.#tell(m);
		}
		const since = this.#since.get(m) ?? now;
		if (this.#since.size < maxRemembered) this.#since.set(m, since);
		while (stream === audioStream && performance.now() - since < keptForBaseMs) {
			await new Promise((resolve) => setTimeout(resolve, lookMs));
			if (this.#newestM() >= m) return true;
		}
		return false;
	}
}
