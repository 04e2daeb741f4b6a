import { Secret } from "@sotto/bytes";
import type { CallMedia } from "@sotto/client";
import { importCallBase } from "@sotto/crypto";

/** Where frames are sealed and opened: in the browser's worker, or in this process. */
export type FrameSealer = {
	/** Opens what is sealed under `callBase(m)`; with `send`, seals under it from now on (K2). */
	readonly addBase: (m: number, callBase: CryptoKey, send: boolean) => void;
	readonly forgetBase: (m: number) => void;
};

/** K5: frames that were on their way when the key changed are opened for this long. */
const oldBaseMs = 2_000;
/** After an addition alone the others may take this long to read it, before we seal under the new key. */
const additionMs = 1_000;

/** The keys of a call where its frames are sealed: opened under all that are in use, sealed under the newest. */
export class CallBases {
	readonly #sealer: FrameSealer;
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	newest = -1;

	constructor(sealer: FrameSealer) {
		this.#sealer = sealer;
	}

	/** `isSameRoom`: nobody was removed since the last time, so that nobody has to be shut out at once. */
	async give({ m: newest, callBases }: Pick<CallMedia, "m" | "callBases">, isSameRoom: boolean): Promise<void> {
		const before = this.newest;
		this.newest = newest;
		for (const { m, callBase } of callBases) {
			const key = await importCallBase(new Secret(callBase));
			callBase.fill(0);
			const mayWait = isSameRoom && before >= 0 && newest > before;
			this.#sealer.addBase(m, key, m === newest && !mayWait);
			if (m === newest && mayWait) this.#after(additionMs, () => this.#sendUnder(m, key));
		}
		if (before < 0 || newest === before) return;
		this.#after(oldBaseMs + (isSameRoom ? additionMs : 0), () => {
			for (let gone = before; gone < newest; gone++) this.#sealer.forgetBase(gone);
		});
	}

	/** The call is over. */
	end(): void {
		for (const timer of this.#timers) clearTimeout(timer);
	}

	/** Unless a newer one has come meanwhile, under which we seal already. */
	#sendUnder(m: number, key: CryptoKey): void {
		if (m === this.newest) this.#sealer.addBase(m, key, true);
	}

	#after(ms: number, work: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			work();
		}, ms);
		this.#timers.add(timer);
	}
}
