import { type Bytes, bytesToHex, hexToBytes } from "@sotto/bytes";
import { type Tile, watchOf } from "../../media/watch.ts";
import type { Joining } from "./joining.ts";

/** Layouts change in bursts: the room is told once it stands. */
const settleMs = 150;

/** Tells the rooms what is on screen and how large, so that no more is sent. Before anything is shown, nothing is said. */
export class Watcher {
	readonly #leafOf: (participantId: Bytes) => number | undefined;
	readonly #timers = new Map<Joining, ReturnType<typeof setTimeout>>();
	readonly #said = new Map<Joining, string>();
	#tiles: readonly Tile[] | undefined;

	constructor(leafOf: (participantId: Bytes) => number | undefined) {
		this.#leafOf = leafOf;
	}

	show(tiles: readonly Tile[]): void {
		this.#tiles = tiles;
	}

	/** What is shown changed, or who is in this room. */
	update(joining: Joining): void {
		if (this.#tiles === undefined || this.#timers.has(joining)) return;
		this.#timers.set(
			joining,
			setTimeout(() => this.#say(joining), settleMs),
		);
	}

	forget(joining: Joining): void {
		clearTimeout(this.#timers.get(joining));
		this.#timers.delete(joining);
		this.#said.delete(joining);
	}

	#say(joining: Joining): void {
		this.#timers.delete(joining);
		if (!joining.isConnected || this.#tiles === undefined) return;
		// By person rather than by id: while the call moves to another room, a tile still names the id of the old one (K5).
		const tiles = this.#tiles.map((tile) => ({ ...tile, participantId: this.#nameOf(tile.participantId) }));
		const watch = watchOf(tiles, this.#named(joining.seats), this.#named(joining.screens));
		const said = JSON.stringify(watch);
		if (said === this.#said.get(joining)) return;
		this.#said.set(joining, said);
		joining.peer.watch(watch);
	}

	#named(places: ReadonlyMap<number, Bytes>): ReadonlyMap<number, string> {
		return new Map([...places].map(([place, id]) => [place, this.#nameOf(bytesToHex(id))]));
	}

	#nameOf(participantId: string): string {
		const id = hexToBytes(participantId);
		const leaf = id.ok ? this.#leafOf(id.value) : undefined;
		return leaf === undefined ? participantId : `leaf ${leaf}`;
	}
}
