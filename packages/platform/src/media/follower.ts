import { type CatchUp, mustStop, seenAhead, stepCatchUp } from "./catch-up.ts";

/** K5: whoever sees frames of a higher m reads the log; where that does not help for 5 s, it stops sending. */
export class Follower {
	readonly #hold: (isHeld: boolean) => void;
	readonly #catchUp: (() => Promise<number>) | undefined;
	#behind: CatchUp | undefined;
	#isAsking = false;

	/** `hold` stops sealing; `catchUp` reads the log, hands on what keys it finds, and gives the newest m that is here. */
	constructor(hold: (isHeld: boolean) => void, catchUp: (() => Promise<number>) | undefined) {
		this.#hold = hold;
		this.#catchUp = catchUp;
	}

	get isOutOfStep(): boolean {
		return mustStop(this.#behind, performance.now());
	}

	/** Frames came under a `callBase(m)` that is not here. */
	seenAhead(m: number): void {
		this.#behind = seenAhead(this.#behind, m, performance.now());
		void this.#ask();
	}

	/** To be called now and then. */
	look(): void {
		if (this.#behind === undefined) return;
		this.#judge(-1);
		void this.#ask();
	}

	#judge(newest: number): void {
		const now = performance.now();
		this.#behind = stepCatchUp(this.#behind, newest, now);
		this.#hold(mustStop(this.#behind, now));
	}

	async #ask(): Promise<void> {
		if (this.#isAsking || this.#behind === undefined || this.#catchUp === undefined) return;
		this.#isAsking = true;
		const newest = await this.#catchUp().catch(() => -1);
		this.#isAsking = false;
		this.#judge(newest);
	}
}
