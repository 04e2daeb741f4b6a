/**
 * One run of a client's process. It dies at its `dieAt`-th effect (a write or a request), before it or after it; from then on
 * nothing that it does has any effect, and nothing answers it.
 */
export class Life {
	#dieAt: number;
	#moment: "before" | "after";
	readonly #died = Promise.withResolvers<"died">();
	effects = 0;
	isDead = false;

	constructor(dieAt = Number.POSITIVE_INFINITY, moment: "before" | "after" = "before") {
		this.#dieAt = dieAt;
		this.#moment = moment;
	}

	get died(): Promise<"died"> {
		return this.#died.promise;
	}

	die(): void {
		this.isDead = true;
		this.#died.resolve("died");
	}

	/** It dies at its `effects`-th effect from now on. */
	dieIn(effects: number, moment: "before" | "after" = "before"): void {
		this.#dieAt = this.effects + effects;
		this.#moment = moment;
	}

	/** It does not die of itself any more. */
	spare(): void {
		this.#dieAt = Number.POSITIVE_INFINITY;
	}

	async effect<T>(work: () => Promise<T>): Promise<T> {
		const forever = new Promise<never>(() => undefined);
		if (this.isDead) return forever;
		const number = ++this.effects;
		if (number === this.#dieAt && this.#moment === "before") this.die();
		if (this.isDead) return forever;
		const done = await work();
		if (number === this.#dieAt) this.die();
		return this.isDead ? forever : done;
	}
}
