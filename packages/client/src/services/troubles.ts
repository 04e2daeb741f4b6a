import type { Store } from "../ports.ts";
import type { TroubleView } from "../sdk.ts";

/** A clock that is off by less troubles nobody. */
export const clockToleranceMs = 10 * 60_000;

/**
 * What is wrong around this device that its user can put right: told by the answers of the server and of the store as they
 * come, and taken back by the first that says otherwise. The server's word on the time is advice: nothing else hangs on it.
 */
export class Troubles {
	readonly #changed: () => void;
	#clockOffMs: number | undefined;
	#serverIsFull = false;
	#deviceIsFull = false;

	constructor(changed: () => void) {
		this.#changed = changed;
	}

	view(): readonly TroubleView[] {
		const off = this.#clockOffMs;
		return [
			...(this.#deviceIsFull ? [{ kind: "deviceFull" as const }] : []),
			...(this.#serverIsFull ? [{ kind: "serverFull" as const }] : []),
			...(off === undefined ? [] : [{ kind: "clockOff" as const, byMs: off }]),
		];
	}

	/**
	 * An answer's time by the server's clock, between `sentAt` and `receivedAt` by ours. Ours is ahead by a positive amount.
	 * What cannot be told apart from a slow answer is no trouble.
	 */
	serverTime(serverTime: number, sentAt: number, receivedAt: number): void {
		const ahead = sentAt - serverTime;
		const behind = serverTime - receivedAt;
		const off = ahead > clockToleranceMs ? ahead : behind > clockToleranceMs ? -behind : undefined;
		// A clock drifts by seconds between two answers: that is no news.
		const isNews = (off === undefined) !== (this.#clockOffMs === undefined);
		this.#clockOffMs = off;
		if (isNews) this.#changed();
	}

	/** What a request that stores something was answered. */
	serverStores(isFull: boolean): void {
		if (isFull === this.#serverIsFull) return;
		this.#serverIsFull = isFull;
		this.#changed();
	}

	deviceStores(isFull: boolean): void {
		if (isFull === this.#deviceIsFull) return;
		this.#deviceIsFull = isFull;
		this.#changed();
	}

	/** The same store, whose writes tell whether there is room. */
	watch(store: Store): Store {
		return {
			get: (key) => store.get(key),
			list: (range) => store.list(range),
			close: () => store.close(),
			write: async (batch) => {
				const written = await store.write(batch);
				if (written.ok) this.deviceStores(false);
				else if (written.error.kind === "storageFull") this.deviceStores(true);
				return written;
			},
		};
	}
}
