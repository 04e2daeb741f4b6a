import { maxRosterFrameBytes } from "@sotto/api";

/** A participant's frames: a burst for newcomers, of which 31 may come at once, then the pace of K4 with room for reactions. */
const burst = 64;
const perSecond = 8;

type Channel = { allowance: number; refilledAt: number; readonly send: (frame: Uint8Array) => void };

/** Fans sealed roster frames out (K4). Nothing is kept: whoever comes later gets nothing of before. */
export class RosterChannel {
	readonly #channels = new Map<string, Channel>();

	open(key: string, send: (frame: Uint8Array) => void, now: number): void {
		this.#channels.set(key, { allowance: burst, refilledAt: now, send });
	}

	close(key: string): void {
		this.#channels.delete(key);
	}

	/** A frame for everybody else. False when it is too large or too many came. `now` in ms. */
	arrived(key: string, frame: Uint8Array, now: number): boolean {
		const from = this.#channels.get(key);
		if (from === undefined || frame.length === 0 || frame.length > maxRosterFrameBytes) return false;
		from.allowance = Math.min(burst, from.allowance + ((now - from.refilledAt) * perSecond) / 1000);
		from.refilledAt = now;
		if (from.allowance < 1) return false;
		from.allowance--;
		for (const [other, channel] of this.#channels) if (other !== key) channel.send(frame);
		return true;
	}
}
