import type { EngineContext } from "../context.ts";
import { Serial } from "../store/serial.ts";
import { Retry } from "./retry.ts";

export type ErrandParts = {
	readonly engine: Pick<EngineContext, "clock" | "random" | "background">;
	/** Whether there is something to do now, read off what is held. */
	readonly isDue: () => boolean;
	/** Does one piece; "later" where network or server are away. */
	readonly run: () => Promise<"done" | "later">;
};

/**
 * Work that is looked for after anything that may have changed: one piece at a time, again at once while more is due, and ever more
 * rarely while it cannot be done.
 */
export class Errand {
	readonly #parts: ErrandParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#isClosed = false;

	constructor(parts: ErrandParts) {
		this.#parts = parts;
		this.#retry = new Retry(parts.engine.clock, parts.engine.random, () => this.settle());
	}

	/** Whatever runs stops at its next step. */
	get isClosed(): boolean {
		return this.#isClosed;
	}

	close(): void {
		this.#isClosed = true;
		this.#retry.reset();
	}

	settle(): void {
		if (this.#isWanted()) this.#parts.engine.background(this.#serial.run(() => this.#run()));
	}

	#isWanted(): boolean {
		return !this.#isClosed && this.#parts.isDue();
	}

	async #run(): Promise<void> {
		while (this.#isWanted()) {
			const outcome = await this.#parts.run();
			if (this.#isClosed) return;
			if (outcome === "later") return this.#retry.later();
			this.#retry.reset();
		}
	}
}
